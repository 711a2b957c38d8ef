// What it does: runs the G.711 kernels over a job table: encode, decode, and from one law straight to the other.
// How: job = 4 x u32 { state, source, destination, argument } in linear memory; G.711 keeps no state and takes no
//   argument. Sixteen samples a step; the rest in a step of eight.
// How to use it: operation(jobs, count, samples); samples is a multiple of 8, buffers hold at least that many.

import { alawCodes, alawSample, ulawCodes, ulawSample } from "./g711";
import { jobBytes } from "./memory-map";

// @ts-ignore: decorator
@inline
function source(job: usize): usize {
  return load<u32>(job, 4) as usize;
}

// @ts-ignore: decorator
@inline
function destination(job: usize): usize {
  return load<u32>(job, 8) as usize;
}

/** Linear samples of eight codes of a law: 0 is µ-law, 1 A-law; or eight samples as they are: 2. */
// @ts-ignore: decorator
@inline
function eightSamples(input: usize, from: i32): v128 {
  if (from == 2) return v128.load(input);
  const codes = v128.load8x8_u(input);
  return from == 0 ? ulawSample(codes) : alawSample(codes);
}

/** Sixteen samples or codes at `input` to sixteen at `output`. */
// @ts-ignore: decorator
@inline
function sixteen(input: usize, output: usize, from: i32, to: i32): void {
  const first = eightSamples(input, from);
  const second = eightSamples(input + (from == 2 ? 16 : 8), from);
  if (to == 2) {
    v128.store(output, first);
    v128.store(output, second, 16);
  } else {
    v128.store(output, to == 0 ? ulawCodes(first, second) : alawCodes(first, second));
  }
}

// @ts-ignore: decorator
@inline
function run(jobs: i32, count: i32, samples: i32, from: i32, to: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    let input = source(job);
    let output = destination(job);
    for (let left = samples; left >= 16; left -= 16) {
      sixteen(input, output, from, to);
      input += from == 2 ? 32 : 16;
      output += to == 2 ? 32 : 16;
    }
    if ((samples & 8) == 0) continue;
    const last = eightSamples(input, from);
    if (to == 2) v128.store(output, last);
    else v128.store64_lane(output, to == 0 ? ulawCodes(last, last) : alawCodes(last, last), 0);
  }
}

/** Linear samples (i16) to µ-law codes. */
export function ulawEncode(jobs: i32, count: i32, samples: i32): void {
  run(jobs, count, samples, 2, 0);
}

/** µ-law codes to linear samples (i16). */
export function ulawDecode(jobs: i32, count: i32, samples: i32): void {
  run(jobs, count, samples, 0, 2);
}

/** Linear samples (i16) to A-law codes. */
export function alawEncode(jobs: i32, count: i32, samples: i32): void {
  run(jobs, count, samples, 2, 1);
}

/** A-law codes to linear samples (i16). */
export function alawDecode(jobs: i32, count: i32, samples: i32): void {
  run(jobs, count, samples, 1, 2);
}

/** µ-law codes to A-law codes: what decoding and encoding would give. */
export function ulawToAlaw(jobs: i32, count: i32, samples: i32): void {
  run(jobs, count, samples, 0, 1);
}

/** A-law codes to µ-law codes: what decoding and encoding would give. */
export function alawToUlaw(jobs: i32, count: i32, samples: i32): void {
  run(jobs, count, samples, 1, 0);
}
