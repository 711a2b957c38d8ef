import { expect, test } from "vitest";
import { categoryOf, commentOf, knownCode, returnCodes } from "../../../../firmware/protocol/mgcp/return-codes.js";

test("the codes stand in their order, each once, each with a comment of printable ASCII", () => {
  const codes = returnCodes.map(({ code }) => code);
  expect(codes).toEqual([...new Set(codes)].sort((a, b) => a - b));
  for (const { comment } of returnCodes) expect(comment).toMatch(/^[\x20-\x7e]+$/);
});

test.each([
  [7, 0],
  [199, 100],
  [299, 200],
  [301, 521],
  [477, 400],
  [599, 510],
  [801, 510],
  [515, 515],
])("RFC 3435 section 2.4: code %i counts as %i", (code, known) => {
  expect(knownCode(code)).toBe(known);
});

test.each([
  [409, "temporary failure"],
  [515, "state mismatch"],
  [555, "provisioning mismatch"],
  [527, "remote descriptor error"],
])("RFC 3661 section 2.3: %i is a %s", (code, category) => {
  expect(categoryOf(code)).toBe(category);
});

test("a package's code has no comment of ours", () => {
  expect([commentOf(500), commentOf(801)]).toEqual(["endpoint unknown", ""]);
});
