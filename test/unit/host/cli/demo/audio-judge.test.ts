import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { judgeAudio } from "../../../../../host/cli/demo/audio-judge.js";

const perMs = 8;

/** Samples of a speech file, behind its 44 octets of header. */
function speech(name: string): Int16Array {
  const bytes = readFileSync(new URL(`../../../../../host/cli/demo/speech/${name}.wav`, import.meta.url));
  return new Int16Array(new Uint8Array(bytes.subarray(44)).buffer);
}

const stationA = speech("station-a");
const stationB = speech("station-b");
const fileMs = 8000;
const file = stationA.subarray(0, fileMs * perMs);

/** The line: `lateMs` of silence first, then the file as far as the recording goes. */
function heard(lateMs: number, lengthMs: number): Int16Array {
  const recording = new Int16Array(lengthMs * perMs);
  for (let n = 0; n < recording.length; n += 1) recording[n] = file[n - Math.round(lateMs * perMs)] ?? 0;
  return recording;
}

function verdictOf(recording: Int16Array) {
  const verdict = judgeAudio(file, recording);
  if (verdict === null) throw new Error("nothing was heard");
  return verdict;
}

test.each([100, 120, 140, 160])(
  "the first %i ms of a speech, said before the line was through, are no gap",
  (cutMs) => {
    const recording = heard(620, 7000);
    recording.fill(0, 0, (620 + cutMs) * perMs);
    expect(verdictOf(recording)).toMatchObject({ longestGapMs: 0, shifts: [], unheardAtStartMs: cutMs });
  },
);

/** Loud enough everywhere in the 200 ms from here. */
const loudAtMs = 2250;

test("the file itself is heard whole, at no delay", () => {
  expect(verdictOf(file)).toMatchObject({
    delayMs: 0,
    overlapMs: fileMs,
    longestGapMs: 0,
    gaps: [],
    shifts: [],
    unheardAtStartMs: 0,
  });
  expect(verdictOf(file).correlation).toBeCloseTo(1, 6);
});

test("a recording that began earlier or later is aligned to the sample", () => {
  for (const lateMs of [63.125, 1250, -700.5]) {
    const verdict = verdictOf(heard(lateMs, 7000));
    expect(verdict.delayMs).toBe(lateMs);
    expect(verdict.longestGapMs).toBe(0);
    expect(verdict.correlation).toBeCloseTo(1, 6);
  }
});

test("a gap of 20, 40 or 200 ms is measured to within the grid of 5 ms", () => {
  for (const gapMs of [20, 40, 200]) {
    const recording = heard(101, 7000);
    recording.fill(0, loudAtMs * perMs, (loudAtMs + gapMs) * perMs);
    const verdict = verdictOf(recording);
    expect(Math.abs(verdict.longestGapMs - gapMs), `gap of ${gapMs}`).toBeLessThanOrEqual(5);
    expect(verdict.gaps).toHaveLength(1);
    expect(verdict.shifts).toEqual([]);
    expect(verdict.delayMs).toBe(101);
  }
});

test("another sound in place of the speech is a gap", () => {
  const recording = heard(0, 7000);
  recording.set(stationB.subarray(16_000, 16_000 + 200 * perMs), loudAtMs * perMs);
  expect(Math.abs(verdictOf(recording).longestGapMs - 200)).toBeLessThanOrEqual(30);
});

test("an inserted frame is a shift by its length, and a gap of its length", () => {
  const whole = heard(0, 7000);
  const at = loudAtMs * perMs;
  const recording = Int16Array.from([...whole.subarray(0, at), ...new Int16Array(20 * perMs), ...whole.subarray(at)]);
  const verdict = verdictOf(recording);
  expect(verdict.shifts).toEqual([{ atMs: expect.closeTo(loudAtMs + 10, -1.5), byMs: 20 }]);
  expect(Math.abs(verdict.longestGapMs - 20)).toBeLessThanOrEqual(5);
  expect(verdict.correlation).toBeLessThan(0.9);
  expect(verdict.correlationFollowingShifts).toBeGreaterThan(0.98);
});

test("dropped samples are a shift the other way, and the speech in them is a gap", () => {
  const whole = heard(0, 7000);
  const recording = Int16Array.from([
    ...whole.subarray(0, loudAtMs * perMs),
    ...whole.subarray((loudAtMs + 60) * perMs),
  ]);
  const verdict = verdictOf(recording);
  expect(verdict.shifts).toEqual([{ atMs: expect.closeTo(loudAtMs, -1.5), byMs: -60 }]);
  expect(Math.abs(verdict.longestGapMs - 60)).toBeLessThanOrEqual(10);
});

test("a line that is through a little late and cleared a little late has no gap", () => {
  const recording = heard(-loudAtMs, 4000);
  recording.fill(0, 0, 200 * perMs);
  recording.fill(0, 3800 * perMs);
  const verdict = verdictOf(recording);
  expect(verdict.longestGapMs).toBe(0);
  expect(Math.abs(verdict.unheardAtStartMs - 200)).toBeLessThanOrEqual(5);
  expect(verdict.unheardAtEndMs).toBeGreaterThanOrEqual(200);
});

test("sound that breaks off for good, or begins seconds late, is a gap", () => {
  const brokenOff = heard(0, 7000);
  brokenOff.fill(0, (loudAtMs + 1500) * perMs);
  expect(verdictOf(brokenOff).longestGapMs).toBeGreaterThan(1000);
  const late = heard(0, 7000);
  late.fill(0, 0, loudAtMs * perMs);
  expect(verdictOf(late).longestGapMs).toBeGreaterThan(1000);
});

test("noise 20 dB below the speech and half the level are neither gaps nor shifts", () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647 - 0.5;
  };
  const recording = heard(77, 7000).map((sample) => Math.round(sample / 2 + random() * 350));
  const verdict = verdictOf(recording);
  expect(verdict.delayMs).toBe(77);
  expect(verdict.longestGapMs).toBeLessThanOrEqual(10);
  expect(verdict.shifts).toEqual([]);
  expect(verdict.correlation).toBeGreaterThan(0.97);
});

test("silence, an empty recording and another voice are not taken for the file", () => {
  expect(judgeAudio(file, new Int16Array(0))).toBeNull();
  expect(judgeAudio(file, new Int16Array(8000))).toBeNull();
  const other = judgeAudio(file, stationB.subarray(0, 7000 * perMs));
  expect(other?.correlation ?? 0).toBeLessThan(0.4);
  expect(other?.longestGapMs ?? 1000).toBeGreaterThan(150);
});
