import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { MgcpMessage } from "../../../../firmware/protocol/mgcp/message.js";
import { parseDatagram } from "../../../../firmware/protocol/mgcp/parse.js";
import { writeMessage } from "../../../../firmware/protocol/mgcp/write.js";

const encoder = new TextEncoder();
const vectors = readFileSync(new URL("../../../vectors/mgcp/rfc3435-appendix-f.txt", import.meta.url), "utf8")
  .replace(/^#.*\n/, "")
  .split("\n--\n");

function parseText(text: string) {
  return parseDatagram(encoder.encode(text));
}

function parseOne(text: string): MgcpMessage {
  const [result, ...more] = parseText(text);
  if (result?.ok !== true || more.length > 0) throw new Error(result?.ok === false ? result.reason : "not one message");
  return result.message;
}

function refusalOf(text: string): { code: number; transactionId: number | null } | null {
  const [result] = parseText(text);
  return result?.ok === false ? { code: result.code, transactionId: result.transactionId } : null;
}

describe("the example messages of RFC 3435 Appendix F", () => {
  test.each(vectors)("%s", (vector) => {
    const message = parseOne(vector.replaceAll("\n", "\r\n"));
    expect(parseDatagram(writeMessage(message))).toEqual([{ ok: true, message }]);
    expect(vector.startsWith(message.kind === "command" ? message.verb : String(message.code))).toBe(true);
  });

  test("F.1: an embedded request with its digit map", () => {
    const message = parseOne(vectors[2] ?? "");
    expect(message.parameters.requestedEvents?.[0]?.actions).toEqual([
      { kind: "accumulate" },
      {
        kind: "embedded",
        request: {
          requestedEvents: [
            { packageName: "L", event: "oc", connectionId: null, parameters: [], actions: [{ kind: "notify" }] },
            { packageName: "L", event: "hu", connectionId: null, parameters: [], actions: [{ kind: "notify" }] },
            { packageName: "D", event: "[0-9#*T]", connectionId: null, parameters: [], actions: [{ kind: "digits" }] },
          ],
          signals: [{ packageName: "L", event: "dl", connectionId: null, parameters: [] }],
          digitMap: null,
        },
      },
    ]);
    expect(message.parameters.signals).toEqual([]);
    expect(message.parameters.quarantine).toEqual({ loop: false, process: true });
  });

  test("F.3: local options, and the session description behind the empty line", () => {
    const create = parseOne(vectors[8] ?? "");
    expect(create.parameters.localOptions).toEqual({ ptimeMs: 10, encodings: ["PCMU"] });
    expect(create.kind === "command" && create.session?.endsWith("m=audio 3456 RTP/AVP 0\r\n")).toBe(true);
  });

  test("F.9: two descriptions, the second of which is only a version", () => {
    const audit = parseOne(vectors.find((vector) => vector.endsWith("\n\nv=0")) ?? "");
    expect(audit.kind === "response" && audit.sessions[1]).toBe("v=0\r\n");
  });
});

describe("a command that cannot be taken is refused with its own number and code", () => {
  test.each([
    ["no version", 510, "AUEP 7 aaln/1@gw\r\n"],
    ["another version", 528, "AUEP 7 aaln/1@gw MGCP 2.0\r\n"],
    ["a profile", 528, "AUEP 7 aaln/1@gw MGCP 1.0 NCS 1.0\r\n"],
    ["a verb nobody knows", 504, "XPER 7 aaln/1@gw MGCP 1.0\r\n"],
    ["an endpoint without domain", 500, "AUEP 7 aaln/1 MGCP 1.0\r\n"],
    ["a critical extension", 511, "AUEP 7 aaln/1@gw MGCP 1.0\r\nX+Flower: Daisy\r\n"],
    ["a parameter nobody knows", 539, "AUEP 7 aaln/1@gw MGCP 1.0\r\nFOO: bar\r\n"],
    ["the same parameter twice", 510, "CRCX 7 aaln/1@gw MGCP 1.0\r\nC: 1\r\nC: 2\r\n"],
    ["the same option twice", 524, "CRCX 7 aaln/1@gw MGCP 1.0\r\nL: p:10, a:PCMU, p:20\r\n"],
    ["a critical option", 525, "CRCX 7 aaln/1@gw MGCP 1.0\r\nL: x+foo:1\r\n"],
    ["a call id that is not hex", 539, "CRCX 7 aaln/1@gw MGCP 1.0\r\nC: call\r\n"],
    ["an unknown action", 523, "RQNT 7 aaln/1@gw MGCP 1.0\r\nX: 1\r\nR: L/hd(Z)\r\n"],
    ["an unknown quarantine word", 508, "RQNT 7 aaln/1@gw MGCP 1.0\r\nQ: maybe\r\n"],
    ["a line without a colon", 510, "RQNT 7 aaln/1@gw MGCP 1.0\r\nhello\r\n"],
    ["a control character", 510, "RQNT 7 aaln/1@gw MGCP 1.0\r\nX: 1\u0000\r\n"],
  ])("%s: %i", (_what, code, text) => {
    expect(refusalOf(text)).toEqual({ code, transactionId: 7 });
  });

  test("without a number there is nothing to answer to", () => {
    expect(refusalOf("AUEP 0 aaln/1@gw MGCP 1.0\r\n")?.transactionId).toBeNull();
    expect(refusalOf("AUEP 1000000000 aaln/1@gw MGCP 1.0\r\n")?.transactionId).toBeNull();
    expect(refusalOf("hello")?.transactionId).toBeNull();
  });
});

describe("what is tolerated", () => {
  test("bare line feeds, tabs, lower case and leading zeroes", () => {
    const message = parseOne("auep \t 0012  AALN/1@GW  mgcp  1.0\nf : a,  es\n");
    expect(message.kind === "command" && message.verb).toBe("AUEP");
    expect(message.transactionId).toBe(12);
    expect(message.parameters.requestedInfo).toEqual(["A", "ES"]);
  });

  test("a value of nothing but white space, of whatever alphabet, is empty", () => {
    expect(parseOne("200 7 OK\nA: \u00a0\nI:\u2003\n").parameters).toEqual({ capabilities: [], connectionIds: [] });
  });

  test("a non-critical extension is kept aside", () => {
    expect(parseOne("AUEP 7 a@gw MGCP 1.0\nX-Flower: Daisy\n").parameters).toEqual({
      extensions: [{ name: "X-Flower", value: "Daisy" }],
    });
  });

  test("a response with a line that is not understood is a response without it", () => {
    const message = parseOne("200 7 OK\r\nFOO: bar\r\nX+A: 1\r\nI: 12\r\nC: not hex\r\n");
    expect(message.parameters).toEqual({ connectionIds: ["12"] });
  });
});

describe("piggybacking", () => {
  test("an error in one message does not touch the others", () => {
    const results = parseText("200 2005 OK\r\n.\r\nXPER 8 a@gw MGCP 1.0\r\n.\r\nAUEP 9 a@gw MGCP 1.0\r\n.\r\n");
    expect(results.map((result) => (result.ok ? result.message.transactionId : result.code))).toEqual([2005, 504, 9]);
  });

  test("too many messages are refused as one", () => {
    expect(parseText("AUEP 9 a@gw MGCP 1.0\n.\n".repeat(65))).toHaveLength(1);
  });
});
