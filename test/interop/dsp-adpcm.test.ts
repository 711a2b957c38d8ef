import { execFileSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { hardSignal, randomBytes } from "../support/codec-signals.js";
import { bytesOf, type LaneCodec, newLaneCodec, samplesOf } from "../support/lane-codec.js";
import { oracleProgram } from "../support/oracle-program.js";
import { seededRandom } from "../support/seeded-random.js";

const laws = ["linear", "ulaw", "alaw"] as const;
type Law = (typeof laws)[number];

const calls = 9;
const frame = 160;
const samplesEach = frame * 250;

const adpcm = oracleProgram("adpcm", ["spandsp"], "libspandsp-dev");
const wideband = oracleProgram("wideband", ["avcodec", "avutil"], "libavcodec-dev");

let codec: LaneCodec;
beforeAll(async () => {
  codec = await newLaneCodec();
});

function oracle(args: readonly string[], input: Uint8Array, program = adpcm): Uint8Array {
  return new Uint8Array(execFileSync(program.path, args, { input, maxBuffer: 1 << 26 }));
}

/** All calls side by side, frame by frame; whole outputs. */
function inLanes(
  operation: string,
  inputs: readonly Uint8Array[],
  frameSamples: number,
  bytesIn: number,
  bytesOut: number,
): Uint8Array[] {
  const length = (inputs[0]?.length ?? 0) / bytesIn;
  const outputs = inputs.map(() => new Uint8Array(length * bytesOut));
  for (let at = 0; at < length; at += frameSamples) {
    const jobs = inputs.map((input, call) => ({
      call,
      input: input.subarray(at * bytesIn, (at + frameSamples) * bytesIn),
    }));
    codec.run(operation, jobs, frameSamples, frameSamples * bytesOut).forEach((output, call) => {
      outputs[call]?.set(output, at * bytesOut);
    });
  }
  return outputs;
}

/** Index of the first difference, -1 where there is none. */
function firstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return index;
  return -1;
}

/** The library drops the upper bits of what Annex A limits to 14 bits (LIMO): where ours is at the limit, ours. */
function limited(theirs: Uint8Array, ours: Uint8Array): Uint8Array {
  const samples = samplesOf(ours);
  return bytesOf(
    samplesOf(theirs).map((sample, index) => {
      const own = samples[index] ?? 0;
      return own === 32_764 || own === -32_768 ? own : sample;
    }),
  );
}

describe.skipIf(!adpcm.installed)("Debian's libspandsp", () => {
  const capital = { linear: "Linear", ulaw: "Ulaw", alaw: "Alaw" } as const;
  const wide = (law: Law) => (law === "linear" ? 2 : 1);
  const cases = [2, 3, 4, 5].flatMap((bits) => laws.map((law) => [bits * 8, law, bits] as const));
  const everyCall = Array.from({ length: calls }, (_, call) => call);

  test.each(cases)("encodes G.726 at %i kbit/s from %s as every lane does", (rate, law, bits) => {
    const random = seededRandom(7 * bits);
    const inputs = everyCall.map(() =>
      law === "linear" ? bytesOf(hardSignal(samplesEach, random)) : randomOrSignal(samplesEach, law),
    );
    codec.reset("g726Reset", everyCall);
    const outputs = inLanes(`g726At${rate}Encode${capital[law]}`, inputs, frame, wide(law), 1);
    outputs.forEach((output, call) => {
      const expected = oracle(["g726", "encode", `${bits}`, law], inputs[call] ?? new Uint8Array(0));
      expect(firstDifference(output, expected)).toBe(-1);
    });
    function randomOrSignal(samples: number, to: "ulaw" | "alaw"): Uint8Array {
      const signal = bytesOf(hardSignal(samples, random));
      return inLanes(`${to}Encode`, [signal], frame, 2, 1)[0] ?? randomBytes(samples, random);
    }
  });

  test.each(cases)("decodes G.726 at %i kbit/s to %s as every lane does", (rate, law, bits) => {
    const random = seededRandom(11 * bits);
    codec.reset("g726Reset", everyCall);
    const speech = everyCall.slice(0, 5).map(() => bytesOf(hardSignal(samplesEach, random)));
    const coded = inLanes(`g726At${rate}EncodeLinear`, speech, frame, 2, 1);
    const noise = everyCall
      .slice(5)
      .map(() => randomBytes(samplesEach, random).map((byte) => byte & ((1 << bits) - 1)));
    const inputs = [...coded, ...noise];
    codec.reset("g726Reset", everyCall);
    const outputs = inLanes(`g726At${rate}Decode${capital[law]}`, inputs, frame, 1, wide(law));
    outputs.forEach((output, call) => {
      const expected = oracle(["g726", "decode", `${bits}`, law], inputs[call] ?? new Uint8Array(0));
      expect(firstDifference(output, law === "linear" ? limited(expected, output) : expected)).toBe(-1);
    });
  });
});

/** Twice a frame of octets. Neither library limits the bands of the encoder (LIMIT): signals stay where it has no say. */
function quiet(random: () => number): Uint8Array {
  return bytesOf(hardSignal(2 * samplesEach, random).map((sample) => Math.trunc(sample * 0.6)));
}

describe.skipIf(!adpcm.installed)("Debian's libspandsp, for G.722", () => {
  const everyCall = Array.from({ length: calls }, (_, call) => call);
  /** The library drops the upper bits of what the Recommendation saturates. */
  const saturated = (theirs: Uint8Array, ours: Uint8Array) => {
    const samples = samplesOf(ours);
    const isLimit = (sample: number) => sample === 32_767 || sample === -32_768;
    return bytesOf(
      samplesOf(theirs).map((sample, index) => (isLimit(samples[index] ?? 0) ? (samples[index] ?? 0) : sample)),
    );
  };

  test("encodes as every lane does", () => {
    const random = seededRandom(722);
    const inputs = everyCall.map(() => quiet(random));
    codec.reset("g722Reset", everyCall);
    inLanes("g722Encode", inputs, frame, 4, 1).forEach((output, call) => {
      const expected = oracle(["g722", "encode", "64"], inputs[call] ?? new Uint8Array(0));
      expect(firstDifference(output, expected)).toBe(-1);
    });
  });

  test.each([64, 56, 48])("decodes at %i kbit/s as every lane does", (rate) => {
    const random = seededRandom(rate);
    const speech = everyCall.slice(0, 5).map(() => quiet(random));
    codec.reset("g722Reset", everyCall);
    const coded = inLanes("g722Encode", speech, frame, 4, 1);
    const inputs = [...coded, ...everyCall.slice(5).map(() => randomBytes(samplesEach, random))];
    codec.reset("g722Reset", everyCall);
    inLanes(`g722DecodeAt${rate}`, inputs, frame, 1, 4).forEach((output, call) => {
      const codes = (inputs[call] ?? new Uint8Array(0)).map((octet) => octet >> (8 - rate / 8));
      const expected = saturated(oracle(["g722", "decode", `${rate}`], codes), output);
      expect(firstDifference(output, expected)).toBe(-1);
    });
  });
});

/** Its decoder saturates and limits as the Recommendation does: random octets, without an exception. */
describe.skipIf(!wideband.installed)("Debian's libavcodec, for G.722", () => {
  const everyCall = Array.from({ length: calls }, (_, call) => call);

  test("encodes as every lane does", () => {
    const random = seededRandom(64);
    const inputs = everyCall.map(() => quiet(random));
    codec.reset("g722Reset", everyCall);
    inLanes("g722Encode", inputs, frame, 4, 1).forEach((output, call) => {
      const expected = oracle(["encode", "64"], inputs[call] ?? new Uint8Array(0), wideband);
      expect(firstDifference(output, expected)).toBe(-1);
    });
  });

  test.each([64, 56, 48])("decodes at %i kbit/s as every lane does", (rate) => {
    const random = seededRandom(rate);
    const inputs = everyCall.map(() => randomBytes(samplesEach, random));
    codec.reset("g722Reset", everyCall);
    inLanes(`g722DecodeAt${rate}`, inputs, frame, 1, 4).forEach((output, call) => {
      const expected = oracle(["decode", `${rate}`], inputs[call] ?? new Uint8Array(0), wideband);
      expect(firstDifference(output, expected)).toBe(-1);
    });
  });
});
