import { expect, test } from "vitest";
import { LossConcealer } from "../../../firmware/dsp/loss-concealer.js";
import { atRate } from "../../support/coded-voice.js";
import { dspLibrary } from "../../support/dsp-library.js";
import { seededRandom } from "../../support/seeded-random.js";
import { levelDbm0, speech, toneSignal, toSamples } from "../../support/test-signals.js";

const packetMs = 20;
const rates = [8000, 16_000] as const;
type Rate = (typeof rates)[number];

async function concealed(samples: Int16Array, rateHz: Rate, isLost: (frame: number) => boolean): Promise<Int16Array> {
  const frameSamples = (rateHz * packetMs) / 1000;
  const concealer = LossConcealer.create(await dspLibrary(), frameSamples, rateHz);
  if (concealer === null) throw new Error("the memory is full");
  const played = new Int16Array(samples.length);
  for (let at = 0; at + frameSamples <= samples.length; at += frameSamples) {
    const frame = isLost(at / frameSamples) ? null : samples.subarray(at, at + frameSamples);
    played.set(concealer.process(frame), at);
  }
  concealer.release();
  return played;
}

async function voiceAt(rateHz: Rate, station: "a" | "b"): Promise<Int16Array> {
  const voice = speech(station);
  return atRate(await dspLibrary(), voice.subarray(0, voice.length - (voice.length % 160)), rateHz);
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
function inTime(samples: Int16Array, rateHz: Rate, measure: (stretch: Int16Array) => number): number[] {
  const hop = rateHz / 100;
  return Array.from({ length: Math.floor(samples.length / hop) - 1 }, (_, index) =>
    measure(samples.subarray(index * hop, (index + 2) * hop)),
  );
}

/** The most within 80 ms before and after: what fills a gap of 60 ms is as old as the period it repeats. */
function mostAround(levels: readonly number[], index: number): number {
  return Math.max(...levels.slice(Math.max(0, index - 8), index + 9));
}

test.each(rates)("at %i Hz what was not lost goes out as it came", async (rateHz) => {
  const voice = (await voiceAt(rateHz, "a")).subarray(0, 16000);
  expect(await concealed(voice, rateHz, () => false)).toEqual(voice);
});

test.each(rates)("at %i Hz a steady vowel goes on through a lost packet as if it had come", async (rateHz) => {
  const frameSamples = (rateHz * packetMs) / 1000;
  const vowel = toSamples(
    toneSignal(
      Array.from({ length: 20 }, (_, index) => ({ hz: 125 * (index + 1), dbm0: -15 - index })),
      (rateHz * 3) / 5,
      rateHz,
    ),
  );
  const played = await concealed(vowel, rateHz, (frame) => frame === 12 || frame === 20);
  const error = played.map((sample, at) => sample - (vowel[at] ?? 0)).subarray(12 * frameSamples, 13 * frameSamples);
  expect(levelDbm0(error)).toBeLessThan(levelDbm0(vowel) - 12);
  expect(steepest(played)).toBeLessThan(steepest(vowel) * 1.1);
});

test.each(rates)("at %i Hz a long loss fades and is silent by 60 ms", async (rateHz) => {
  const perMs = rateHz / 1000;
  const vowel = toSamples(
    toneSignal(
      [
        { hz: 160, dbm0: -12 },
        { hz: 480, dbm0: -16 },
      ],
      rateHz,
      rateHz,
    ),
  );
  const played = await concealed(vowel, rateHz, (frame) => frame >= 20 && frame < 30);
  const level = (fromMs: number, toMs: number) =>
    levelDbm0(played.subarray((400 + fromMs) * perMs, (400 + toMs) * perMs));
  expect(level(0, 10)).toBeGreaterThan(-12);
  expect(level(20, 30)).toBeLessThan(level(0, 10) - 1.5);
  expect(level(40, 50)).toBeLessThan(level(20, 30) - 3);
  expect(level(60, 200)).toBeLessThan(-90);
});

test.each(rates)(
  "at %i Hz and 10 % random loss of speech no click is heard: level and spectrum stay",
  async (rateHz) => {
    const random = seededRandom(10);
    for (const station of ["a", "b"] as const) {
      const voice = await voiceAt(rateHz, station);
      const lost = Array.from({ length: Math.ceil((voice.length * 50) / rateHz) }, () => random() < 0.1);
      const played = await concealed(voice, rateHz, (frame) => lost[frame] ?? false);
      const saidLevels = inTime(voice, rateHz, levelDbm0);
      const saidCrackles = inTime(voice, rateHz, crackleDbm0);
      const louder = inTime(played, rateHz, levelDbm0).filter(
        (level, at) => level > Math.max(mostAround(saidLevels, at) + 2.5, -50),
      );
      const crackling = inTime(played, rateHz, crackleDbm0).filter(
        (level, at) => level > Math.max(mostAround(saidCrackles, at) + 3, -50),
      );
      expect(louder).toEqual([]);
      expect(crackling).toEqual([]);
      expect(steepest(played)).toBeLessThan(steepest(voice) * 1.2);
      expect(Math.abs(levelDbm0(played) - levelDbm0(voice))).toBeLessThan(1);
    }
  },
);
