import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { PlayoutBuffer, playoutDefaults } from "../../firmware/phone/playout-buffer.js";

const frameSamples = 160;
const depthFrames = playoutDefaults.startDepthMs / 20;

/** For each frame: how many frames late it comes, or lost. The first comes in time. */
const lateness = fc.array(fc.option(fc.nat(depthFrames - 1), { nil: null, freq: 8 }), { maxLength: 120 });

test.prop([lateness, fc.integer({ min: 0, max: 2 ** 32 - 1 })])(
  "packets shuffled within the depth are all played in their place; what is lost, and only that, is silence",
  (frames, firstTimestamp) => {
    const late = [0, ...frames];
    const buffer = new PlayoutBuffer();
    const played: number[] = [];
    for (let turn = 0; turn < late.length + depthFrames; turn += 1) {
      for (const [number, frameLate] of late.entries()) {
        if (frameLate === null || number + frameLate !== turn) continue;
        const timestamp = (firstTimestamp + number * frameSamples) >>> 0;
        buffer.push(1, timestamp, new Int16Array(frameSamples).fill(number + 1));
      }
      const frame = new Int16Array(frameSamples);
      buffer.pull(frame);
      played.push(frame[0] ?? 0);
      expect(frame.every((sample) => sample === frame[0])).toBe(true);
    }
    expect(played.slice(depthFrames)).toEqual(late.map((frameLate, number) => (frameLate === null ? 0 : number + 1)));
    expect(buffer.counts.missingSamples).toBe(late.filter((frameLate) => frameLate === null).length * frameSamples);
  },
);

const packet = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(2500));

test.prop([fc.array(fc.oneof(packet, fc.constant(null)), { maxLength: 60 })])(
  "whatever is pushed, a pull gives a frame and counts no more missing than it has samples",
  (script) => {
    const buffer = new PlayoutBuffer();
    for (const step of script) {
      if (step === null) expect(buffer.pull(new Int16Array(frameSamples))).toBeLessThanOrEqual(frameSamples);
      else buffer.push(step[0], step[1], new Int16Array(step[2]).fill(1));
    }
  },
);
