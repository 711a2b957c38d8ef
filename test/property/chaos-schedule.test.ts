import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { type Deed, scheduleOf } from "../chaos/schedule.js";
import { seededRandom } from "../support/seeded-random.js";

const shape = { gateways: 3, numbers: ["101", "102", "201", "202", "301", "302"] };
const forMs = 120_000;

const schedule = fc.nat().map((seed) => ({ seed, deeds: scheduleOf(seededRandom(seed), forMs, shape) }));

/** Who is dead or stopped by it, and until when at the latest. */
function spansOf(deed: Deed): { readonly whom: string; readonly fromMs: number; readonly untilMs: number }[] {
  if (deed.kind === "call") return [];
  const { atMs: fromMs, forMs: lastsMs } = deed;
  if (deed.kind !== "kill-heir") return [{ whom: deed.whom, fromMs, untilMs: fromMs + lastsMs }];
  return ["primary", "backup"].map((whom) => ({ whom, fromMs, untilMs: fromMs + lastsMs + deed.heirForMs }));
}

describe("what a chaos run does", () => {
  test.prop([schedule])("is drawn from its seed, in the order of time, within its time", ({ seed, deeds }) => {
    expect(scheduleOf(seededRandom(seed), forMs, shape)).toEqual(deeds);
    const times = deeds.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.every((atMs) => atMs >= 0 && atMs < forMs)).toBe(true);
  });

  test.prop([schedule])("strikes nobody who is still struck, and stops nobody for more than 20 s", ({ deeds }) => {
    const spans = deeds.flatMap(spansOf);
    for (const [place, { whom, fromMs }] of spans.entries()) {
      const before = spans.slice(0, place).filter((span) => span.whom === whom);
      expect(before.every(({ untilMs }) => untilMs <= fromMs)).toBe(true);
    }
    expect(deeds.every((deed) => deed.kind !== "stop" || deed.forMs <= 20_000)).toBe(true);
  });

  test("is blows of every kind, over a few seeds", () => {
    const deeds = Array.from({ length: 20 }, (_, seed) => scheduleOf(seededRandom(seed), forMs, shape)).flat();
    expect(new Set(deeds.map(({ kind }) => kind))).toEqual(new Set(["call", "kill", "stop", "kill-heir"]));
  });

  test.prop([schedule])("is calls between telephones that are there, and some blows", ({ deeds }) => {
    const calls = deeds.filter((deed) => deed.kind === "call");
    expect(calls.length).toBeGreaterThan(forMs / 2_000);
    for (const { caller, called } of calls) {
      expect(shape.numbers).toEqual(expect.arrayContaining([caller, called]));
      expect(caller).not.toBe(called);
    }
    expect(deeds.length).toBeGreaterThan(calls.length);
  });
});
