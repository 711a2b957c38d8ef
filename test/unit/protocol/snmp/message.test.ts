import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseMessage, writeMessage } from "../../../../firmware/protocol/snmp/community-message.js";
import { parseOid } from "../../../../firmware/protocol/snmp/oid.js";
import { errorStatusName, type Pdu } from "../../../../firmware/protocol/snmp/pdu.js";

const vectorFile = readFileSync(new URL("../../../vectors/snmp/net-snmp.txt", import.meta.url), "utf8");
const vectors = new Map(
  vectorFile
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line): [string, Uint8Array] => {
      const [name = "", hex = ""] = line.split(" ");
      return [name, Buffer.from(hex, "hex")];
    }),
);

function pduOf(name: string): Pdu {
  const result = parseMessage(vectors.get(name) ?? new Uint8Array(0));
  if (!result.ok || result.value.kind !== "v2c") throw new Error(result.ok ? "not v2c" : result.reason);
  return result.value.message.pdu;
}

function hex(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

describe("messages that net-snmp made", () => {
  test("a GET and its answer mean what the tools printed", () => {
    expect(pduOf("get-request")).toMatchObject({ kind: "get", requestId: 0x3aceecf6, errorStatus: 0, errorIndex: 0 });
    expect(pduOf("get-response").bindings).toEqual([
      { name: [1, 3, 6, 1, 2, 1, 1, 5, 0], value: { type: "octets", value: Buffer.from("plain.example") } },
      { name: [1, 3, 6, 1, 2, 1, 1, 3, 0], value: { type: "ticks", value: 117 } },
      { name: [1, 3, 6, 1, 2, 1, 1, 2, 0], value: { type: "oid", value: [1, 3, 6, 1, 4, 1, 8072, 3, 2, 10] } },
      { name: [1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 2427, 1, 1, 1, 0], value: { type: "noSuchObject" } },
    ]);
  });

  test("a GETBULK has its two numbers, and the largest sub-identifier", () => {
    const request = pduOf("bulk-request");
    expect(request).toMatchObject({ kind: "get-bulk", nonRepeaters: 1, maxRepetitions: 2 });
    expect(request.bindings[1]?.name).toEqual([1, 3, 6, 1, 2, 1, 1, 7, 4294967295]);
    expect(pduOf("bulk-response").bindings.map(({ value }) => value.type)).toEqual([
      "ticks",
      "ticks",
      "endOfMibView",
      "oid",
      "endOfMibView",
    ]);
  });

  test("a refused SET names the binding", () => {
    const answer = pduOf("set-response");
    if (answer.kind === "get-bulk") throw new Error("not a response");
    expect([errorStatusName(answer.errorStatus), answer.errorIndex]).toEqual(["noAccess", 1]);
  });

  test("each is written to the same octets", () => {
    for (const bytes of vectors.values()) {
      const result = parseMessage(bytes);
      if (!result.ok || result.value.kind !== "v2c") throw new Error("not parsed");
      expect(Buffer.from(writeMessage(result.value.message)).toString("hex")).toBe(Buffer.from(bytes).toString("hex"));
    }
  });
});

describe("what RFC 3417 section 8 allows and what it forbids", () => {
  const get = "a0 0e 02 01 07 02 01 00 02 01 00 30 03 30 01";

  test("a length in more octets than needed is read", () => {
    const bytes = hex("30 82 00 13 02 01 01 04 01 78 a0 0b 02 01 07 02 01 00 02 01 00 30 00");
    expect(parseMessage(bytes)).toMatchObject({ ok: true, value: { kind: "v2c", message: { pdu: { requestId: 7 } } } });
  });

  test("an INTEGER in more octets than needed is read, as many agents send it", () => {
    const bytes = hex("30 19 02 01 01 04 01 78 a0 11 02 04 00 00 00 07 02 04 00 00 00 00 02 01 00 30 00");
    expect(parseMessage(bytes)).toMatchObject({ ok: true, value: { kind: "v2c", message: { pdu: { requestId: 7 } } } });
  });

  test.each([
    ["nothing", "", "message wanted, found nothing"],
    ["an indefinite length", "30 80 02 01 01", "message has a length of no use"],
    ["a length beyond the datagram", "30 84 ff ff ff ff 02 01 01", "message is cut short"],
    ["a constructed string", "30 08 02 01 01 24 03 04 01 78", "community wanted, found tag 0x24"],
    ["a version in five octets", "30 07 02 05 00 00 00 00 01", "version has 5 octets, not 1 to 4"],
    ["octets after the message", "30 11 02 01 01 04 01 78 a0 0b 02 01 07 02 01 00 02 01 00 30 00 00", "cut short"],
    ["an element that is cut short", `30 16 02 01 01 04 01 78 ${get}`, "cut short"],
  ])("%s is refused", (_what, octets, reason) => {
    const result = parseMessage(hex(octets));
    if (result.ok) throw new Error("parsed");
    expect(result.reason).toContain(reason);
  });

  test("another version is told as such, its contents unread", () => {
    expect(parseMessage(hex("30 05 02 01 03 30 00"))).toEqual({
      ok: true,
      value: { kind: "other version", version: 3 },
    });
  });
});

describe("object identifiers as text", () => {
  test.each(["1.3.6.1.4.1.8072", ".1.3.6", "2.4294967215", "0.39.4294967295"])("%s is one", (text) => {
    expect(parseOid(text).ok).toBe(true);
  });

  test.each(["", "1", "3.1", "1.40", "1..3", "1.3.4294967296", "1.3.x", "2.4294967216", `1${".3".repeat(128)}`])(
    "%s is none",
    (text) => {
      expect(parseOid(text).ok).toBe(false);
    },
  );
});
