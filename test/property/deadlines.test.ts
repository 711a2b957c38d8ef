import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { Deadlines } from "#protocol/deadlines.js";

const operation = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), name: fc.nat(8), atMs: fc.nat(50) }),
  fc.record({ kind: fc.constant("clear" as const), name: fc.nat(8) }),
  fc.record({ kind: fc.constant("take" as const), nowMs: fc.nat(50) }),
);

test.prop([fc.array(operation, { maxLength: 60 })])(
  "a deadline comes out once, when it is due, in the order of time; moved ones at their new time",
  (operations) => {
    const deadlines = new Deadlines<number>();
    const model = new Map<number, number>();
    for (const step of operations) {
      if (step.kind === "set") {
        deadlines.set(step.name, step.atMs);
        model.set(step.name, step.atMs);
      } else if (step.kind === "clear") {
        deadlines.clear(step.name);
        model.delete(step.name);
      } else {
        const due = deadlines.takeDue(step.nowMs);
        const wanted = [...model].filter(([, atMs]) => atMs <= step.nowMs);
        expect([...due].sort()).toEqual(wanted.map(([name]) => name).sort());
        const times = due.map((name) => model.get(name) ?? Number.NaN);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        for (const name of due) model.delete(name);
      }
      expect(deadlines.next()).toBe(model.size === 0 ? null : Math.min(...model.values()));
      expect(deadlines.size).toBe(model.size);
    }
  },
);
