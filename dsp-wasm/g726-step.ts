// What it does: one sample of ITU-T G.726 in eight lanes: the blocks of 4.2 that encoder and decoder share, named as
//   the Recommendation names them (FMULT, ACCUM, LOG, QUAN, ANTILOG, FLOATA …). Not the walk over jobs: g726.ts.
// How: state lies in rows of the lane scratch; DQ and SR are floats (g726-float.ts) in windows that grow by eight. YL, 19
//   bits, is kept as its upper 13 and its lower 6. TD is a mask, PK the inverse of one: all ones for a sum that is not
//   negative.
// How to use it: openFloats() for each group; for each sample predict(), then quantised() or a code, then adapt(); slide()
//   after each eight samples; closeFloats() at last.

import { copyFloat, floatBytes, floated, floatOf, product, storeFloat, unit } from "./g726-float";
import { kernelLanes, recordLanes } from "./lane-group";
import { signed } from "./lanes";
import * as pool from "./pool";
import { codeMask, magnitudeOf, reconstructed, scaleWeight, speedWeight, tableIndex } from "./g726-tables";

/** Rows of the record, and so its 16-bit numbers: B1 .. B6 from 0, DQ6 (oldest) .. DQ1 at the end. */
const a1: usize = recordLanes + 16 * 6;
const a2: usize = recordLanes + 16 * 7;
const sr1: usize = recordLanes + 16 * 8;
const sr2: usize = recordLanes + 16 * 9;
const pk1: usize = recordLanes + 16 * 10;
const pk2: usize = recordLanes + 16 * 11;
const td: usize = recordLanes + 16 * 12;
const yu: usize = recordLanes + 16 * 13;
const ylUpper: usize = recordLanes + 16 * 14;
const ylLower: usize = recordLanes + 16 * 15;
const dms: usize = recordLanes + 16 * 16;
const dml: usize = recordLanes + 16 * 17;
const ap: usize = recordLanes + 16 * 18;
const dq6: usize = recordLanes + 16 * 26;
/** What of a record is numbers, and its size. */
export const g726Numbers: i32 = 32;
export const g726StateBytes: i32 = 64;

/** The window of DQ begins with the oldest and grows by eight floats. */
const window: usize = kernelLanes;
/** And that of SR with SR2. */
const srWindow: usize = window + 14 * floatBytes;
// What predict() finds for the rest of the sample.
const sezRow: usize = srWindow + 10 * floatBytes;
const seRow: usize = sezRow + 16;
const yRow: usize = seRow + 16;

/** State of a call that begins (4.2.8, table 20): YU and YL >> 6 are 544, all else is zero. */
export function resetRecord(record: usize): void {
  memory.fill(record, 0, g726StateBytes as usize);
  store<i32>(record, -1, 10 * 2);
  store<i16>(record, 544, 13 * 2);
  store<i16>(record, 544, 14 * 2);
}

/** Once for each group, when its records are in the lanes. */
export function openFloats(): void {
  for (let k: usize = 0; k < 6; k += 1) storeFloat(window + k * floatBytes, v128.load(dq6 + k * 16));
  storeFloat(srWindow, v128.load(sr2));
  storeFloat(srWindow + floatBytes, v128.load(sr1));
}

/** Before the records go back. */
export function closeFloats(): void {
  for (let k: usize = 0; k < 6; k += 1) v128.store(dq6 + k * 16, floatOf(window + k * floatBytes));
  v128.store(sr2, floatOf(srWindow));
  v128.store(sr1, floatOf(srWindow + floatBytes));
}

/** B's product with the DQ `k` samples ago; `at` is how far the window has grown. A B may be the least number of 16 bits. */
// @ts-ignore: decorator
@inline
function zero(k: usize, at: usize): v128 {
  const b = v128.load(recordLanes + (k - 1) * 16);
  const magnitude = v128.and(i16x8.abs(i16x8.shr_s(b, 2)), v128.load(pool.all8191));
  return product(b, magnitude, window + at + (6 - k) * floatBytes);
}

/** A's product with an SR. */
// @ts-ignore: decorator
@inline
function pole(row: usize, float: usize): v128 {
  const a = v128.load(row);
  return product(a, i16x8.abs(i16x8.shr_s(a, 2)), float);
}

/** LIMA and MIX: the scale factor Y, 544 .. 5120, between the slow and the fast one. */
// @ts-ignore: decorator
@inline
function mixed(): v128 {
  const slow = v128.load(ylUpper);
  const al = i16x8.shr_u(i16x8.min_s(v128.load(ap), v128.load(pool.all256)), 2);
  const difference = i16x8.sub(v128.load(yu), slow);
  const sign = i16x8.shr_s(difference, 15);
  const magnitude = i16x8.abs(difference);
  const upper = i16x8.mul(i16x8.shr_u(magnitude, 6), al);
  const lower = i16x8.shr_u(i16x8.mul(v128.and(magnitude, v128.load(pool.all63)), al), 6);
  const part = i16x8.add(upper, lower);
  return i16x8.add(slow, i16x8.sub(v128.xor(part, sign), sign));
}

/** ACCUM: what the sample is expected to be, SE, from poles and zeroes, and SEZ from zeroes alone. */
// @ts-ignore: decorator
@inline
export function predict(sample: usize): void {
  const at = sample * floatBytes;
  let sum = i16x8.add(zero(1, at), zero(2, at));
  sum = i16x8.add(sum, i16x8.add(zero(3, at), zero(4, at)));
  sum = i16x8.add(sum, i16x8.add(zero(5, at), zero(6, at)));
  v128.store(sezRow, i16x8.shr_s(sum, 1));
  const all = i16x8.add(sum, i16x8.add(pole(a1, srWindow + at + floatBytes), pole(a2, srWindow + at)));
  v128.store(seRow, i16x8.shr_s(all, 1));
  v128.store(yRow, mixed());
}

/** The difference D of a 14-bit sample from SE. */
// @ts-ignore: decorator
@inline
export function differenceOf(sample: v128): v128 {
  return i16x8.sub(sample, v128.load(seRow));
}

/** LOG, SUBTB, QUAN: magnitude of the code for a difference. */
// @ts-ignore: decorator
@inline
export function quantised(difference: v128, bits: i32): v128 {
  const magnitude = v128.and(i16x8.abs(difference), v128.load(pool.all32767));
  const upper = i16x8.shuffle(magnitude, i16x8.splat(0), 4, 12, 5, 13, 6, 14, 7, 15);
  const low = i32x4.shr_u(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(magnitude)), 16);
  const high = i32x4.shr_u(f32x4.convert_i32x4_s(upper), 16);
  const logarithm = i16x8.sub_sat_u(i16x8.narrow_i32x4_u(low, high), v128.load(pool.exponentFromZero));
  return magnitudeOf(i16x8.sub(logarithm, i16x8.shr_u(v128.load(yRow), 2)), bits);
}

/** All ones where a code is negative. Below 40 kbit/s and above 16, and at 40, magnitude zero has one code: that one. */
// @ts-ignore: decorator
@inline
export function codeSign(difference: v128, magnitude: v128, bits: i32): v128 {
  const sign = i16x8.shr_s(difference, 15);
  return bits == 2 ? sign : v128.or(sign, i16x8.eq(magnitude, i16x8.splat(0)));
}

/** ANTILOG: magnitude of the quantised difference, from its logarithm; negative logarithms give 0. */
// @ts-ignore: decorator
@inline
function antilogarithm(logarithm: v128): v128 {
  const number = v128.or(v128.and(logarithm, v128.load(pool.all127)), v128.load(pool.all128));
  const exponent = v128.or(i16x8.shr_s(logarithm, 7), v128.load(pool.allMinus32768));
  const small = i16x8.shr_u(i16x8.mul(number, i8x16.swizzle(v128.load(pool.powers7), exponent)), 7);
  return v128.or(small, i16x8.mul(number, i8x16.swizzle(v128.load(pool.powersFrom7), exponent)));
}

/** UPA1, UPA2, LIMC, LIMD: the poles; gives A2P, which tells tones. */
// @ts-ignore: decorator
@inline
function adaptPoles(dqsez: v128): v128 {
  const old1 = v128.load(a1);
  const old2 = v128.load(a2);
  const pk0 = i16x8.shr_s(dqsez, 15);
  const before = v128.load(pk1);
  const agrees1 = v128.xor(pk0, before);
  const agrees2 = v128.xor(pk0, v128.load(pk2));
  v128.store(pk2, before);
  v128.store(pk1, v128.not(pk0));
  const isZero = i16x8.eq(dqsez, i16x8.splat(0));
  const limited = i16x8.max_s(i16x8.min_s(old1, v128.load(pool.all8191)), v128.load(pool.allMinus8191));
  const fa = i16x8.shr_s(signed(limited, agrees1), 5);
  const gain2 = v128.andnot(i16x8.add(fa, signed(v128.load(pool.allMinus128), agrees2)), isZero);
  const new2 = i16x8.add(i16x8.sub(old2, i16x8.shr_s(old2, 7)), gain2);
  const a2p = i16x8.max_s(i16x8.min_s(new2, v128.load(pool.all12288)), v128.load(pool.allMinus12288));
  const gain1 = v128.andnot(signed(v128.load(pool.allMinus192), agrees1), isZero);
  const new1 = i16x8.add(i16x8.sub(old1, i16x8.shr_s(old1, 8)), gain1);
  const limit = i16x8.sub(v128.load(pool.all15360), a2p);
  v128.store(a1, i16x8.max_s(i16x8.min_s(new1, limit), i16x8.sub(a2p, v128.load(pool.all15360))));
  v128.store(a2, a2p);
  return a2p;
}

/** XOR, UPB: one zero. 40 kbit/s leaks half as fast. */
// @ts-ignore: decorator
@inline
function adaptZero(k: usize, at: usize, gain: v128, bits: i32): void {
  const row = recordLanes + (k - 1) * 16;
  const old = v128.load(row);
  const leak = i16x8.shr_s(old, bits == 5 ? 9 : 8);
  const turned = i16x8.mul(gain, v128.load(window + at + (6 - k) * floatBytes + unit));
  v128.store(row, i16x8.add(i16x8.sub(old, leak), turned));
}

/** TRANS: lanes where a tone was and the quantised difference leaps. Before anything of the state changes. */
// @ts-ignore: decorator
@inline
function transition(dqMagnitude: v128): v128 {
  const tone = v128.load(td);
  if (!v128.any_true(tone)) return tone;
  const slow = v128.load(ylUpper);
  const whole = i16x8.shr_u(slow, 9);
  const fraction = v128.and(i16x8.shr_u(slow, 4), v128.load(pool.all31));
  const index = i16x8.sub(i16x8.mul(whole, v128.load(pool.all257)), i16x8.splat(0x800));
  const power = i8x16.swizzle(v128.load(pool.powers8), index);
  const threshold = i16x8.mul(i16x8.add(fraction, v128.load(pool.all32)), power);
  const large = i16x8.gt_s(whole, i16x8.splat(9));
  const limited = v128.bitselect(i16x8.splat(31 << 10), threshold, large);
  const limit = i16x8.shr_u(i16x8.add(limited, i16x8.shr_u(limited, 1)), 1);
  return v128.and(tone, i16x8.gt_s(dqMagnitude, limit));
}

/** FILTD, LIMB, FILTE: the fast and the slow scale factor. */
// @ts-ignore: decorator
@inline
function adaptScale(weight: v128, y: v128): void {
  const leaked = i16x8.sub(y, i16x8.shr_s(i16x8.add(y, v128.load(pool.all31)), 5));
  const fast = i16x8.add(leaked, weight);
  const yup = i16x8.max_s(i16x8.min_s(fast, v128.load(pool.all5120)), v128.load(pool.all544));
  v128.store(yu, yup);
  const upper = v128.load(ylUpper);
  const lower = v128.load(ylLower);
  const borrow = i16x8.gt_s(lower, i16x8.splat(0));
  const sum = i16x8.add(lower, i16x8.add(i16x8.sub(yup, upper), borrow));
  v128.store(ylLower, v128.and(sum, v128.load(pool.all63)));
  v128.store(ylUpper, i16x8.add(upper, i16x8.shr_s(sum, 6)));
}

/** FILTA, FILTB, SUBTC, FILTC: how fast the scale factor adapts; `f` is F, times 512. */
// @ts-ignore: decorator
@inline
function adaptSpeed(f: v128, y: v128, tone: v128, leap: v128): void {
  const short = v128.load(dms);
  const long = v128.load(dml);
  const dmsp = i16x8.add(short, i16x8.shr_s(i16x8.sub(f, short), 5));
  const dmlp = i16x8.add(long, i16x8.shr_s(i16x8.sub(i16x8.shl(f, 2), long), 7));
  v128.store(dms, dmsp);
  v128.store(dml, dmlp);
  const near = i16x8.gt_s(i16x8.shr_u(dmlp, 3), i16x8.abs(i16x8.sub(i16x8.shl(dmsp, 2), dmlp)));
  const loud = i16x8.gt_s(y, v128.load(pool.all1535));
  const ax = v128.andnot(v128.load(pool.all512), v128.andnot(v128.and(near, loud), tone));
  const old = v128.load(ap);
  const app = i16x8.add(old, i16x8.shr_s(i16x8.sub(ax, old), 4));
  v128.store(ap, v128.bitselect(v128.load(pool.all256), app, leap));
}

/** TRIGB: after a transition the predictor begins anew; `leap` has lanes only then. */
function forget(leap: v128): void {
  for (let row: usize = 0; row < 8; row += 1) {
    v128.store(recordLanes + row * 16, v128.andnot(v128.load(recordLanes + row * 16), leap));
  }
  v128.store(td, v128.andnot(v128.load(td), leap));
}

/** All that follows from a code, in encoder and decoder alike; gives SR, the sample as the far decoder makes it. */
// @ts-ignore: decorator
@inline
export function adapt(magnitude: v128, sign: v128, sample: usize, bits: i32): v128 {
  const at = sample * floatBytes;
  const y = v128.load(yRow);
  const entry = tableIndex(magnitude);
  const dqMagnitude = antilogarithm(i16x8.add(reconstructed(entry, bits), i16x8.shr_u(y, 2)));
  const dq = signed(dqMagnitude, sign);
  const sr = i16x8.add(dq, v128.load(seRow));
  const leap = transition(dqMagnitude);
  const a2p = adaptPoles(i16x8.add(dq, v128.load(sezRow)));
  const gain = v128.andnot(signed(v128.load(pool.all128), sign), i16x8.eq(dqMagnitude, i16x8.splat(0)));
  adaptZero(1, at, gain, bits);
  adaptZero(2, at, gain, bits);
  adaptZero(3, at, gain, bits);
  adaptZero(4, at, gain, bits);
  adaptZero(5, at, gain, bits);
  adaptZero(6, at, gain, bits);
  const tone = i16x8.lt_s(a2p, v128.load(pool.allMinus11776));
  v128.store(td, tone);
  adaptSpeed(speedWeight(entry, bits), y, tone, leap);
  adaptScale(scaleWeight(entry, bits), y);
  if (v128.any_true(leap)) forget(leap);
  const signBit = v128.load(pool.allMinus32768);
  storeFloat(window + at + 6 * floatBytes, v128.or(floated(dqMagnitude), v128.and(sign, signBit)));
  const srMagnitude = v128.and(i16x8.abs(sr), v128.load(pool.all32767));
  storeFloat(srWindow + at + 2 * floatBytes, v128.or(floated(srMagnitude), v128.and(sr, signBit)));
  return sr;
}

/** After eight samples: the last six DQ and two SR become the first of their windows. */
export function slide(): void {
  for (let k: usize = 0; k < 6; k += 1) copyFloat(window + (k + 8) * floatBytes, window + k * floatBytes);
  for (let k: usize = 8; k < 10; k += 1) copyFloat(srWindow + k * floatBytes, srWindow + (k - 8) * floatBytes);
}

/** IM and ID of SYNC: a number that grows with the sample a code stands for. */
// @ts-ignore: decorator
@inline
export function rankOf(code: v128, bits: i32): v128 {
  return v128.xor(code, v128.xor(codeMask(bits), codeMask(bits - 1)));
}
