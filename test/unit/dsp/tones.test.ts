import { expect, test } from "vitest";
import { callProgressTone, toneCountries, toneNames, toneSource } from "../../../firmware/dsp/call-progress-tones.js";
import { cedTone, cngTone, FaxToneDetector } from "../../../firmware/dsp/fax-tones.js";
import { ToneGenerator, type ToneStep } from "../../../firmware/dsp/tone-generator.js";
import { dspLibrary } from "../../support/dsp-library.js";
import { seededRandom } from "../../support/seeded-random.js";
import { levelDbm0, noiseSignal, speech, toneDbm0, toSamples } from "../../support/test-signals.js";

async function played(steps: readonly ToneStep[], repeat: number | null, seconds: number): Promise<Int16Array> {
  const generator = ToneGenerator.create(await dspLibrary(), 80);
  if (generator === null) throw new Error("the memory is full");
  generator.play(steps, repeat);
  const samples = new Int16Array(seconds * 8000);
  for (let at = 0; at < samples.length; at += 80) samples.set(generator.process(80), at);
  generator.release();
  return samples;
}

async function heardIn(samples: Int16Array): Promise<string[]> {
  const detector = FaxToneDetector.create(await dspLibrary(), 80);
  if (detector === null) throw new Error("the memory is full");
  const heard: string[] = [];
  for (let at = 0; at + 80 <= samples.length; at += 80) {
    const tone = detector.process(samples.subarray(at, at + 80));
    if (tone !== null) heard.push(tone);
  }
  detector.release();
  return heard;
}

test("a dial tone is its two frequencies at their level and nothing else, minutes long", async () => {
  const samples = await played(callProgressTone("US", "dial") ?? [], 0, 120);
  const last = samples.subarray(-4000);
  expect(toneDbm0(last, 350)).toBeCloseTo(-13.01, 1);
  expect(toneDbm0(last, 440)).toBeCloseTo(-13.01, 1);
  expect(levelDbm0(last)).toBeCloseTo(-10, 1);
  for (const hz of [700, 790, 880, 1050]) expect(toneDbm0(last, hz)).toBeLessThan(-70);
});

test("a cadence sounds and is silent when it should, to the sample", async () => {
  const samples = await played(callProgressTone("GB", "ringback") ?? [], 0, 6);
  const level = (fromMs: number, toMs: number) => levelDbm0(samples.subarray(fromMs * 8, toMs * 8));
  expect(level(10, 390)).toBeCloseTo(-10, 0);
  expect(level(400, 600)).toBeLessThan(-90);
  expect(level(610, 990)).toBeCloseTo(-10, 0);
  expect(level(1000, 3000)).toBeLessThan(-90);
  expect(level(3010, 3390)).toBeCloseTo(-10, 0);
  expect(level(3400, 3600)).toBeLessThan(-90);
});

test("every country has every tone, each a programme that a generator holds", async () => {
  expect(toneCountries.length).toBeGreaterThanOrEqual(17);
  for (const country of toneCountries) {
    expect(toneSource(country)).toContain("E.180 Supplement 2");
    for (const name of toneNames) {
      const steps = callProgressTone(country, name) ?? [];
      const samples = await played(steps, 0, 1);
      expect(levelDbm0(samples), `${country} ${name}`).toBeGreaterThan(-26);
      expect(steps.every(({ ms }) => Number.isInteger(ms) && (ms > 0 || steps.length === 1))).toBe(true);
    }
  }
  expect(callProgressTone("ZZ", "dial")).toBeNull();
  expect(callProgressTone("toString", "dial")).toBeNull();
});

test("CNG is heard once each time it sounds, and CED once", async () => {
  expect(await heardIn(await played(cngTone, 0, 10))).toEqual(["CNG", "CNG", "CNG"]);
  expect(await heardIn(await played(cedTone, null, 5))).toEqual(["CED"]);
});

test("CNG 38 Hz and CED 15 Hz off are heard, at -40 dBm0 too, and 60 Hz off they are not", async () => {
  const tone = (hz: number, dbm0: number) => played([{ tones: [{ hz, dbm0 }], ms: 500 }], null, 1);
  for (const hz of [1062, 1138]) expect(await heardIn(await tone(hz, -40))).toEqual(["CNG"]);
  for (const hz of [1040, 1160]) expect(await heardIn(await tone(hz, -10))).toEqual([]);
  const long = (hz: number) => played([{ tones: [{ hz, dbm0: -40 }], ms: 3000 }], null, 4);
  for (const hz of [2085, 2115]) expect(await heardIn(await long(hz))).toEqual(["CED"]);
  for (const hz of [2040, 2160]) expect(await heardIn(await long(hz))).toEqual([]);
});

test("CED is heard through the phase reversals of V.25, every 450 ms", async () => {
  const samples = (await played([{ tones: [{ hz: 2100, dbm0: -12 }], ms: 3300 }], null, 4)).map((sample, at) =>
    Math.floor(at / 3600) % 2 === 0 ? sample : -sample,
  );
  expect(await heardIn(samples)).toEqual(["CED"]);
});

test("speech, noise and a dial tone hold no fax tone", async () => {
  const noise = toSamples(noiseSignal(seededRandom(3), -12, 480_000));
  const dial = await played(callProgressTone("DE", "dial") ?? [], 0, 3);
  for (const samples of [speech("a"), speech("b"), noise, dial]) expect(await heardIn(samples)).toEqual([]);
});
