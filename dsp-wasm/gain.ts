// What it does: makes a call louder or softer: by a fixed factor, or by one of its own finding that brings speech to a
//   wanted level and leaves silence alone. Both saturate.
// How: eight samples at a time, in f32. The automatic one smooths the power of what comes (attack 8 ms, release 400 ms)
//   and moves its factor towards wanted / found, at most 6 dB a second up and at once down, so that nothing is clipped
//   for longer than a syllable's beginning. Below -50 dBm0 it holds.
// How to use it: operation(jobs, count, samples), samples a multiple of 8, 8000 Hz. gainApply: argument is the factor
//   in 1/4096, up to 65536 (24 dB); no state. automaticGainApply: argument is the wanted root mean square, 1 to 32767;
//   state is automaticGainBytes, all zero for a new call: f32 factor (0 for 1), f32 mean square. source and destination i16.

import { squareOfEight } from "./level";
import { jobBytes } from "./memory-map";

export const automaticGainBytes: i32 = 16;

const factorMax: f32 = 65536;
const attack: f32 = 0.125;
const release: f32 = 0.0025;
/** 18 dB either way. */
const gainMax: f32 = 8;
const gainMin: f32 = 0.125;
/** 6 dB a second, in steps of 1 ms. */
const growth: f32 = 1.000693;
/** -50 dBm0. */
const holdBelow: f32 = 2450;

/** Eight samples times a factor, saturated. */
// @ts-ignore: decorator
@inline
function scaled(samples: v128, factor: v128): v128 {
  const low = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(samples)), factor);
  const high = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(samples)), factor);
  return i16x8.narrow_i32x4_s(
    i32x4.trunc_sat_f32x4_s(f32x4.nearest(low)),
    i32x4.trunc_sat_f32x4_s(f32x4.nearest(high)),
  );
}

export function gainApply(jobs: i32, count: i32, samples: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    const source = load<u32>(job, 4) as usize;
    const destination = load<u32>(job, 8) as usize;
    const factor = f32x4.splat(min<f32>(<f32>load<u32>(job, 12), factorMax) / 4096);
    for (let at: usize = 0; at < <usize>(samples << 1); at += 16) {
      v128.store(destination + at, scaled(v128.load(source + at), factor));
    }
  }
}

export function automaticGainApply(jobs: i32, count: i32, samples: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    const state = load<u32>(job) as usize;
    const source = load<u32>(job, 4) as usize;
    const destination = load<u32>(job, 8) as usize;
    const wanted = <f32>min<u32>(load<u32>(job, 12), 32767);
    let factor = load<f32>(state);
    if (factor == 0) factor = 1;
    let meanSquare = load<f32>(state, 4);
    for (let at: usize = 0; at < <usize>(samples << 1); at += 16) {
      const eight = v128.load(source + at);
      const square = squareOfEight(eight) * 0.125;
      meanSquare += (square - meanSquare) * (square > meanSquare ? attack : release);
      if (meanSquare > holdBelow) {
        const aim = max<f32>(min<f32>(wanted / sqrt<f32>(meanSquare), gainMax), gainMin);
        factor = aim < factor ? factor + (aim - factor) * attack : min<f32>(aim, factor * growth);
      }
      v128.store(destination + at, scaled(eight, f32x4.splat(factor)));
    }
    store<f32>(state, factor);
    store<f32>(state, meanSquare, 4);
  }
}
