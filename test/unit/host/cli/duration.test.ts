import { expect, test } from "vitest";
import { parseDuration } from "../../../../host/cli/duration.js";

test.each([
  ["5s", 5_000],
  ["500ms", 500],
  ["1m", 60_000],
  ["1.5s", 1_500],
])("%s", (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});

test.each(["", "5", "s", "-5s", "99ms", "2000m", "5h", "1e3s"])("%j is not a length of time", (text) => {
  expect(parseDuration(text)).toBe("malformed");
});
