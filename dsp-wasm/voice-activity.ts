// What it does: says whether somebody speaks, so that a gateway may send comfort noise instead. It is no recogniser: what
//   rises 8 dB over the noise floor speaks, a steady tone at the call's beginning does not.
// How: the energy of each 10 ms against a noise floor that falls at once and rises 2 dB a second; a talker has 200 ms to
//   take breath before he is silent.
// How to use it: operation(jobs, count, samples), samples a multiple of 8, at most 480, 8000 Hz. state is
//   voiceActivityBytes, all zero for a new call; source i16; destination takes a u32: 1 speech, 0 none.

import { squareOfEight } from "./level";
import { jobBytes } from "./memory-map";

const floorOffset: usize = 0; // f32: mean square of the noise, 0 when nothing was heard yet
const sumOffset: usize = 4; // f32: squares of the block that is being gathered
const fillOffset: usize = 8; // i32: its samples
const hangoverOffset: usize = 12; // i32: blocks until speech is over
export const voiceActivityBytes: i32 = 16;

const blockSamples: i32 = 80;
const hangoverBlocks: i32 = 20;
/** 8 dB. */
const speechOverFloor: f32 = 6.3;
/** 2.2 dB a second, in steps of 10 ms. */
const floorRise: f32 = 1.005;
const floorFall: f32 = 0.25;
/** -55 dBm0: below it nobody speaks. */
const speechMin: f32 = 775;

/** One block of 10 ms, by its mean square. */
function decide(state: usize, meanSquare: f32): void {
  let floor = load<f32>(state, floorOffset);
  if (floor == 0) floor = meanSquare;
  else if (meanSquare < floor) floor += (meanSquare - floor) * floorFall;
  else floor *= floorRise;
  store<f32>(state, max<f32>(floor, 1), floorOffset);
  const speaks = meanSquare > speechMin && meanSquare > floor * speechOverFloor;
  store<i32>(state, speaks ? hangoverBlocks : max(load<i32>(state, hangoverOffset) - 1, 0), hangoverOffset);
}

export function voiceActivityDetect(jobs: i32, count: i32, samples: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    const state = load<u32>(job) as usize;
    const source = load<u32>(job, 4) as usize;
    for (let at: usize = 0; at < <usize>(samples << 1); at += 16) {
      const sum = load<f32>(state, sumOffset) + squareOfEight(v128.load(source + at));
      const fill = load<i32>(state, fillOffset) + 8;
      const full = fill >= blockSamples;
      if (full) decide(state, sum / <f32>blockSamples);
      store<f32>(state, full ? 0 : sum, sumOffset);
      store<i32>(state, full ? 0 : fill, fillOffset);
    }
    store<i32>(load<u32>(job, 8) as usize, load<i32>(state, hangoverOffset) > 0 ? 1 : 0);
  }
}
