// What it does: makes tones by programme: DTMF digits, call-progress tones with their cadence, fax tones. It knows no
//   country; a programme is data (call-progress-tones.ts, dtmf-digits.ts on the host's side).
// How: up to four oscillators of 32-bit phase and a polynomial sine, so that nothing drifts however long it sounds. A
//   programme is a list of steps, each with its frequencies and length; after the last it goes on at its repeat step.
//   Each step begins and ends with a ramp of 2 ms, so that no cadence clicks.
// How to use it: operation(jobs, count, samples), samples a multiple of 8. state is toneGeneratorBytes: the host writes
//   the programme, all else zero. destination takes i16 at the programme's rate; argument 1 adds to what is there.
//
//   record: u32 steps, u32 repeat (steps or more: silence after the last), u32 step now, u32 sample of the step
//           u32 phase[4]
//           8 x { u32 samples (0: for ever), u32 phaseStep[4], f32 amplitude[4] (of 32767), u32 ramp samples }

import { jobBytes } from "./memory-map";
import { sines } from "./sine";

export const toneStepsMax: i32 = 8;
export const toneStepsOffset: i32 = 32;
export const toneStepBytes: i32 = 40;
export const toneGeneratorBytes: i32 = toneStepsOffset + toneStepsMax * toneStepBytes;

const stepCountOffset: usize = 0;
const repeatOffset: usize = 4;
const stepOffset: usize = 8;
const sampleOffset: usize = 12;
const phasesOffset: usize = 16;

/** 0 .. 1: the ramp at the beginning and, where the step has an end, before it. */
// @ts-ignore: decorator
@inline
function ramp(sample: u32, length: u32, rampSamples: u32): f32 {
  if (rampSamples == 0) return 1;
  let from = sample;
  if (length != 0) from = min(from, length - 1 - sample);
  return from >= rampSamples ? 1 : <f32>from / <f32>rampSamples;
}

/** One sample of the step, the four oscillators in lanes; their phases go on. */
// @ts-ignore: decorator
@inline
function soundOf(state: usize, step: usize, sample: u32): f32 {
  const phases = v128.load(state, phasesOffset);
  const tones = f32x4.mul(sines(phases), v128.load(step, 20));
  v128.store(state, i32x4.add(phases, v128.load(step, 4)), phasesOffset);
  const pairs = f32x4.add(tones, v128.shuffle<i32>(tones, tones, 2, 3, 0, 1));
  const sum = f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
  return sum * ramp(sample, load<u32>(step), load<u32>(step, 36));
}

function nextSample(state: usize): f32 {
  const steps = min(load<u32>(state, stepCountOffset), <u32>toneStepsMax);
  let now = load<u32>(state, stepOffset);
  if (now >= steps) return 0;
  const step = state + toneStepsOffset + (now as usize) * toneStepBytes;
  const sample = load<u32>(state, sampleOffset);
  const sound = soundOf(state, step, sample);
  if (sample + 1 != load<u32>(step)) {
    store<u32>(state, load<u32>(step) == 0 && sample >= 0x7fffffff ? sample : sample + 1, sampleOffset);
    return sound;
  }
  now += 1;
  store<u32>(state, now < steps ? now : load<u32>(state, repeatOffset), stepOffset);
  store<u32>(state, 0, sampleOffset);
  v128.store(state, i32x4.splat(0), phasesOffset);
  return sound;
}

export function toneGenerate(jobs: i32, count: i32, samples: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    const state = load<u32>(job) as usize;
    const destination = load<u32>(job, 8) as usize;
    const added = load<u32>(job, 12) != 0;
    for (let at = 0; at < samples; at++) {
      const place = destination + (at << 1);
      let sound = nextSample(state);
      if (added) sound += <f32>load<i16>(place);
      store<i16>(place, <i16>(<i32>nearest(min<f32>(max<f32>(sound, -32768), 32767))));
    }
  }
}
