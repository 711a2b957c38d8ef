import { describe, expect, test } from "vitest";
import { DigitCollector, digitTimerDefaults } from "../../../../firmware/protocol/mgcp/digit-collector.js";
import { parseDigitMap } from "../../../../firmware/protocol/mgcp/digit-map.js";

const { partialMs, criticalMs } = digitTimerDefaults;

function collector(map: string, timers: typeof digitTimerDefaults | null = digitTimerDefaults): DigitCollector {
  const parsed = parseDigitMap(map);
  if (!parsed.ok) throw new Error(parsed.reason);
  return new DigitCollector(parsed.value, timers);
}

describe("the examples of RFC 3660 section 2.2", () => {
  test("(xxxxxxx|x11T): partial, partial, and critical once a timer is all that is missing", () => {
    const digits = collector("(xxxxxxx|x11T)");
    expect(digits.next()).toBeNull();
    const due = ["4", "1", "1"].map((digit, index) => {
      expect(digits.push(digit, index * 100)).toBe("partial match");
      return digits.next();
    });
    expect(due).toEqual([partialMs, 100 + partialMs, 200 + criticalMs]);
    expect(digits.tick(200 + criticalMs - 1)).toEqual({ expired: false, verdict: "partial match" });
    expect(digits.tick(200 + criticalMs)).toEqual({ expired: true, verdict: "unambiguous match" });
    expect(digits.dialled).toBe("411T");
    expect(digits.next()).toBeNull();
  });

  test("(1[2-3T].) matches at once on 1", () => {
    expect(collector("(1[2-3T].)").push("1", 0)).toBe("unambiguous match");
  });

  test("(1[2-3].T) waits critically after 1", () => {
    const digits = collector("(1[2-3].T)");
    digits.push("1", 0);
    expect(digits.next()).toBe(criticalMs);
  });

  test("(1[2-3]T.) waits partially after 1, and matches with 2 at once", () => {
    const digits = collector("(1[2-3]T.)");
    digits.push("1", 0);
    expect(digits.next()).toBe(partialMs);
    expect(digits.push("2", 1)).toBe("unambiguous match");
  });
});

test("a timer that nothing waits for is a mismatch, and that is reported too", () => {
  const digits = collector("xxxx");
  digits.push("1", 0);
  expect(digits.tick(partialMs)).toEqual({ expired: true, verdict: "no match" });
});

test("without timers nothing is due", () => {
  const digits = collector("(xxT)", null);
  digits.push("1", 0);
  expect(digits.next()).toBeNull();
});

test("an ended collection takes nothing more", () => {
  const digits = collector("1");
  digits.push("1", 0);
  expect(digits.push("2", 1)).toBe("unambiguous match");
  expect(digits.dialled).toBe("1");
});
