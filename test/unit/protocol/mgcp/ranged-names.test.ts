import { describe, expect, test } from "vitest";
import { compressNames, expandRangedNames, parseRangedNames } from "../../../../firmware/protocol/mgcp/ranged-names.js";

describe("the examples of RFC 3435 Appendix E.5 and RFC 3624 section 2.1.1.3", () => {
  test.each([
    ["ds/ds1-1/[1-12]", 12, "ds/ds1-1/1", "ds/ds1-1/12"],
    ["ds/ds1-1/[1,3,20-24]", 7, "ds/ds1-1/1", "ds/ds1-1/24"],
    ["ds/ds1-[1-2]/*", 2, "ds/ds1-1/*", "ds/ds1-2/*"],
    ["ds/ds1-[1-3]/[1-24]", 72, "ds/ds1-1/1", "ds/ds1-3/24"],
    ["ds/ds1-1/[1-24], ds/ds1-2/[1-24], ds/ds1-3/[1-24]", 72, "ds/ds1-1/1", "ds/ds1-3/24"],
    ["announcement/*", 1, "announcement/*", "announcement/*"],
  ])("%s is %i names", (text, count, first, last) => {
    const names = parseRangedNames(text);
    if (!names.ok) throw new Error(names.reason);
    const expanded = expandRangedNames(names.value);
    if (!expanded.ok) throw new Error(expanded.reason);
    expect([expanded.value.length, expanded.value[0], expanded.value.at(-1)]).toEqual([count, first, last]);
  });
});

test.each(["a/[", "a/[]", "a/[1-]", "a/[1-2", "a/[x]", "a b", `a/[${"1,".repeat(70)}1]`])("%s is refused", (text) => {
  expect(parseRangedNames(text).ok).toBe(false);
});

test.each([["a/[5-1]"], ["a/[1-999999999]"], ["a/[1-999999999]/[5-1]"]])("%s is not expanded", (name) => {
  expect(expandRangedNames([name]).ok).toBe(false);
});

test("names that follow one another become ranges, in their order", () => {
  expect(compressNames(["aaln/1", "aaln/2", "aaln/4", "relay/a", "relay/b", "cnf/007", "cnf/9", "cnf/8"])).toEqual([
    "aaln/[1-2,4]",
    "relay/a",
    "relay/b",
    "cnf/007",
    "cnf/9",
    "cnf/8",
  ]);
});
