import { expect, test } from "vitest";
import { allocated } from "../../support/dsp-frames.js";
import { dspLibrary } from "../../support/dsp-library.js";
import { seededRandom } from "../../support/seeded-random.js";
import { levelDbm0, noiseSignal, speech, toneSignal, toSamples } from "../../support/test-signals.js";

const core = await dspLibrary();
const order = 10;

function described(samples: Int16Array): Uint8Array {
  const state = allocated(core, core.size("noiseDescriberBytes"));
  const source = allocated(core, 160);
  const destination = allocated(core, 16);
  for (let at = 0; at + 80 <= samples.length; at += 80) {
    core.samples(source, 80).set(samples.subarray(at, at + 80));
    core.run("comfortNoiseDescribe", [{ state, source, destination, argument: order }], 80);
  }
  return core.bytes(destination, order + 1).slice();
}

function made(payload: Uint8Array, count: number): Int16Array {
  const state = allocated(core, core.size("noiseMakerBytes"));
  const source = allocated(core, 16);
  const destination = allocated(core, 160);
  core.bytes(source, payload.length).set(payload);
  const samples = new Int16Array(count);
  for (let at = 0; at < count; at += 80) {
    const argument = at === 0 ? payload.length : 0;
    core.run("comfortNoiseMake", [{ state, source, destination, argument }], 80);
    samples.set(core.samples(destination, 80), at);
  }
  return samples;
}

/** How much a sample resembles the next: 1 for a slow rumble, 0 for white noise, -1 for a hiss. */
function tilt(samples: Int16Array): number {
  let product = 0;
  let energy = 0;
  for (let at = 1; at < samples.length; at += 1) {
    product += (samples[at] ?? 0) * (samples[at - 1] ?? 0);
    energy += (samples[at] ?? 0) ** 2;
  }
  return product / energy;
}

test("white noise is described by its level in -dBov and no spectrum", () => {
  const [level, ...indices] = described(toSamples(noiseSignal(seededRandom(1), -44, 8000)));
  // 0 dBov is 6.18 dBm0 (RFC 3389 section 3.1).
  expect(Math.abs((level ?? 0) - 50)).toBeLessThanOrEqual(1);
  for (const index of indices) expect(Math.abs(index - 127)).toBeLessThan(26);
});

test("a level of 40 without spectrum makes white noise of -40 dBov", () => {
  const noise = made(Uint8Array.of(40), 16_000).subarray(800);
  expect(levelDbm0(noise)).toBeCloseTo(-40 + 6.18, 0);
  expect(Math.abs(tilt(noise))).toBeLessThan(0.03);
});

test.each([0.8, 0.4, -0.7])("noise tilted by %f is made again with its level and tilt", (pole) => {
  let last = 0;
  const coloured = noiseSignal(seededRandom(2), -40, 24_000).map((value) => {
    last = value + pole * last;
    return last;
  });
  const original = toSamples(coloured);
  const again = made(described(original), 24_000).subarray(800);
  expect(Math.abs(levelDbm0(again) - levelDbm0(original))).toBeLessThan(2);
  expect(Math.abs(tilt(again) - tilt(original))).toBeLessThan(0.12);
});

test("digital silence is described as -127 dBov and made again as silence", () => {
  const payload = described(new Int16Array(800));
  expect(payload[0]).toBe(127);
  expect(Math.max(...made(payload, 800).map(Math.abs))).toBeLessThanOrEqual(1);
});

function activity(samples: Int16Array): number[] {
  const state = allocated(core, core.size("voiceActivityBytes"));
  const source = allocated(core, 160);
  const destination = allocated(core, 16);
  return Array.from({ length: Math.floor(samples.length / 80) }, (_, block) => {
    core.samples(source, 80).set(samples.subarray(block * 80, block * 80 + 80));
    core.run("voiceActivityDetect", [{ state, source, destination, argument: 0 }], 80);
    return core.view(destination, 4).getUint32(0, true);
  });
}

test("steady noise is no speech, and a burst 20 dB over it is, for 200 ms longer than it lasts", () => {
  const noise = noiseSignal(seededRandom(4), -50, 32_000);
  const burst = toneSignal([{ hz: 500, dbm0: -25 }], 4000);
  const active = activity(toSamples(noise.map((value, at) => value + (burst[at - 16_000] ?? 0))));
  expect(active.slice(0, 200).reduce((sum, one) => sum + one, 0)).toBe(0);
  expect(active.slice(200, 250).every((one) => one === 1)).toBe(true);
  expect(active.slice(251, 268).every((one) => one === 1)).toBe(true);
  expect(active.slice(272).reduce((sum, one) => sum + one, 0)).toBe(0);
});

test("where the demo's speech is loud, it is speech", () => {
  for (const station of ["a", "b"] as const) {
    const voice = speech(station);
    const active = activity(voice);
    const missed = active.filter(
      (one, block) => one === 0 && block > 10 && levelDbm0(voice.subarray(block * 80, block * 80 + 80)) > -30,
    );
    expect(missed.length).toBeLessThan(active.length * 0.02);
  }
});
