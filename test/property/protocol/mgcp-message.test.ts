import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { parseDatagram } from "../../../firmware/protocol/mgcp/parse.js";
import { writeMessage, writePiggybacked } from "../../../firmware/protocol/mgcp/write.js";
import { aMessage } from "../../support/mgcp-messages.js";

const text = new TextDecoder();
const bytes = new TextEncoder();

test.prop([aMessage], { numRuns: 400 })("a message written and parsed is the same message", (message) => {
  expect(parseDatagram(writeMessage(message))).toEqual([{ ok: true, message }]);
});

test.prop([aMessage], { numRuns: 200 })("a canonical message parsed and written is the same bytes", (message) => {
  const once = writeMessage(message);
  for (const result of parseDatagram(once)) {
    expect(result.ok && text.decode(writeMessage(result.message))).toBe(text.decode(once));
  }
});

test.prop([fc.array(aMessage, { minLength: 1, maxLength: 5 })], { numRuns: 100 })(
  "piggybacked messages come apart in their order",
  (messages) => {
    expect(parseDatagram(writePiggybacked(messages))).toEqual(messages.map((message) => ({ ok: true, message })));
  },
);

test.prop([aMessage], { numRuns: 200 })("case and additional white space change nothing", (message) => {
  const [head = "", ...body] = text.decode(writeMessage({ ...message, parameters: {} })).split("\r\n\r\n");
  const spaced = head.toLowerCase().replaceAll(" ", " \t ").replaceAll("\r\n", " \n");
  const [result] = parseDatagram(bytes.encode([spaced, ...body].join("\n\n")));
  const lower = { ...message, parameters: {} };
  if (result?.ok !== true) throw new Error(result?.reason);
  expect(result.message.kind).toBe(lower.kind);
  expect(result.message.transactionId).toBe(lower.transactionId);
  expect(result.message.kind === "command" && result.message.verb).toBe(lower.kind === "command" && lower.verb);
});

test.prop([fc.uint8Array({ maxLength: 2_000 })], { numRuns: 300 })("any bytes end in values or reasons", (datagram) => {
  for (const result of parseDatagram(datagram)) {
    if (!result.ok) expect(result.code).toBeGreaterThanOrEqual(500);
  }
});

const aMutation = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom("replace", "delete", "insert", "repeat"),
    with: fc.constantFrom(...'\r\n.:/@()[],;"%$*=- \t0aL\u00e9'),
  }),
  { minLength: 1, maxLength: 6 },
);

test.prop([aMessage, aMutation], { numRuns: 1_000 })(
  "a mutated message ends in values or reasons, and what was understood is understood again",
  (message, mutations) => {
    let mutated = text.decode(writeMessage(message));
    for (const { at, kind, with: character } of mutations) {
      const index = at % (mutated.length + 1);
      const [before, after] = [mutated.slice(0, index), mutated.slice(index)];
      if (kind === "replace") mutated = before + character + after.slice(1);
      else if (kind === "delete") mutated = before + after.slice(1);
      else mutated = before + (kind === "insert" ? character : after.slice(0, 40)) + after;
    }
    for (const result of parseDatagram(bytes.encode(mutated))) {
      if (!result.ok) continue;
      const again = parseDatagram(writeMessage(result.message));
      expect(again).toEqual([result]);
    }
  },
);
