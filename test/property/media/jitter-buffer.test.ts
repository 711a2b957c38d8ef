import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { octetsOf } from "../../../firmware/media/codec.js";
import { JitterBuffer } from "../../../firmware/media/jitter-buffer.js";
import { codecNamed, newSlotRoom, slotsMax } from "../../support/slot-room.js";

type Step = { readonly kind: "push"; readonly timestamp: number; readonly samples: number } | { readonly kind: "pull" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("pull" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("push" as const),
      timestamp: fc.nat(60).map((number) => number * 40),
      samples: fc.nat(480),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("push" as const),
      timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
      samples: fc.nat(500),
    }),
  },
);

test.prop([fc.array(step, { maxLength: 200 }), fc.boolean(), fc.constantFrom("PCMU", "G726-24", "L16")])(
  "whatever comes in whatever order: each pull gives a frame inside the memory, and no slot is lost or held twice",
  (steps, isQuiet, encoding) => {
    const { bytes, slots } = newSlotRoom();
    const codec = codecNamed(encoding);
    const frameOctets = octetsOf(codec, 80);
    const buffer = new JitterBuffer(bytes, slots, codec, 0);
    let wasStarted = false;
    for (const one of steps) {
      if (one.kind === "pull") {
        const codes = buffer.pull(() => isQuiet);
        if (codes === null) expect(wasStarted).toBe(false);
        else if (codes !== "lost") expect(codes >= 0 && codes + frameOctets <= bytes.length).toBe(true);
        wasStarted = buffer.isStarted;
      } else {
        const slot = slots.keep();
        if (slot !== null) buffer.push(slot, one.timestamp, slot, one.samples, true);
      }
      expect(buffer.packetsHeld).toBeLessThan(slotsMax);
    }
    buffer.clear();
    const free = new Set([slots.spare]);
    while (slots.keep() !== null) free.add(slots.spare);
    expect(free.size).toBe(slotsMax);
  },
);

test.prop([fc.integer({ min: 0, max: 0xffff_ffff }), fc.array(fc.nat(3), { minLength: 30, maxLength: 60 })])(
  "a stream delayed by at most 30 ms comes out whole and in order",
  (firstTimestamp, delays) => {
    const { bytes, slots } = newSlotRoom();
    const buffer = new JitterBuffer(bytes, slots, codecNamed("PCMA"), 0);
    const heard: number[] = [];
    const arrivals = delays.map((delay, number) => ({ number, frame: number * 2 + (number === 0 ? 0 : delay) }));
    for (let frame = 0; frame < 2 * delays.length + 10; frame += 1) {
      for (const { number } of arrivals.filter((one) => one.frame === frame)) {
        const slot = slots.keep();
        if (slot === null) expect.fail("no slot is left");
        bytes.fill(number, slot, slot + 160);
        buffer.push(slot, (firstTimestamp + number * 160) >>> 0, slot, 160, true);
      }
      const codes = buffer.pull(() => false);
      if (codes !== null && codes !== "lost") heard.push(bytes[codes] ?? 0);
    }
    expect(heard).toEqual(delays.flatMap((_, number) => [number, number]));
  },
);
