import { expect, test } from "vitest";
import { DtmfDetector, dtmfDigits, dtmfTone } from "../../../firmware/dsp/dtmf.js";
import { ToneGenerator } from "../../../firmware/dsp/tone-generator.js";
import { dspLibrary } from "../../support/dsp-library.js";
import { seededRandom } from "../../support/seeded-random.js";
import { noiseSignal, speech, type TestTone, toneSignal, toSamples } from "../../support/test-signals.js";

const frameSamples = 80;

async function newDetector(): Promise<DtmfDetector> {
  const detector = DtmfDetector.create(await dspLibrary(), frameSamples);
  if (detector === null) throw new Error("the memory is full");
  return detector;
}

function digitsIn(detector: DtmfDetector, samples: Int16Array): string {
  let digits = "";
  for (let at = 0; at + frameSamples <= samples.length; at += frameSamples) {
    digits += detector.process(samples.subarray(at, at + frameSamples)).begun ?? "";
  }
  return digits;
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function tonesOf(digit: string, dbm0: number, twistDb: number, factor = 1): TestTone[] {
  const step = dtmfTone(digit, 1, 0)?.[0];
  if (step === undefined) throw new Error(`${digit} is no digit`);
  // The level is of both together; twist is how much the higher frequency is above the lower.
  const lowDbm0 = dbm0 - 10 * Math.log10(1 + 10 ** (twistDb / 10));
  return step.tones.map(({ hz }, index) => ({ hz: hz * factor, dbm0: lowDbm0 + index * twistDb }));
}

/** 40 to 100 ms on, 40 to 100 ms off, beginning anywhere within a frame. */
function randomDialling(seed: number, count: number): { digits: string; samples: Int16Array } {
  const random = seededRandom(seed);
  const between = (from: number, to: number): number => from + random() * (to - from);
  let digits = "";
  const parts: Float64Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const digit = dtmfDigits.charAt(Math.floor(random() * 16));
    const dbm0 = between(-30, 0);
    const tone = toneSignal(
      tonesOf(digit, dbm0, between(-8, 4), between(0.985, 1.015)),
      Math.floor(between(320, 800)),
      8000,
      between(0, 6),
    );
    const noise = noiseSignal(random, dbm0 - 15, tone.length + Math.floor(between(320, 800)));
    parts.push(noise.map((value, at) => value + (tone[at] ?? 0)));
    digits += digit;
  }
  parts.push(new Float64Array(800));
  return { digits, samples: toSamples(joined(parts)) };
}

test("1,000 random digits of 40 ms and more, -30 to 0 dBm0, twisted, 1.5 % off, at 15 dB over noise, are all found", async () => {
  const { digits, samples } = randomDialling(5, 1000);
  expect(digitsIn(await newDetector(), samples)).toBe(digits);
});

test("ten minutes of white noise at all levels hold no digit", async () => {
  const random = seededRandom(6);
  const detector = await newDetector();
  let digits = "";
  for (let second = 0; second < 600; second += 1) {
    digits += digitsIn(detector, toSamples(noiseSignal(random, -40 + (second % 40), 8000)));
  }
  expect(digits).toBe("");
});

test("the demo's speech holds no digit, at any speed and level", async () => {
  const detector = await newDetector();
  for (const station of ["a", "b"] as const) {
    const voice = speech(station);
    for (let speed = 0.7; speed < 1.4; speed += 0.05) {
      const warped = Float64Array.from({ length: Math.floor(voice.length / speed) }, (_, at) => {
        const place = at * speed;
        const before = Math.floor(place);
        const share = place - before;
        return (voice[before] ?? 0) * (1 - share) + (voice[before + 1] ?? 0) * share;
      });
      expect(digitsIn(detector, toSamples(warped)), `station ${station} at speed ${speed}`).toBe("");
    }
  }
});

test.each([0.965, 0.96, 0.95, 1.035, 1.04, 1.05])(
  "tones at %f of their frequency are no digit (Q.24)",
  async (factor) => {
    const detector = await newDetector();
    for (const digit of dtmfDigits) {
      const tone = toneSignal(tonesOf(digit, -10, 0, factor), 1600);
      expect(digitsIn(detector, toSamples(joined([tone, new Float64Array(800)]))), digit).toBe("");
    }
  },
);

test("tones of 20 ms are no digit, wherever they fall", async () => {
  const detector = await newDetector();
  for (let shift = 0; shift < 80; shift += 8) {
    const tone = toneSignal(tonesOf("5", -6, 0), 160);
    expect(digitsIn(detector, toSamples(joined([new Float64Array(shift), tone, new Float64Array(720)])))).toBe("");
  }
});

test("one frequency alone, and a pair twisted by 15 dB, are no digit", async () => {
  const detector = await newDetector();
  for (const tones of [
    [{ hz: 770, dbm0: -6 }],
    [{ hz: 1336, dbm0: -6 }],
    tonesOf("5", -6, -15),
    tonesOf("5", -6, 12),
  ]) {
    expect(digitsIn(detector, toSamples(joined([toneSignal(tones, 1600), new Float64Array(800)])))).toBe("");
  }
});

test("a digit interrupted for 10 ms is one digit, and one interrupted for 40 ms two", async () => {
  const tone = toneSignal(tonesOf("7", -10, 0), 480);
  const withPause = (samples: number) =>
    toSamples(joined([tone, new Float64Array(samples), tone, new Float64Array(800)]));
  expect(digitsIn(await newDetector(), withPause(80))).toBe("7");
  expect(digitsIn(await newDetector(), withPause(320))).toBe("77");
});

test("the generator's digits are the detector's, and their duration is told", async () => {
  const core = await dspLibrary();
  const generator = ToneGenerator.create(core, frameSamples);
  if (generator === null) throw new Error("the memory is full");
  const detector = await newDetector();
  let heard = "";
  let longestMs = 0;
  for (const digit of dtmfDigits) {
    generator.play(dtmfTone(digit, 100, 60) ?? [], null);
    for (let frame = 0; frame < 16; frame += 1) {
      const { begun, presentMs } = detector.process(generator.process(frameSamples));
      heard += begun ?? "";
      longestMs = Math.max(longestMs, presentMs);
    }
  }
  expect(heard).toBe(dtmfDigits);
  expect(Math.abs(longestMs - 100)).toBeLessThanOrEqual(20);
});
