import { beforeAll, expect, test } from "vitest";
import { NoiseDescriber, NoiseMaker } from "../../../firmware/dsp/comfort-noise.js";
import { ConferenceMixer } from "../../../firmware/dsp/conference-mixer.js";
import type { DspCore } from "../../../firmware/dsp/dsp-core.js";
import { DtmfDetector } from "../../../firmware/dsp/dtmf.js";
import { AutomaticGain, FixedGain } from "../../../firmware/dsp/gain.js";
import { loadDsp } from "../../../firmware/dsp/io/load-dsp.js";
import { LevelMeter } from "../../../firmware/dsp/level-meter.js";
import { Resampler } from "../../../firmware/dsp/resampler.js";
import { VoiceActivityDetector } from "../../../firmware/dsp/voice-activity.js";
import { codecNames, VoiceCodec } from "../../../firmware/dsp/voice-codec.js";
import { dspLibrary } from "../../support/dsp-library.js";
import { seededRandom } from "../../support/seeded-random.js";
import { levelDbm0, noiseSignal, speech, toneDbm0, toneSignal, toSamples } from "../../support/test-signals.js";

let core: DspCore;
beforeAll(async () => {
  core = await dspLibrary();
});

const frameSamples = 160;

function made<One>(one: One | null): One {
  if (one === null) throw new Error("the memory is full");
  return one;
}

/** What comes of each frame, one after the other. */
function overFrames(samples: Int16Array, process: (frame: Int16Array) => Int16Array, frame = frameSamples): Int16Array {
  const parts: number[] = [];
  for (let at = 0; at + frame <= samples.length; at += frame) parts.push(...process(samples.subarray(at, at + frame)));
  return Int16Array.from(parts);
}

const tone = (dbm0: number, samples = 8000, hz = 1000, rateHz = 8000) =>
  toSamples(toneSignal([{ hz, dbm0 }], samples, rateHz));

test("a fixed gain of 6 dB is 6 dB, one of minus infinity silence, one above 24 dB refused", () => {
  const louder = made(FixedGain.create(core, frameSamples, 6));
  expect(levelDbm0(overFrames(tone(-20), (frame) => louder.process(frame)))).toBeCloseTo(-14, 1);
  louder.release();
  const silence = made(FixedGain.create(core, frameSamples, Number.NEGATIVE_INFINITY));
  expect(silence.process(tone(-20, 160)).every((sample) => sample === 0)).toBe(true);
  silence.release();
  expect(() => FixedGain.create(core, frameSamples, 25)).toThrow("a gain of 25 dB: at most 24");
});

test("the automatic gain brings speech to the wanted level and says by how much", () => {
  const gain = made(AutomaticGain.create(core, frameSamples, -15));
  const output = overFrames(tone(-24, 32_000), (frame) => gain.process(frame));
  expect(levelDbm0(output.subarray(-8000))).toBeCloseTo(-15, 0);
  expect(gain.gainDb).toBeCloseTo(9, 0);
  gain.reset();
  expect(gain.gainDb).toBe(0);
  gain.release();
  expect(() => AutomaticGain.create(core, frameSamples, 7)).toThrow("a wanted level of 7 dBm0: -83 to 6");
});

test("the level meter tells power and peak", () => {
  const meter = made(LevelMeter.create(core, 480));
  let level = meter.process(tone(-20, 480));
  for (let frame = 0; frame < 20; frame += 1) level = meter.process(tone(-20, 480));
  expect(level.dbm0).toBeCloseTo(-20, 1);
  expect(level.peak).toBe(Math.max(...tone(-20, 480)));
  meter.release();
});

test("in a conference each hears all others and not himself", () => {
  const mixer = made(ConferenceMixer.create(core, 3, frameSamples));
  const heard = mixer.mix([new Int16Array(160).fill(1), new Int16Array(160).fill(20), null], 160);
  expect(heard.map((frame) => frame[80])).toEqual([20, 1, 21]);
  expect(() => mixer.mix([null, null, null, null], 160)).toThrow("4 members: made for 3");
  mixer.release();
  expect(() => ConferenceMixer.create(core, 65, frameSamples)).toThrow("a conference of 65: 1 to 64");
});

test("a tone taken to 16 kHz and back is the same tone", () => {
  const up = made(Resampler.create(core, frameSamples, "8 to 16 kHz"));
  const down = made(Resampler.create(core, 2 * frameSamples, "16 to 8 kHz"));
  const wide = overFrames(tone(-10), (frame) => up.process(frame));
  expect(wide.length).toBe(16_000);
  expect(toneDbm0(wide.subarray(1600), 1000, 16_000)).toBeCloseTo(-10, 1);
  const narrow = overFrames(wide, (frame) => down.process(frame), 2 * frameSamples);
  expect(toneDbm0(narrow.subarray(800), 1000)).toBeCloseTo(-10, 1);
  up.release();
  down.release();
});

test("speech is told from the noise around it", () => {
  const detector = made(VoiceActivityDetector.create(core, frameSamples));
  const noise = toSamples(noiseSignal(seededRandom(1), -50, 16_000));
  const verdicts = (samples: Int16Array) => {
    const found: boolean[] = [];
    overFrames(samples, (frame) => {
      found.push(detector.process(frame));
      return frame;
    });
    return found;
  };
  expect(verdicts(noise).filter(Boolean).length).toBe(0);
  expect(verdicts(speech("a").subarray(0, 16_000)).filter(Boolean).length).toBeGreaterThan(50);
  detector.release();
});

test("noise described is noise of the same level made", () => {
  const describer = made(NoiseDescriber.create(core, frameSamples, 6));
  const maker = made(NoiseMaker.create(core, frameSamples, 7));
  expect(maker.process(null, 160).every((sample) => sample === 0)).toBe(true);
  let payload = new Uint8Array(0);
  overFrames(toSamples(noiseSignal(seededRandom(2), -40, 8000)), (frame) => {
    payload = Uint8Array.from(describer.process(frame));
    return frame;
  });
  expect(payload.length).toBe(7);
  maker.process(payload, 160);
  const noise = overFrames(new Int16Array(8000), () => maker.process(null, 160));
  expect(levelDbm0(noise)).toBeCloseTo(-40, -0.5);
  describer.release();
  maker.release();
  expect(() => NoiseDescriber.create(core, frameSamples, 11)).toThrow("a model of order 11: 0 to 10");
});

test.each(codecNames)("a tone goes through %s, frames of any length", (name) => {
  const codec = made(VoiceCodec.create(core, name));
  const { rateHz } = codec;
  const output: number[] = [];
  const input = tone(-10, rateHz, 1000, rateHz);
  const unit = rateHz / 1000;
  for (let at = 0, ms = 1; at + ms * unit <= input.length; at += ms * unit, ms = 1 + ((ms * 7) % 60)) {
    output.push(...codec.decode(codec.encode(input.subarray(at, at + ms * unit))));
  }
  const heard = Int16Array.from(output).subarray(rateHz / 10);
  expect(heard.length).toBeGreaterThan(rateHz / 2);
  expect(Math.abs(toneDbm0(heard, 1000, rateHz) + 10)).toBeLessThan(1);
  codec.release();
});

test("a codec that is not there is refused, with those that are", () => {
  expect(() => VoiceCodec.create(core, "OPUS")).toThrow(/^no codec OPUS: PCMU, PCMA, G722/);
});

test("frames longer than was said are refused, and a full memory is null and leaves nothing taken", async () => {
  const detector = made(DtmfDetector.create(core, 80));
  expect(() => detector.process(new Int16Array(88))).toThrow("176 octets: at most 160 are taken at once");
  detector.release();
  const small = await loadDsp(1024);
  expect(LevelMeter.create(small, 480)).not.toBeNull();
  expect(DtmfDetector.create(small, 80)).toBeNull();
  expect(VoiceCodec.create(small, "G722")).toBeNull();
  expect(LevelMeter.create(small, 8)).not.toBeNull();
});
