import { readFileSync } from "node:fs";
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { judgeAudio } from "../../host/cli/demo/audio-judge.js";

const bytes = readFileSync(new URL("../../host/cli/demo/speech/station-a.wav", import.meta.url));
const speech = new Int16Array(new Uint8Array(bytes.subarray(44)).buffer);

test.prop([fc.nat(100_000), fc.integer({ min: -8000, max: 8000 })], { numRuns: 20 })(
  "whatever part of the speech is played, the delay it was given is found to the sample",
  (start, delaySamples) => {
    const file = speech.subarray(start, start + 40_000);
    const recording = Int16Array.from({ length: 40_000 }, (_, n) => file[n - delaySamples] ?? 0);
    const verdict = judgeAudio(file, recording);
    expect(verdict).toMatchObject({ delayMs: delaySamples / 8, longestGapMs: 0, shifts: [] });
  },
);
