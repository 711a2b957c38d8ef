import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { MgcpMessage } from "../../../../firmware/protocol/mgcp/message.js";
import { parseDatagram } from "../../../../firmware/protocol/mgcp/parse.js";
import { writeMessage } from "../../../../firmware/protocol/mgcp/write.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function vectorsOf(name: string): string[] {
  const text = readFileSync(new URL(`../../../vectors/mgcp/${name}`, import.meta.url), "utf8");
  return text
    .replace(/^#.*\n/, "")
    .trimEnd()
    .split("\n--\n");
}

function parseOne(vector: string): MgcpMessage | number {
  const [result, ...more] = parseDatagram(encoder.encode(`${vector}\n`.replaceAll("\n", "\r\n")));
  if (result === undefined || more.length > 0) throw new Error("not one message");
  return result.ok ? result.message : result.code;
}

describe("the call flows of RFC 3435 Appendix G", () => {
  const flows = vectorsOf("rfc3435-appendix-g.txt");
  const isLegal = (vector: string) => !/^\S+ 0 /.test(vector);

  test("are whole: every command has its answer, and no session description lacks its media", () => {
    expect(flows).toHaveLength(66);
    const numbers = flows.map((vector) => vector.split(" ")[1]);
    for (let index = 0; index < flows.length; index += 1)
      expect(numbers.filter((number) => number === numbers[index]).length % 2).toBe(0);
    for (const vector of flows) expect(vector.includes("v=0")).toBe(vector.includes("m=audio"));
  });

  test.each(flows.filter(isLegal))("%s", (vector) => {
    const message = parseOne(vector);
    if (typeof message === "number") throw new Error(`refused with ${message}`);
    expect(parseDatagram(writeMessage(message))).toEqual([{ ok: true, message }]);
  });

  test.each(flows.filter((vector) => !isLegal(vector)))(
    "transaction id 0 is refused (section 3.2.1.2): %s",
    (vector) => {
      expect(parseOne(vector)).toBe(510);
    },
  );

  test("G.2.1 step 2: digits and dial tone, lower case", () => {
    expect(parseOne(flows.find((vector) => vector.startsWith("rqnt 1057")) ?? "")).toMatchObject({
      verb: "RQNT",
      transactionId: 1_057,
      endpoint: { local: "aaln/1", domain: "rgw1.whatever.net" },
      parameters: {
        requestIdentifier: "445678945",
        digitMap: "5xxx",
        requestedEvents: [
          { packageName: "l", event: "hu", actions: [{ kind: "notify" }] },
          { packageName: "d", event: "[0-9#*T]", actions: [{ kind: "digits" }] },
        ],
        signals: [{ packageName: "l", event: "dl" }],
      },
    });
  });

  test("G.2.1 step 6: a connection with the far description", () => {
    expect(parseOne(flows.find((vector) => vector.startsWith("crcx 2052")) ?? "")).toMatchObject({
      parameters: {
        callId: "9876543210abcdef",
        localOptions: { ptimeMs: 20, encodings: ["PCMU"] },
        mode: "sendrecv",
      },
      session: expect.stringMatching(/^v=0\r\n[\s\S]*m=audio 6058 RTP\/AVP 0\r\n$/),
    });
  });
});

describe("examples of RFC 3660, 3624, 3991 and 3992 are read, and written back the same", () => {
  test.each(vectorsOf("rfc3660-3624-3991-3992.txt"))("%s", (vector) => {
    const message = parseOne(vector);
    if (typeof message === "number") throw new Error(`refused with ${message}`);
    expect(decoder.decode(writeMessage(message)).trimEnd().replaceAll("\r\n", "\n")).toBe(vector);
  });
});
