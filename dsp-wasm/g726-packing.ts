// What it does: puts G.726 codes, one a byte, together into octets and takes them apart again.
// How: eight codes of 2 to 5 bits fill as many octets as a code has bits. RTP (RFC 3551 section 4.5.4) begins at the least
//   significant bit of an octet, AAL2 (ITU-T I.366.2 Annex E; RFC 3551 calls it AAL2-G726) at the most significant:
//
//        bit   7 6 5 4 3 2 1 0     4-bit codes A (first) and B
//        RTP   B B B B A A A A
//        AAL2  A A A A B B B B
// How to use it: operation(jobs, count, samples); a job's argument is the bits of a code, samples a multiple of 8. A job
//   with another argument is left alone.

import { jobBytes } from "./memory-map";

// @ts-ignore: decorator
@inline
function pack(jobs: i32, count: i32, samples: i32, mostFirst: bool): void {
  for (let number = 0; number < count; number += 1) {
    const job = (jobs + number * jobBytes) as usize;
    const bits = load<u32>(job, 12);
    if (bits < 2 || bits > 5) continue;
    const mask = ((1 as u64) << (bits as u64)) - 1;
    let from = load<u32>(job, 4) as usize;
    let to = load<u32>(job, 8) as usize;
    for (let left = samples; left > 0; left -= 8) {
      let word: u64 = 0;
      for (let code: u32 = 0; code < 8; code += 1) {
        const place = mostFirst ? 7 - code : code;
        word |= ((load<u8>(from + code) as u64) & mask) << ((place * bits) as u64);
      }
      for (let octet: u32 = 0; octet < bits; octet += 1) {
        const place = mostFirst ? bits - 1 - octet : octet;
        store<u8>(to + octet, (word >> ((place << 3) as u64)) as u8);
      }
      from += 8;
      to += bits as usize;
    }
  }
}

// @ts-ignore: decorator
@inline
function unpack(jobs: i32, count: i32, samples: i32, mostFirst: bool): void {
  for (let number = 0; number < count; number += 1) {
    const job = (jobs + number * jobBytes) as usize;
    const bits = load<u32>(job, 12);
    if (bits < 2 || bits > 5) continue;
    const mask = ((1 as u64) << (bits as u64)) - 1;
    let from = load<u32>(job, 4) as usize;
    let to = load<u32>(job, 8) as usize;
    for (let left = samples; left > 0; left -= 8) {
      let word: u64 = 0;
      for (let octet: u32 = 0; octet < bits; octet += 1) {
        const place = mostFirst ? bits - 1 - octet : octet;
        word |= (load<u8>(from + octet) as u64) << ((place << 3) as u64);
      }
      for (let code: u32 = 0; code < 8; code += 1) {
        const place = mostFirst ? 7 - code : code;
        store<u8>(to + code, ((word >> ((place * bits) as u64)) & mask) as u8);
      }
      from += bits as usize;
      to += 8;
    }
  }
}

/** Codes to octets as RTP's G726-16, -24, -32 and -40 have them. */
export function g726PackRtp(jobs: i32, count: i32, samples: i32): void {
  pack(jobs, count, samples, false);
}

export function g726UnpackRtp(jobs: i32, count: i32, samples: i32): void {
  unpack(jobs, count, samples, false);
}

/** Codes to octets as AAL2-G726-16 to -40 have them. */
export function g726PackAal2(jobs: i32, count: i32, samples: i32): void {
  pack(jobs, count, samples, true);
}

export function g726UnpackAal2(jobs: i32, count: i32, samples: i32): void {
  unpack(jobs, count, samples, true);
}
