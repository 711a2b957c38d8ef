import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { formatRanges, parseRanges, SequenceRanges } from "../../../firmware/protocol/sequence-ranges.js";

const aRange = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: -1, max: 12 }));

test.prop([fc.array(aRange, { maxLength: 25 })])(
  "ranges hold what a set of the same numbers holds, and come back from the wire",
  (added) => {
    const ranges = new SequenceRanges();
    const model = new Set<number>();
    for (const [first, length] of added) {
      ranges.add(first, first + length);
      for (let sequence = first; sequence <= first + length; sequence += 1) model.add(sequence);
    }
    for (let sequence = 0; sequence <= 75; sequence += 1) expect(ranges.has(sequence)).toBe(model.has(sequence));
    const { all } = ranges;
    expect(all.every(({ first }, index) => index === 0 || first > (all[index - 1]?.last ?? 0) + 1)).toBe(true);
    expect(parseRanges(formatRanges(all), 100)).toEqual({ ok: true, value: all });
  },
);
