import { describe, expect, test } from "vitest";
import { parseLocalOptions, writeLocalOptions } from "../../../../firmware/protocol/mgcp/local-connection-options.js";

describe("the examples of RFC 3435 section 3.2.2.10", () => {
  test.each([
    ["p:10, a:PCMU", { ptimeMs: 10, encodings: ["PCMU"] }],
    ["p:10, a:G726-32", { ptimeMs: 10, encodings: ["G726-32"] }],
    ["p:10-20, b:64", { ptimeMs: 20, others: [{ name: "b", value: "64" }] }],
    ["b:32-64, e:off", { echoCancellation: false, others: [{ name: "b", value: "32-64" }] }],
  ])("%s", (text, options) => {
    expect(parseLocalOptions(text)).toEqual({ ok: true, value: options });
  });
});

test("type of service is two hex digits of the whole octet", () => {
  expect(parseLocalOptions("t:b8")).toEqual({ ok: true, value: { typeOfService: 0xb8 } });
  expect(writeLocalOptions({ typeOfService: 0x08 })).toBe("t:08");
});

test("a range without 20 ms gives its shorter end", () => {
  expect(parseLocalOptions("p:30-60")).toEqual({ ok: true, value: { ptimeMs: 30 } });
});

test.each([
  ["p:abc", 510],
  ["p:20-10", 510],
  ["a:", 510],
  ["e:maybe", 510],
  ["r:best", 510],
  ["p:10,,a:PCMU", 510],
  ["a:PCMU, a:PCMA", 524],
  ["x+secret:1", 525],
])("%s is refused with %i", (text, code) => {
  expect(parseLocalOptions(text)).toMatchObject({ ok: false, code });
});
