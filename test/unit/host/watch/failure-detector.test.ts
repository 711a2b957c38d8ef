import { expect, test } from "vitest";
import { FailureDetector } from "../../../../host/watch/failure-detector.js";

const options = { lateAfterMs: 1_000, deadAfterMs: 2_000 };

test("silence is late first, then dead, and a sign of life undoes both", () => {
  const detector = new FailureDetector(options, 0);
  expect([999, 1_000, 1_999, 2_000].map((nowMs) => detector.verdict(nowMs))).toEqual(["alive", "late", "late", "dead"]);
  detector.heard(2_500);
  expect(detector.verdict(3_499)).toBe("alive");
});

test("silence may be counted from a moment ahead, until something is heard", () => {
  const detector = new FailureDetector(options, 10_000);
  expect(detector.verdict(10_500)).toBe("alive");
  detector.heard(500);
  expect(detector.verdict(2_500)).toBe("dead");
});

test("the verdict changes exactly when it said it would", () => {
  const detector = new FailureDetector(options, 0.1);
  detector.heard(7_000.123_456_789);
  for (let nowMs: number | null = 7_001; nowMs !== null; nowMs = detector.next(nowMs)) {
    const before = detector.verdict(nowMs - 0.001);
    if (nowMs > 7_001) expect(detector.verdict(nowMs)).not.toBe(before);
  }
});
