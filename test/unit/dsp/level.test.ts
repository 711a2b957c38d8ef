import { expect, test } from "vitest";
import { amplitudeOf0Dbm0 } from "../../../firmware/dsp/tone-generator.js";
import { allocated, processed } from "../../support/dsp-frames.js";
import { dspLibrary } from "../../support/dsp-library.js";
import { seededRandom } from "../../support/seeded-random.js";
import { levelDbm0, noiseSignal, toneDbm0, toneSignal, toSamples } from "../../support/test-signals.js";

const core = await dspLibrary();
const up = { operation: "resampleUp", stateBytes: core.size("resamplerBytes"), argument: 0, taken: 1, given: 2 };
const down = { ...up, operation: "resampleDown", taken: 2, given: 1 };
const gain = { operation: "gainApply", stateBytes: 16, argument: 4096, taken: 1, given: 1 };
const automatic = { ...gain, operation: "automaticGainApply", stateBytes: core.size("automaticGainBytes") };

function tone(hz: number, dbm0: number, samples: number, rateHz = 8000): Int16Array {
  return toSamples(toneSignal([{ hz, dbm0 }], samples, rateHz));
}

test("the meter reads the level of a tone and of its peak", () => {
  const state = allocated(core, core.size("levelMeterBytes"));
  const source = allocated(core, 960);
  const signal = tone(1000, -10, 8000);
  for (let at = 0; at < 8000; at += 80) {
    core.samples(source, 80).set(signal.subarray(at, at + 80));
    core.run("levelMeasure", [{ state, source, destination: 0, argument: 0 }], 80);
  }
  const meter = core.view(state, 8);
  const dbm0 = 10 * Math.log10((2 * meter.getFloat32(0, true)) / amplitudeOf0Dbm0 ** 2);
  expect(dbm0).toBeCloseTo(-10, 1);
  expect(meter.getUint32(4, true)).toBe(Math.max(...signal));
});

test("the meter's peak of the most negative sample is 32768", () => {
  const state = allocated(core, core.size("levelMeterBytes"));
  const source = allocated(core, 960);
  core.samples(source, 80).fill(-32768);
  core.run("levelMeasure", [{ state, source, destination: 0, argument: 0 }], 80);
  expect(core.view(state, 8).getUint32(4, true)).toBe(32768);
});

test("a fixed gain of one changes nothing, of two doubles and saturates", () => {
  const signal = Int16Array.from([0, 1, -1, 16383, 16384, -16384, -16385, 32767, -32768, 5, 6, 7, 8, 9, 10, 11]);
  expect(processed(core, gain, signal, [8])).toEqual(signal);
  const doubled = signal.map((sample) => Math.min(32767, Math.max(-32768, sample * 2)));
  expect(processed(core, { ...gain, argument: 8192 }, signal, [8])).toEqual(doubled);
});

test("automatic gain brings soft and loud speech bands to the wanted level and leaves silence alone", () => {
  const wantedDbm0 = -18;
  const argument = Math.round((amplitudeOf0Dbm0 * 10 ** (wantedDbm0 / 20)) / Math.SQRT2);
  for (const dbm0 of [-32, -25, -18, -8]) {
    const levelled = processed(core, { ...automatic, argument }, tone(700, dbm0, 40_000), [160]);
    expect(Math.abs(levelDbm0(levelled.subarray(-8000)) - wantedDbm0), `${dbm0} dBm0`).toBeLessThan(1.5);
  }
  const hiss = toSamples(noiseSignal(seededRandom(1), -60, 40_000));
  expect(levelDbm0(processed(core, { ...automatic, argument }, hiss, [160]))).toBeCloseTo(levelDbm0(hiss), 1);
});

test.each([3, 5, 64])("of %i members of a conference each hears all others and not himself", (members) => {
  const random = seededRandom(members);
  const frames = Array.from({ length: members }, () => allocated(core, 160));
  const heard = Array.from({ length: members }, () => allocated(core, 160));
  const tables = [allocated(core, 256), allocated(core, 256)] as const;
  frames.forEach((frame, index) => {
    core.samples(frame, 80).set(toSamples(noiseSignal(random, index === 0 ? 6 : -6, 80)));
    core.view(tables[0] + index * 4, 4).setUint32(0, frame, true);
    core.view(tables[1] + index * 4, 4).setUint32(0, heard[index] ?? 0, true);
  });
  core.run("conferenceMix", [{ state: 0, source: tables[0], destination: tables[1], argument: members }], 80);
  heard.forEach((own, member) => {
    const expected = Int16Array.from({ length: 80 }, (_, at) => {
      const sum = frames.reduce(
        (all, frame, other) => all + (other === member ? 0 : (core.samples(frame, 80)[at] ?? 0)),
        0,
      );
      return Math.min(32767, Math.max(-32768, sum));
    });
    expect(core.samples(own, 80)).toEqual(expected);
  });
});

test("from 8 to 16 kHz the telephone band is flat within 0.1 dB and its images are 60 dB down", () => {
  for (const hz of [100, 300, 1000, 2000, 3000, 3400]) {
    const settled = processed(core, up, tone(hz, 0, 4000), [80]).subarray(1600);
    expect(toneDbm0(settled, hz, 16_000)).toBeCloseTo(0, 1);
    expect(toneDbm0(settled, 8000 - hz, 16_000)).toBeLessThan(-60);
  }
});

test("from 16 to 8 kHz the telephone band is flat within 0.1 dB and what would alias is 60 dB down", () => {
  for (const hz of [100, 300, 1000, 2000, 3000, 3400]) {
    expect(toneDbm0(processed(core, down, tone(hz, 0, 8000, 16_000), [80]).subarray(800), hz)).toBeCloseTo(0, 1);
  }
  for (const hz of [4600, 5000, 6000, 7000, 7900]) {
    expect(levelDbm0(processed(core, down, tone(hz, 0, 8000, 16_000), [80]).subarray(800))).toBeLessThan(-60);
  }
});

test("up and down again is the same 31 samples later, within rounding", () => {
  const signal = toSamples(
    toneSignal(
      [
        { hz: 440, dbm0: -10 },
        { hz: 1800, dbm0: -14 },
      ],
      4000,
    ),
  );
  const back = processed(core, down, processed(core, up, signal, [80]), [80]);
  for (let at = 100; at < 4000; at += 1) {
    expect(Math.abs((back[at] ?? 0) - (signal[at - 31] ?? 0))).toBeLessThanOrEqual(8);
  }
});
