// What it does: linear samples to and from L16, the uncompressed audio of RTP: 16 bits in network byte order (RFC 3551
//   section 4.5.11).
// How: the two bytes of each sample change places, eight samples a step.
// How to use it: operation(jobs, count, samples); samples is a multiple of 8; no state, no argument. The wide ones count
//   those of 8 kHz: linear samples at 16 kHz and L16 are twice as many.

import { jobBytes } from "./memory-map";

// @ts-ignore: decorator
@inline
function swap(jobs: i32, count: i32, samples: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    const source = load<u32>(job, 4) as usize;
    const destination = load<u32>(job, 8) as usize;
    for (let at: usize = 0; at < <usize>(samples << 1); at += 16) {
      const eight = v128.load(source + at);
      const swapped = v128.shuffle<i8>(eight, eight, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
      v128.store(destination + at, swapped);
    }
  }
}

/** Linear samples (i16) to L16. */
export function l16Encode(jobs: i32, count: i32, samples: i32): void {
  swap(jobs, count, samples);
}

/** L16 to linear samples (i16). */
export function l16Decode(jobs: i32, count: i32, samples: i32): void {
  swap(jobs, count, samples);
}

export function l16WideEncode(jobs: i32, count: i32, samples: i32): void {
  swap(jobs, count, samples << 1);
}

export function l16WideDecode(jobs: i32, count: i32, samples: i32): void {
  swap(jobs, count, samples << 1);
}
