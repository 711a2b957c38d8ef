import { fc } from "@fast-check/vitest";
import { beforeAll, describe, expect, test } from "vitest";
import { hardSignal, randomBytes } from "../../support/codec-signals.js";
import { bytesOf, type LaneCodec, newLaneCodec } from "../../support/lane-codec.js";
import { seededRandom } from "../../support/seeded-random.js";

interface Algorithm {
  readonly operation: string;
  readonly reset: string;
  readonly state: string;
  /** Bytes for each sample of the operation. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

const g726 = [16, 24, 32, 40].flatMap((rate) =>
  (["Linear", "Ulaw", "Alaw"] as const).flatMap((law): Algorithm[] => {
    const wide = law === "Linear" ? 2 : 1;
    const common = { reset: "g726Reset", state: "g726StateBytes" };
    return [
      { ...common, operation: `g726At${rate}Encode${law}`, bytesIn: wide, bytesOut: 1 },
      { ...common, operation: `g726At${rate}Decode${law}`, bytesIn: 1, bytesOut: wide },
    ];
  }),
);
const g722 = ["Encode", "DecodeAt64", "DecodeAt56", "DecodeAt48"].map((name): Algorithm => {
  const encodes = name === "Encode";
  return {
    operation: `g722${name}`,
    reset: "g722Reset",
    state: "g722StateBytes",
    bytesIn: encodes ? 4 : 1,
    bytesOut: encodes ? 1 : 4,
  };
});

const calls = 11;
const samples = 240;

let codec: LaneCodec;
beforeAll(async () => {
  codec = await newLaneCodec();
});

function inputsOf(algorithm: Algorithm, seed: number): Uint8Array[] {
  const random = seededRandom(seed);
  return Array.from({ length: calls }, () =>
    algorithm.bytesIn === 1
      ? randomBytes(samples, random)
      : bytesOf(hardSignal((samples * algorithm.bytesIn) / 2, random)),
  );
}

/** Each call alone, in one piece. */
function alone({ operation, reset, bytesOut }: Algorithm, inputs: readonly Uint8Array[]): Uint8Array[] {
  return inputs.map((input, call) => {
    codec.reset(reset, [call]);
    return codec.run(operation, [{ call, input }], samples, samples * bytesOut)[0] ?? new Uint8Array(0);
  });
}

/** Frames of any multiple of eight samples; in each tick the calls come in any order, in tables of any length. */
const ticks = fc.record({
  seed: fc.nat(),
  frames: fc.array(fc.constantFrom(8, 16, 40, 80), { minLength: 3, maxLength: 30 }),
});

describe.each([...g726, ...g722])("$operation", (algorithm) => {
  test("gives each call the same in any lane, grouping and frame", () => {
    fc.assert(
      fc.property(ticks, ({ seed, frames }) => {
        const random = seededRandom(seed);
        const { operation, reset, bytesIn, bytesOut } = algorithm;
        const inputs = inputsOf(algorithm, seed);
        const expected = alone(algorithm, inputs);
        const everyCall = inputs.map((_, call) => call);
        codec.reset(reset, everyCall);
        const stateBytes = codec.number(algorithm.state);
        let at = 0;
        for (const frame of frames) {
          if (at + frame > samples) break;
          const order = everyCall.map((call) => ({ call, place: random() })).sort((a, b) => a.place - b.place);
          const cut = Math.floor(random() * (calls + 1));
          for (const group of [order.slice(0, cut), order.slice(cut)]) {
            const jobs = group.map(({ call }) => ({
              call,
              input: (inputs[call] ?? new Uint8Array(0)).subarray(at * bytesIn, (at + frame) * bytesIn),
            }));
            codec.run(operation, jobs, frame, frame * bytesOut).forEach((output, job) => {
              const whole = expected[jobs[job]?.call ?? 0] ?? new Uint8Array(0);
              expect(output).toEqual(whole.slice(at * bytesOut, (at + frame) * bytesOut));
            });
          }
          at += frame;
        }
        for (const call of everyCall) expect(codec.record(call, stateBytes).canaryWhole).toBe(true);
      }),
      { numRuns: 6 },
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
