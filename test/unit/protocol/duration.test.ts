import { expect, test } from "vitest";
import { parseDuration } from "../../../firmware/protocol/duration.js";

test.each([
  ["5s", 5_000],
  ["500ms", 500],
  ["1m", 60_000],
  ["1.5s", 1_500],
  ["1440m", 86_400_000],
])("%s", (text, durationMs) => {
  expect(parseDuration(text)).toEqual({ ok: true, value: durationMs });
});

test.each(["", "5", "s", "-5s", "25000m", "5h", "1e3s"])("%j is not a length of time", (text) => {
  expect(parseDuration(text).ok).toBe(false);
});
