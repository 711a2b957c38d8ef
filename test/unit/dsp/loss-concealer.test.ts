import { expect, test } from "vitest";
import { LossConcealer } from "../../../firmware/dsp/loss-concealer.js";
import { dspLibrary } from "../../support/dsp-library.js";
import { seededRandom } from "../../support/seeded-random.js";
import { levelDbm0, speech, toneSignal, toSamples } from "../../support/test-signals.js";

const frameSamples = 160;

async function concealed(samples: Int16Array, isLost: (frame: number) => boolean): Promise<Int16Array> {
  const concealer = LossConcealer.create(await dspLibrary(), frameSamples);
  if (concealer === null) throw new Error("the memory is full");
  const played = new Int16Array(samples.length);
  for (let at = 0; at + frameSamples <= samples.length; at += frameSamples) {
    const frame = isLost(at / frameSamples) ? null : samples.subarray(at, at + frameSamples);
    played.set(concealer.process(frame), at);
  }
  concealer.release();
  return played;
}

/** The largest step from one sample to the next. */
function steepest(samples: Int16Array): number {
  let most = 0;
  for (let at = 1; at < samples.length; at += 1) {
    most = Math.max(most, Math.abs((samples[at] ?? 0) - (samples[at - 1] ?? 0)));
  }
  return most;
}

/** Level of the third difference, a steep high pass: where a click is and a voice is not. */
function crackleDbm0(samples: Int16Array): number {
  const at = (index: number): number => samples[index] ?? 0;
  const differences = Float64Array.from(
    { length: samples.length - 3 },
    (_, index) => (at(index + 3) - 3 * at(index + 2) + 3 * at(index + 1) - at(index)) / 8,
  );
  return levelDbm0(differences);
}

/** Of each 20 ms, every 10 ms. */
function inTime(samples: Int16Array, measure: (stretch: Int16Array) => number): number[] {
  return Array.from({ length: Math.floor(samples.length / 80) - 1 }, (_, index) =>
    measure(samples.subarray(index * 80, index * 80 + 160)),
  );
}

/** The most within 80 ms before and after: what fills a gap of 60 ms is as old as the period it repeats. */
function mostAround(levels: readonly number[], index: number): number {
  return Math.max(...levels.slice(Math.max(0, index - 8), index + 9));
}

test("what was not lost goes out as it came", async () => {
  const voice = speech("a").subarray(0, 16000);
  expect(await concealed(voice, () => false)).toEqual(voice);
});

test("a steady vowel goes on through a lost packet as if it had come", async () => {
  const vowel = toSamples(
    toneSignal(
      Array.from({ length: 20 }, (_, index) => ({ hz: 125 * (index + 1), dbm0: -15 - index })),
      4800,
    ),
  );
  const played = await concealed(vowel, (frame) => frame === 12 || frame === 20);
  const error = played.map((sample, at) => sample - (vowel[at] ?? 0)).subarray(12 * frameSamples, 13 * frameSamples);
  expect(levelDbm0(error)).toBeLessThan(levelDbm0(vowel) - 12);
  expect(steepest(played)).toBeLessThan(steepest(vowel) * 1.1);
});

test("a long loss fades and is silent by 60 ms", async () => {
  const vowel = toSamples(
    toneSignal(
      [
        { hz: 160, dbm0: -12 },
        { hz: 480, dbm0: -16 },
      ],
      8000,
    ),
  );
  const played = await concealed(vowel, (frame) => frame >= 20 && frame < 30);
  const level = (fromMs: number, toMs: number) => levelDbm0(played.subarray(3200 + fromMs * 8, 3200 + toMs * 8));
  expect(level(0, 10)).toBeGreaterThan(-12);
  expect(level(20, 30)).toBeLessThan(level(0, 10) - 1.5);
  expect(level(40, 50)).toBeLessThan(level(20, 30) - 3);
  expect(level(60, 200)).toBeLessThan(-90);
});

test("at 10 % random loss of speech no click is heard: level and spectrum stay what they were", async () => {
  const random = seededRandom(10);
  for (const station of ["a", "b"] as const) {
    const voice = speech(station);
    const lost = Array.from({ length: Math.ceil(voice.length / frameSamples) }, () => random() < 0.1);
    const played = await concealed(voice, (frame) => lost[frame] ?? false);
    const saidLevels = inTime(voice, levelDbm0);
    const saidCrackles = inTime(voice, crackleDbm0);
    const louder = inTime(played, levelDbm0).filter(
      (level, at) => level > Math.max(mostAround(saidLevels, at) + 2, -50),
    );
    const crackling = inTime(played, crackleDbm0).filter(
      (level, at) => level > Math.max(mostAround(saidCrackles, at) + 3, -50),
    );
    expect(louder).toEqual([]);
    expect(crackling).toEqual([]);
    expect(steepest(played)).toBeLessThan(steepest(voice) * 1.2);
    expect(Math.abs(levelDbm0(played) - levelDbm0(voice))).toBeLessThan(1);
  }
});
