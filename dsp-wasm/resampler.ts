// What it does: takes a call from 8 to 16 kHz and from 16 to 8 kHz: flat to 3400 Hz, images and aliases from 4600 Hz on
//   more than 60 dB down, delay 2 ms each way.
// How: a half-band filter of 63 taps (sinc under a Kaiser window, beta 6.5). Every second tap but the middle one is zero,
//   so one phase is a delay and the other has 32 taps: four 16-bit dot products a sample.
// How to use it: operation(jobs, count, samples), samples counts those at 8 kHz, a multiple of 8, at most
//   480. state is resamplerBytes, all zero for a new call, one record for each direction. source and destination i16, not overlapping.

import { jobBytes, laneScratchOffset } from "./memory-map";
import { phaseStep, sine } from "./sine";

const taps: i32 = 32;
/** Q14, so that no input overflows 32 bits. The filter is symmetric, so the oldest sample's tap may stand first. */
const coefficients: usize = memory.data(64, 16);

// Going up the record is 32 samples at 8 kHz; going down 32 odd samples, then 16 even ones.
const evenOffset: usize = 64;
export const resamplerBytes: i32 = 96;
const evenDelay: i32 = 16;
/** In the lane scratch: the record's samples and those of the frame behind them, so that the filter only moves on. */
const odd: usize = laneScratchOffset as usize;
const even: usize = odd + 2048;

/** The modified Bessel function of the first kind, order zero, by its series. */
function bessel(x: f64): f64 {
  let sum: f64 = 1;
  let term: f64 = 1;
  for (let k: f64 = 1; k < 40; k += 1) {
    term *= (x / (2 * k)) * (x / (2 * k));
    sum += term;
  }
  return sum;
}

function prepare(): void {
  const beta: f64 = 6.5;
  let total: f64 = 0;
  for (let pass = 0; pass < 2; pass++) {
    for (let i = 0; i < taps; i++) {
      const place = <f64>i - 15.5;
      const edge = place / 16;
      const window = bessel(beta * sqrt<f64>(1 - edge * edge)) / bessel(beta);
      const quarter = sine(phaseStep(abs<f64>(place), 2));
      const tap = (<f64>quarter / (Math.PI * abs<f64>(place))) * window;
      if (pass == 0) total += tap;
      else store<i16>(coefficients + (i << 1), <i16>(<i32>nearest((tap / total) * 16384)));
    }
  }
}
prepare();

/** 32 samples against the taps, Q14. */
// @ts-ignore: decorator
@inline
function filtered(samples: usize): i32 {
  let sum = i32x4.dot_i16x8_s(v128.load(samples), v128.load(coefficients));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(samples, 16), v128.load(coefficients, 16)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(samples, 32), v128.load(coefficients, 32)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(samples, 48), v128.load(coefficients, 48)));
  const pairs = i32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

// @ts-ignore: decorator
@inline
function saturated(sample: i32): i16 {
  return <i16>min(max(sample, -32768), 32767);
}

export function resampleUp(jobs: i32, count: i32, samples: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    const state = load<u32>(job) as usize;
    const destination = load<u32>(job, 8) as usize;
    memory.copy(odd, state, taps << 1);
    memory.copy(odd + (taps << 1), load<u32>(job, 4) as usize, samples << 1);
    for (let at = 0; at < samples; at++) {
      const newest = odd + ((at + 1) << 1);
      store<i16>(destination + (at << 2), load<i16>(newest, 30));
      store<i16>(destination + (at << 2), saturated((filtered(newest) + 8192) >> 14), 2);
    }
    memory.copy(state, odd + (samples << 1), taps << 1);
  }
}

export function resampleDown(jobs: i32, count: i32, samples: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    const state = load<u32>(job) as usize;
    const source = load<u32>(job, 4) as usize;
    const destination = load<u32>(job, 8) as usize;
    memory.copy(odd, state, taps << 1);
    memory.copy(even, state + evenOffset, evenDelay << 1);
    for (let at = 0; at < samples; at += 8) {
      const first = v128.load(source + (at << 2));
      const second = v128.load(source + (at << 2), 16);
      const evens = v128.shuffle<i16>(first, second, 0, 2, 4, 6, 8, 10, 12, 14);
      v128.store(even + ((evenDelay + at) << 1), evens);
      v128.store(odd + ((taps + at) << 1), v128.shuffle<i16>(first, second, 1, 3, 5, 7, 9, 11, 13, 15));
    }
    for (let at = 0; at < samples; at++) {
      const centre = (<i32>load<i16>(even + ((at + 1) << 1))) << 14;
      store<i16>(destination + (at << 1), saturated((filtered(odd + ((at + 1) << 1)) + centre + 16384) >> 15));
    }
    memory.copy(state, odd + (samples << 1), taps << 1);
    memory.copy(state + evenOffset, even + (samples << 1), evenDelay << 1);
  }
}
