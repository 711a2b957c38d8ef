import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { allocated, processed, type Run } from "../../support/dsp-frames.js";
import { dspLibrary } from "../../support/dsp-library.js";
import { seededRandom } from "../../support/seeded-random.js";

const core = await dspLibrary();

/** A line function of one call, with what its argument may be. */
interface LineFunction extends Run {
  readonly argumentMax: number;
}

const signal = { argument: 0, argumentMax: 0, taken: 1, given: 1 };
/** Functions that give samples. */
const shapers: readonly LineFunction[] = [
  { ...signal, operation: "lossConceal", stateBytes: core.size("lossConcealerBytes"), argumentMax: 1 },
  { ...signal, operation: "gainApply", stateBytes: 16, argumentMax: 0xffffffff },
  { ...signal, operation: "automaticGainApply", stateBytes: core.size("automaticGainBytes"), argumentMax: 0xffffffff },
  { ...signal, operation: "resampleUp", stateBytes: core.size("resamplerBytes"), given: 2 },
  { ...signal, operation: "resampleDown", stateBytes: core.size("resamplerBytes"), taken: 2 },
  { ...signal, operation: "comfortNoiseMake", stateBytes: core.size("noiseMakerBytes"), argumentMax: 11 },
  { ...signal, operation: "toneGenerate", stateBytes: core.size("toneGeneratorBytes"), argumentMax: 1 },
];
/** Functions that give a decision or a description of a few octets. */
const judges: readonly LineFunction[] = [
  { ...signal, operation: "dtmfDetect", stateBytes: core.size("dtmfDetectorBytes") },
  { ...signal, operation: "faxToneDetect", stateBytes: core.size("faxDetectorBytes") },
  { ...signal, operation: "voiceActivityDetect", stateBytes: core.size("voiceActivityBytes") },
  { ...signal, operation: "levelMeasure", stateBytes: core.size("levelMeterBytes") },
  { ...signal, operation: "comfortNoiseDescribe", stateBytes: core.size("noiseDescriberBytes"), argumentMax: 10 },
];
const all = [...shapers, ...judges];

/** Quiet, loud and absurd signals, their lengths a multiple of 16. */
const anySignal = fc
  .record({
    seed: fc.integer(),
    amplitude: fc.constantFrom(0, 3, 300, 8000, 32768, 1e6),
    eights: fc.integer({ min: 2, max: 200 }),
  })
  .map(({ seed, amplitude, eights }) => {
    const random = seededRandom(seed);
    const clipped = (value: number): number => Math.round(Math.min(32767, Math.max(-32768, value)));
    return Int16Array.from({ length: eights * 16 }, () => clipped((random() * 2 - 1) * amplitude));
  });
const anyFrames = fc.array(
  fc.integer({ min: 1, max: 60 }).map((eights) => eights * 8),
  { minLength: 1, maxLength: 8 },
);
const anyFunction = fc.constantFrom(...all);
const anyShare = fc.double({ min: 0, max: 1, noNaN: true });

/** What the functions that keep samples give does not depend on how they were cut into frames. */
const framed = shapers.filter(({ operation }) => !["comfortNoiseMake", "toneGenerate"].includes(operation));

test.prop([fc.constantFrom(...framed), anySignal, anyFrames, anyShare], { numRuns: 60 })(
  "any grouping into frames gives the same output",
  (run, input, frames, share) => {
    const chosen = { ...run, argument: run.operation === "lossConceal" ? 0 : Math.floor(share * run.argumentMax) };
    expect(processed(core, chosen, input, frames)).toEqual(processed(core, chosen, input, [80]));
  },
);

test.prop([anyFunction, anySignal, anyShare, fc.uint8Array({ minLength: 512, maxLength: 512 })], { numRuns: 150 })(
  "any samples and arguments are processed without a trap, and nothing beside record and frame is touched",
  (run, input, share, canary) => {
    const before = allocated(core, 512);
    const state = allocated(core, run.stateBytes);
    const between = allocated(core, 512);
    const destination = allocated(core, 1920);
    const after = allocated(core, 512);
    const source = allocated(core, 1920);
    const canaries = [before, between, after];
    for (const one of canaries) core.bytes(one, 512).set(canary);
    core.samples(source, 960).set(input.subarray(0, 960));
    const job = { state, source, destination, argument: Math.floor(share * run.argumentMax) };
    for (let frame = 0; frame < 12; frame += 1) core.run(run.operation, [job], 80);
    for (const one of canaries) expect(core.bytes(one, 512)).toEqual(canary);
    for (const [offset, octets] of [
      [before, 512],
      [state, run.stateBytes],
      [between, 512],
      [destination, 1920],
      [after, 512],
      [source, 1920],
    ] as const) {
      core.release(offset, octets);
    }
  },
);

test.prop([anyFunction, fc.array(anySignal, { minLength: 2, maxLength: 9 }), anyShare], { numRuns: 30 })(
  "calls run together are what they are alone",
  (run, inputs, share) => {
    const argument = Math.floor(share * run.argumentMax);
    const calls = inputs.map((input) => {
      const call = {
        state: allocated(core, run.stateBytes),
        source: allocated(core, 1920),
        destination: allocated(core, 1920),
        argument,
      };
      core.samples(call.source, 960).set(input.subarray(0, 960));
      return call;
    });
    const results = (): Uint8Array[] =>
      calls.map(({ destination, state }) =>
        Uint8Array.from([...core.bytes(destination, 1920), ...core.bytes(state, run.stateBytes)]),
      );
    const renew = (): void => {
      for (const { state, destination } of calls) {
        core.bytes(state, run.stateBytes).fill(0);
        core.bytes(destination, 1920).fill(0);
      }
    };
    for (let frame = 0; frame < 5; frame += 1) core.run(run.operation, calls, 160);
    const together = results();
    renew();
    for (const call of calls) for (let frame = 0; frame < 5; frame += 1) core.run(run.operation, [call], 160);
    expect(results()).toEqual(together);
    for (const { state, source, destination } of calls) {
      core.release(state, run.stateBytes);
      core.release(source, 1920);
      core.release(destination, 1920);
    }
  },
);

test.prop([fc.integer({ min: 1, max: 64 }), fc.integer()], { numRuns: 30 })(
  "a conference of any size saturates and never wraps",
  (members, seed) => {
    const random = seededRandom(seed);
    const frames = Array.from({ length: members }, () => allocated(core, 32));
    const table = allocated(core, 256);
    frames.forEach((frame, index) => {
      core.samples(frame, 8).set(Array.from({ length: 8 }, () => (random() < 0.5 ? -32768 : 32767)));
      core.view(table + index * 4, 4).setUint32(0, frame, true);
    });
    const said = frames.map((frame) => core.samples(frame, 8).slice());
    core.run("conferenceMix", [{ state: 0, source: table, destination: table, argument: members }], 8);
    frames.forEach((frame, member) => {
      const expected = Int16Array.from({ length: 8 }, (_, at) => {
        const sum = said.reduce((total, own, other) => total + (other === member ? 0 : (own[at] ?? 0)), 0);
        return Math.min(32767, Math.max(-32768, sum));
      });
      expect(core.samples(frame, 8)).toEqual(expected);
    });
    for (const frame of frames) core.release(frame, 32);
    core.release(table, 256);
  },
);
