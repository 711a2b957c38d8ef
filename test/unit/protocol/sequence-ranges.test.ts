import { expect, test } from "vitest";
import { formatRanges, parseRanges, SequenceRanges } from "../../../firmware/protocol/sequence-ranges.js";

test("what touches is one range", () => {
  const ranges = new SequenceRanges();
  for (const [first, last] of [
    [5, 6],
    [1, 2],
    [9, 9],
    [3, 4],
    [20, 30],
    [8, 19],
  ] as const)
    ranges.add(first, last);
  expect(formatRanges(ranges.all)).toBe("1-6,8-30");
  expect([0, 1, 6, 7, 8, 30, 31].map((sequence) => ranges.has(sequence))).toEqual([
    false,
    true,
    true,
    false,
    true,
    true,
    false,
  ]);
});

test.each(["7-3", "0", "1,2", "5,3", "1-", "-1", "a", "1;2", "1-4,4", "1,3,5,7,9"])("%j are no ranges", (text) => {
  expect(parseRanges(text, 4).ok).toBe(false);
});

test("nothing is no range", () => {
  expect(parseRanges("", 4)).toEqual({ ok: true, value: [] });
});
