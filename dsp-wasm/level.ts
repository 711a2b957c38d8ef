// What it does: measures how loud a call is: power, smoothed, and the largest sample since the meter was reset.
// How: the power of each 8 samples goes into a first-order filter of 100 ms, so any grouping of frames measures alike.
// How to use it: operation(jobs, count, samples), samples a multiple of 8; made for 8000 Hz. state is levelMeterBytes,
//   all zero for a new call: f32 mean square, u32 largest magnitude. source i16; the host reads the state.

import { jobBytes } from "./memory-map";
import { acrossLanes } from "./tone-window";

export const levelMeterBytes: i32 = 16;
/** 1 ms of a time constant of 100 ms. */
const share: f32 = 0.01;

/** Sum of the squares of eight samples. */
// @ts-ignore: decorator
@inline
export function squareOfEight(samples: v128): f32 {
  // -32768 twice in a pair would be 2^31: as unsigned it is what it should be.
  return acrossLanes(f32x4.convert_i32x4_u(i32x4.dot_i16x8_s(samples, samples)));
}

export function levelMeasure(jobs: i32, count: i32, samples: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    const state = load<u32>(job) as usize;
    const source = load<u32>(job, 4) as usize;
    let meanSquare = load<f32>(state);
    let largest = i16x8.splat(<i16>load<u16>(state, 4));
    for (let at: usize = 0; at < <usize>(samples << 1); at += 16) {
      const eight = v128.load(source + at);
      meanSquare += (squareOfEight(eight) * 0.125 - meanSquare) * share;
      // The magnitude of -32768 is 32768 when read as unsigned.
      largest = i16x8.max_u(largest, i16x8.abs(eight));
    }
    const four = i16x8.max_u(largest, v128.shuffle<i64>(largest, largest, 1, 0));
    const two = i16x8.max_u(four, v128.shuffle<i32>(four, four, 1, 0, 3, 2));
    const one = max<u32>(i16x8.extract_lane_u(two, 0), i16x8.extract_lane_u(two, 1));
    store<f32>(state, meanSquare);
    store<u32>(state, one, 4);
  }
}
