// What it does: ITU-T G.711 in eight lanes: 16-bit linear samples to and from the codes of A-law and µ-law.
// How: both laws are floats of one sign, three segment and four step bits. The encoder reads segment and step off the
//   f32 form of the magnitude; the decoder shifts by multiplying. Magnitudes of negative samples are their one's
//   complement, as the Recommendation has it; code pairs lie symmetric about minus one half, not about zero.
// How to use it: whole registers in and out; g711-operations.ts walks the job tables.

import { alawLeadingOne, alawStep, powerOfTwo, segmentAndStep, signMask } from "./lanes";
import * as pool from "./pool";

/** Eight samples, i16, to the codes of their magnitudes: those of positive samples. */
// @ts-ignore: decorator
@inline
function ulawMagnitude(samples: v128): v128 {
  const magnitude = i16x8.shr_u(v128.xor(samples, signMask(samples)), 2);
  const biased = i16x8.min_s(i16x8.add(magnitude, v128.load(pool.all33)), v128.load(pool.all8191));
  return i16x8.sub(v128.load(pool.all2367), segmentAndStep(biased));
}

/** Eight samples, i16, to eight codes in the low bytes of the lanes. */
// @ts-ignore: decorator
@inline
export function ulawCode(samples: v128): v128 {
  return v128.xor(ulawMagnitude(samples), v128.and(signMask(samples), v128.load(pool.all128)));
}

/** Sixteen samples to sixteen codes, a byte each. */
// @ts-ignore: decorator
@inline
export function ulawCodes(first: v128, second: v128): v128 {
  return withSigns(first, second, i8x16.narrow_i16x8_u(ulawMagnitude(first), ulawMagnitude(second)));
}

/** Bit 7 of sixteen codes turned where the sample is negative. */
// @ts-ignore: decorator
@inline
function withSigns(first: v128, second: v128, codes: v128): v128 {
  return v128.xor(codes, v128.and(i8x16.narrow_i16x8_s(first, second), v128.load(pool.signBytes)));
}

/** Eight codes, one a lane, to eight samples, i16: the 14 bits of the law at the left. */
// @ts-ignore: decorator
@inline
export function ulawSample(codes: v128): v128 {
  const bits = v128.xor(codes, v128.load(pool.all255));
  const steps = i16x8.add(i16x8.shl(v128.and(bits, v128.load(pool.all15)), 3), v128.load(pool.all132));
  const segment = v128.and(i16x8.shr_u(bits, 4), v128.load(pool.all7));
  const magnitude = i16x8.sub(i16x8.mul(steps, powerOfTwo(segment)), v128.load(pool.all132));
  const sign = signMask(i16x8.shl(bits, 8));
  return i16x8.sub(v128.xor(magnitude, sign), sign);
}

/** Eight samples, i16, to the codes of their magnitudes before every other bit is turned. */
// @ts-ignore: decorator
@inline
function alawMagnitude(samples: v128): v128 {
  const magnitude = i16x8.shr_u(v128.xor(samples, signMask(samples)), 4);
  const segmented = i16x8.sub(segmentAndStep(magnitude), v128.load(pool.all2080));
  return v128.bitselect(segmented, magnitude, i16x8.gt_s(magnitude, v128.load(pool.all15)));
}

/** Eight samples, i16, to eight codes in the low bytes of the lanes. */
// @ts-ignore: decorator
@inline
export function alawCode(samples: v128): v128 {
  const code = v128.xor(alawMagnitude(samples), v128.load(pool.all213));
  return v128.xor(code, v128.and(signMask(samples), v128.load(pool.all128)));
}

/** Sixteen samples to sixteen codes, a byte each. */
// @ts-ignore: decorator
@inline
export function alawCodes(first: v128, second: v128): v128 {
  const codes = i8x16.narrow_i16x8_u(alawMagnitude(first), alawMagnitude(second));
  return withSigns(first, second, v128.xor(codes, v128.load(pool.turnedBytes)));
}

/** Eight codes, one a lane, to eight samples, i16: the 13 bits of the law at the left. */
// @ts-ignore: decorator
@inline
export function alawSample(codes: v128): v128 {
  const bits = v128.xor(codes, v128.load(pool.all213));
  const segment = v128.and(i16x8.shr_u(bits, 4), v128.load(pool.all7));
  const step = i16x8.add(i16x8.shl(v128.and(bits, v128.load(pool.all15)), 1), v128.load(pool.all1));
  const steps = i16x8.shl(i16x8.add(step, alawLeadingOne(segment)), 3);
  const magnitude = i16x8.mul(steps, alawStep(segment));
  const sign = signMask(i16x8.shl(bits, 8));
  return i16x8.sub(v128.xor(magnitude, sign), sign);
}
