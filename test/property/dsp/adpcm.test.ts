import { fc } from "@fast-check/vitest";
import { beforeAll, describe, expect, test } from "vitest";
import { type AdpcmAlgorithm, adpcmAlgorithms } from "../../support/adpcm-algorithms.js";
import { hardSignal, randomBytes } from "../../support/codec-signals.js";
import { bytesOf, type LaneCodec, newLaneCodec } from "../../support/lane-codec.js";
import { regrouped } from "../../support/regrouped-calls.js";
import { seededRandom } from "../../support/seeded-random.js";

const calls = 11;
const samples = 960;

let codec: LaneCodec;
beforeAll(async () => {
  codec = await newLaneCodec();
});

/**
 * Random bytes; where they are samples or words of two bands, also signals that take a codec to its limits; where they are
 * codes, also the same again and again, which drives coefficients over the edge of 16 bits.
 */
function inputsOf(algorithm: AdpcmAlgorithm, seed: number): Uint8Array[] {
  const random = seededRandom(seed);
  const bytes = samples * algorithm.bytesIn;
  return Array.from({ length: calls }, (_, call) => {
    if (algorithm.bytesIn > 1 && call % 4 !== 3) return bytesOf(hardSignal(bytes / 2, random));
    return call % 4 === 2 ? new Uint8Array(bytes).fill(256 * random()) : randomBytes(bytes, random);
  });
}

/** toEqual looks at each byte with the care that objects need. */
function equal(expected: Uint8Array, output: Uint8Array = new Uint8Array(0)): boolean {
  return Buffer.compare(expected, output) === 0;
}

describe.each(adpcmAlgorithms)("$operation", (algorithm) => {
  test("gives each call what the reference gives, in any lane, grouping and frame", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const inputs = inputsOf(algorithm, seed);
        const outputs = regrouped(codec, algorithm, inputs, seededRandom(seed));
        const wrong = inputs.findIndex((input, call) => !equal(algorithm.expected(input), outputs[call]));
        expect(wrong, "call").toBe(-1);
        const stateBytes = codec.number(algorithm.state);
        for (const call of inputs.keys()) expect(codec.record(call, stateBytes).canaryWhole).toBe(true);
      }),
      { numRuns: 2 },
    );
  });

  test("touches no state but its jobs', and reset makes a state new", () => {
    const { operation, reset, state, bytesOut } = algorithm;
    const stateBytes = codec.number(state);
    const [input = new Uint8Array(0)] = inputsOf(algorithm, 1);
    codec.reset(reset, [0, 1, 2]);
    const fresh = codec.record(1, stateBytes).state;
    codec.run(
      operation,
      [
        { call: 0, input },
        { call: 2, input },
      ],
      samples,
      samples * bytesOut,
    );
    expect(codec.record(1, stateBytes).state).toEqual(fresh);
    expect(codec.record(0, stateBytes).state).not.toEqual(fresh);
    codec.reset(reset, [0]);
    expect(codec.record(0, stateBytes).state).toEqual(fresh);
  });
});

test("packing and unpacking G.726 codes gives the codes", () => {
  const codes = fc.integer({ min: 2, max: 5 }).chain((bits) =>
    fc.record({
      bits: fc.constant(bits),
      codes: fc.uint8Array({ minLength: 80, maxLength: 80, max: (1 << bits) - 1 }),
      way: fc.constantFrom("Rtp", "Aal2"),
    }),
  );
  fc.assert(
    fc.property(codes, ({ bits, codes, way }) => {
      const [packed = new Uint8Array(0)] = codec.run(
        `g726Pack${way}`,
        [{ call: 0, input: codes }],
        80,
        10 * bits,
        bits,
      );
      const [unpacked] = codec.run(`g726Unpack${way}`, [{ call: 0, input: packed }], 80, 80, bits);
      expect(unpacked).toEqual(codes);
    }),
  );
});
