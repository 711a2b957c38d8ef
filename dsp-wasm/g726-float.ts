// What it does: the floating point of ITU-T G.726 in eight lanes: FLOATA and FLOATB, which give a number an exponent and six
//   bits of mantissa, and FMULT, which multiplies such a number and a predictor coefficient.
// How: in a record a float is exponent << 5, five mantissa bits without the leading one, and the sign in bit 15, which is
//   how a number's f32 form begins. While a kernel runs it is three rows that FMULT takes as they are: the exponent,
//   prepared as an index into tables of powers, the whole mantissa, and ±1.
// How to use it: storeFloat() once for each new number, product() as often as it is needed.

import { signed } from "./lanes";
import * as pool from "./pool";

/** A float's three rows lie one after the other. */
const index: usize = 0;
const mantissa: usize = 16;
export const unit: usize = 32;
export const floatBytes: usize = 48;

/**
 * FMULT shifts right by what a table of powers has for the sum of exponents less 12, and left by that less 19, as 16 bits
 * from two bytes. An exponent is kept as that many times 257, less the first bias; bit 15 keeps its upper byte out of range.
 */
const rightBias: usize = memory.data<i16>([29684, 29684, 29684, 29684, 29684, 29684, 29684, 29684], 16);
const fromRightToLeft: usize = memory.data<i16>([28921, 28921, 28921, 28921, 28921, 28921, 28921, 28921], 16);

/** Exponent (bits from the first one) << 5, and the five bits after the first one, of lanes 0 .. 32767; 0 gives 0. */
// @ts-ignore: decorator
@inline
export function floated(magnitude: v128): v128 {
  const upper = i16x8.shuffle(magnitude, i16x8.splat(0), 4, 12, 5, 13, 6, 14, 7, 15);
  const low = i32x4.shr_u(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(magnitude)), 18);
  const high = i32x4.shr_u(f32x4.convert_i32x4_s(upper), 18);
  return i16x8.sub_sat_u(i16x8.narrow_i32x4_u(low, high), v128.load(pool.exponentFromOne));
}

/** A float of a record, or of floated() with a sign in bit 15, to its three rows. */
// @ts-ignore: decorator
@inline
export function storeFloat(to: usize, float: v128): void {
  const exponent = i16x8.shr_u(v128.and(float, v128.load(pool.all512Less1)), 5);
  v128.store(to + index, i16x8.add(i16x8.mul(exponent, v128.load(pool.all257)), v128.load(rightBias)));
  v128.store(to + mantissa, v128.or(v128.and(float, v128.load(pool.all31)), v128.load(pool.all32)));
  v128.store(to + unit, v128.or(i16x8.shr_s(float, 15), v128.load(pool.all1)));
}

/** The way back of storeFloat. */
export function floatOf(from: usize): v128 {
  const exponent = i16x8.shr_u(i16x8.sub(v128.load(from + index), v128.load(rightBias)), 8);
  const size = v128.or(i16x8.shl(exponent, 5), v128.and(v128.load(from + mantissa), v128.load(pool.all31)));
  return v128.or(size, v128.and(v128.load(from + unit), v128.load(pool.allMinus32768)));
}

export function copyFloat(from: usize, to: usize): void {
  v128.store(to + index, v128.load(from + index));
  v128.store(to + mantissa, v128.load(from + mantissa));
  v128.store(to + unit, v128.load(from + unit));
}

/** FMULT: a coefficient, with its magnitude of 13 bits beside it, times a float. */
// @ts-ignore: decorator
@inline
export function product(coefficient: v128, magnitude: v128, float: usize): v128 {
  const a = floated(magnitude);
  const power = i16x8.add(i16x8.mul(i16x8.shr_u(a, 5), v128.load(pool.all257)), v128.load(float + index));
  const whole = v128.or(v128.and(a, v128.load(pool.all31)), v128.load(pool.all32));
  const mantissas = i16x8.mul(whole, v128.load(float + mantissa));
  const w = i16x8.shr_u(i16x8.add(mantissas, v128.load(pool.all48)), 4);
  const right = i16x8.shr_u(i16x8.mul(w, i8x16.swizzle(v128.load(pool.powers7), power)), 7);
  const leftPower = i8x16.swizzle(v128.load(pool.powers8), i16x8.add(power, v128.load(fromRightToLeft)));
  const shifted = v128.or(right, v128.and(i16x8.mul(w, leftPower), v128.load(pool.all32767)));
  return signed(shifted, i16x8.shr_s(v128.xor(coefficient, v128.load(float + unit)), 15));
}
