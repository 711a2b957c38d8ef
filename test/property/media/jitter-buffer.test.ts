import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { JitterBuffer } from "../../../firmware/media/jitter-buffer.js";
import { PacketSlots } from "../../../firmware/media/packet-slots.js";

const slotsMax = 32;

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

test.prop([fc.array(step, { maxLength: 200 }), fc.boolean()])(
  "whatever comes in whatever order: each pull gives a frame inside the memory, and no slot is lost or held twice",
  (steps, isQuiet) => {
    const bytes = new Uint8Array(slotsMax * 512 + 80);
    const slots = new PacketSlots(80, 512, slotsMax);
    const buffer = new JitterBuffer(bytes, slots, { offset: 0, samples: 80, silence: 0xff, frameMs: 10 });
    let wasStarted = false;
    for (const one of steps) {
      if (one.kind === "pull") {
        const codes = buffer.pull(() => isQuiet);
        if (codes === null) expect(wasStarted).toBe(false);
        else expect(codes >= 0 && codes + 80 <= bytes.length).toBe(true);
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
    const bytes = new Uint8Array(slotsMax * 512 + 80);
    const slots = new PacketSlots(80, 512, slotsMax);
    const buffer = new JitterBuffer(bytes, slots, { offset: 0, samples: 80, silence: 0xff, frameMs: 10 });
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
      const code = codes === null ? undefined : bytes[codes];
      if (code !== undefined) heard.push(code);
    }
    expect(heard.filter((code) => code !== 0xff)).toEqual(delays.flatMap((_, number) => [number, number]));
  },
);
