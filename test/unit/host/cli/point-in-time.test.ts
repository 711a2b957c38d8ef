import { expect, test } from "vitest";
import { parsePointInTime } from "../../../../host/cli/point-in-time.js";

const nowMs = Date.UTC(2026, 10, 22, 12);

test.each([
  ["90m", nowMs - 5_400_000],
  ["2h", nowMs - 7_200_000],
  ["7d", nowMs - 604_800_000],
  ["2026-11-22T11:30:00Z", nowMs - 1_800_000],
  ["2026-11-22T11:30:00.250Z", nowMs - 1_799_750],
  ["2026-11-22T13:00+01:00", nowMs],
  ["2026-11-22", new Date(2026, 10, 22).getTime()],
  ["2026-11-22T14:30", new Date(2026, 10, 22, 14, 30).getTime()],
])("%s is a point in time", (text, wallMs) => {
  expect(parsePointInTime(text, nowMs)).toBe(wallMs);
});

test.each(["", "yesterday", "2h30m", "-2h", "2026", "2026-13-01", "2026-11-22 14:30", "99999999d"])(
  "%s is none",
  (text) => {
    expect(parsePointInTime(text, nowMs)).toBe("malformed");
  },
);
