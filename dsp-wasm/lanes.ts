// What it does: the moves that every kernel over eight 16-bit lanes needs.
// How: WebAssembly has neither a shift by lane nor a logarithm by lane. A shift is a multiplication by a power of two
//   that i8x16.swizzle fetches; a logarithm is the exponent of the lane as f32.
// How to use it: all inline; constants come from a table in linear memory (v128.const is slow in large loops on V8 12+).

import * as pool from "./pool";

// Powers of two as bytes, and the A-law ones, where segments 0 and 1 have the same step.
const powers: usize = memory.data<u8>([1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0], 16);
const alawPowers: usize = memory.data<u8>([1, 1, 2, 4, 8, 16, 32, 64, 0, 0, 0, 0, 0, 0, 0, 0], 16);
const alawLeadingOnes: usize = memory.data<u8>([0, 32, 32, 32, 32, 32, 32, 32, 0, 0, 0, 0, 0, 0, 0, 0], 16);

/** The high byte of each lane index lies out of range, so that swizzle makes it zero. */
// @ts-ignore: decorator
@inline
function byteTable(table: usize, indices: v128): v128 {
  return i8x16.swizzle(v128.load(table), v128.or(indices, v128.load(pool.allMinus32768)));
}

/** 1 << lane, for lanes 0 .. 7. */
// @ts-ignore: decorator
@inline
export function powerOfTwo(exponents: v128): v128 {
  return byteTable(powers, exponents);
}

/** 1, 1, 2, 4 … 64: the step of an A-law segment 0 .. 7. */
// @ts-ignore: decorator
@inline
export function alawStep(segments: v128): v128 {
  return byteTable(alawPowers, segments);
}

/** 32 in all segments but the first: the leading one that A-law does not send. */
// @ts-ignore: decorator
@inline
export function alawLeadingOne(segments: v128): v128 {
  return byteTable(alawLeadingOnes, segments);
}

/** Of a lane 1 .. 32767: floor(log2) plus 127 in bits 4 and up, the four bits below the leading one in bits 0 .. 3. */
// @ts-ignore: decorator
@inline
export function segmentAndStep(lanes: v128): v128 {
  const low = i32x4.shr_u(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(lanes)), 19);
  const upper = i16x8.shuffle(lanes, i16x8.splat(0), 4, 12, 5, 13, 6, 14, 7, 15);
  const high = i32x4.shr_u(f32x4.convert_i32x4_s(upper), 19);
  return i16x8.narrow_i32x4_u(low, high);
}

/** All ones in negative lanes. */
// @ts-ignore: decorator
@inline
export function signMask(lanes: v128): v128 {
  return i16x8.shr_s(lanes, 15);
}

/** ±value, by a mask. */
// @ts-ignore: decorator
@inline
export function signed(value: v128, sign: v128): v128 {
  return i16x8.sub(v128.xor(value, sign), sign);
}
