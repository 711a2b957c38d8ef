import { describe, expect, test } from "vitest";
import { matchDigitMap, parseDigitMap, partialOverrideLetter } from "../../../../firmware/protocol/mgcp/digit-map.js";

/** RFC 3435 section 2.1.5. */
const dialPlan = "(0T|00T|[1-7]xxx|8xxxxxxx|#xxxxxxx|*xx|91xxxxxxxxxx|9011x.T)";

describe("the dial plan of RFC 3435 section 2.1.5", () => {
  test.each([
    ["", "partial match"],
    ["0", "partial match"],
    ["0T", "unambiguous match"],
    ["00", "partial match"],
    ["123", "partial match"],
    ["1234", "unambiguous match"],
    ["12345", "no match"],
    ["*6", "partial match"],
    ["*69", "unambiguous match"],
    ["#1234567", "unambiguous match"],
    ["9011", "partial match"],
    ["90114930123456", "partial match"],
    ["90114930123456t", "unambiguous match"],
    ["92", "no match"],
    ["T", "no match"],
  ])("%s is a %s", (dialled, expected) => {
    expect(matchDigitMap(dialPlan, dialled)).toBe(expected);
  });
});

describe("the subtle example of the same section", () => {
  const map = "(0[12].|00|1[12].1|2x.#)";
  test.each([
    ["0", "unambiguous match"],
    ["1", "partial match"],
    ["12", "partial match"],
    ["11", "unambiguous match"],
    ["121", "unambiguous match"],
    ["2345", "partial match"],
    ["2345#", "unambiguous match"],
    ["2#", "unambiguous match"],
  ])("%s is a %s", (dialled, expected) => {
    expect(matchDigitMap(map, dialled)).toBe(expected);
  });
});

test("a shorter complete alternative wins over a longer partial one", () => {
  expect(matchDigitMap("(xxxxxxx|x11)", "411")).toBe("unambiguous match");
});

test("a single string, lower case, letters and timers in ranges", () => {
  expect(matchDigitMap("2xx", "201")).toBe("unambiguous match");
  expect(matchDigitMap("[a-d#t]", "C")).toBe("unambiguous match");
  expect(matchDigitMap("[x*]", "9")).toBe("unambiguous match");
});

test.each(["", "()", "(1|)", "[1", "[]", "e", "[9-1]", "[1-a]", "1..", "."])("%j is not a digit map", (text) => {
  expect(parseDigitMap(text).ok).toBe(false);
});

test("letters of extension packages are taken where they are known, and refused with 537 elsewhere", () => {
  expect(parseDigitMap("(1L|2)")).toMatchObject({ ok: false, code: 537 });
  expect(parseDigitMap("(1L|2)", "L").ok).toBe(true);
});

describe("the example of RFC 3660 section 2.7, package DM1", () => {
  const map = "([3-7]11|123xxxxxxx|[1-7]xxxxxxP|8xxxP)";
  test.each([
    ["1234567", "partial match"],
    ["1234567890", "unambiguous match"],
    ["411", "unambiguous match"],
    ["4123456", "unambiguous match"],
    ["8234", "unambiguous match"],
    ["823", "partial match"],
    ["9", "no match"],
  ])("%s is a %s", (dialled, expected) => {
    expect(matchDigitMap(map, dialled, partialOverrideLetter)).toBe(expected);
  });

  test("without the package P is unknown, and with it nothing but an end", () => {
    expect(parseDigitMap(map)).toMatchObject({ ok: false, code: 537 });
    expect(parseDigitMap("(1P2|3)", partialOverrideLetter)).toMatchObject({ ok: false, code: 537 });
    expect(parseDigitMap("(P)", partialOverrideLetter).ok).toBe(false);
  });
});
