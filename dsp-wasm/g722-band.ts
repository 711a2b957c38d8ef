// What it does: one sample of one band of ITU-T G.722 in eight lanes: quantisers (blocks 1 and 2) and the adaptive
//   predictor that both bands share (blocks 3 and 4; 6.2.1.3 to 6.2.1.6). Not the QMF and not the walk over jobs: g722.ts.
// How: all 16-bit operations saturate, as the Recommendation's do, and products keep bits 15 to 30, rounded down. DLT and
//   RLT are kept doubled, which is how the filters take them; their signs and zeroes are the same. While a kernel runs the
//   DLT lie in a window that grows by eight: ±1, and the number itself in 32-bit lanes, so that a dot product with a
//   coefficient beside a zero is the whole product. PLT is the inverse of a mask: all ones for what is not negative.
// How to use it: openBands() for each group; a quantiser, then adapt…(), for each sample; slideBands() after eight;
//   closeBands() at last. `band` is the band's first row: lowBand or highBand.

import { kernelLanes, recordLanes } from "./lane-group";
import { signed } from "./lanes";
import * as pool from "./pool";
import {
  entryOf16,
  entryOf8,
  gathered,
  high2,
  highWeights,
  low4,
  lowScales,
  lowWeights,
  reachedLevels,
  scales,
} from "./g722-tables";

export const lowBand: usize = recordLanes;
export const highBand: usize = recordLanes + 24 * 16;
/** Numbers of both bands in a record. */
export const bandNumbers: i32 = 48;

// Rows of a band: B1 .. B6 first.
const a1: usize = 6 * 16;
const a2: usize = 7 * 16;
const r1: usize = 8 * 16;
const r2: usize = 9 * 16;
const p1: usize = 10 * 16;
const p2: usize = 11 * 16;
const nb: usize = 12 * 16;
const det: usize = 13 * 16;
const s: usize = 14 * 16;
const sz: usize = 15 * 16;
/** DLT1 .. DLT6. */
const dlt: usize = 16 * 16;

/** A band's window begins with DLT6; three rows each: ±1, and the number in the lower and upper four lanes, 32 bits. */
const entryBytes: usize = 48;
const unit: usize = 0;
const lower: usize = 16;
const upper: usize = 32;
const windowBytes: usize = 14 * entryBytes;
/** For g722.ts: its own rows follow. */
export const bandWindowsBytes: usize = 2 * windowBytes;

const all18432: usize = memory.data<i16>([18432, 18432, 18432, 18432, 18432, 18432, 18432, 18432], 16);
const all22528: usize = memory.data<i16>([22528, 22528, 22528, 22528, 22528, 22528, 22528, 22528], 16);
const all16383: usize = memory.data<i16>([16383, 16383, 16383, 16383, 16383, 16383, 16383, 16383], 16);
const allMinus16384: usize = memory.data<i16>([-16384, -16384, -16384, -16384, -16384, -16384, -16384, -16384], 16);
const all4512: usize = memory.data<i16>([4512, 4512, 4512, 4512, 4512, 4512, 4512, 4512], 16);
const all4096: usize = memory.data<i16>([4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096], 16);
const all61: usize = memory.data<i16>([61, 61, 61, 61, 61, 61, 61, 61], 16);
const all33: usize = memory.data<i16>([33, 33, 33, 33, 33, 33, 33, 33], 16);
const all30: usize = memory.data<i16>([30, 30, 30, 30, 30, 30, 30, 30], 16);
const all2: usize = memory.data<i16>([2, 2, 2, 2, 2, 2, 2, 2], 16);
/** More than any level of the lower quantiser; and 2^23: what is added to it stands in the lowest bits of the sum. */
const most: usize = memory.data<f32>([4096, 4096, 4096, 4096], 16);
const integerBits: usize = memory.data<f32>([8388608, 8388608, 8388608, 8388608], 16);

// @ts-ignore: decorator
@inline
function windowOf(band: usize): usize {
  return band == lowBand ? kernelLanes : kernelLanes + windowBytes;
}

/** State of a call that begins: DETL 32, DETH 8, PLT not negative, all else zero. */
export function resetBands(record: usize): void {
  memory.fill(record, 0, (bandNumbers * 2) as usize);
  store<i32>(record, -1, 10 * 2);
  store<i32>(record, -1, (24 + 10) * 2);
  store<i16>(record, 32, 13 * 2);
  store<i16>(record, 8, (24 + 13) * 2);
}

/** The lower four lanes with zeroes between them, to be 32 bits each. */
// @ts-ignore: decorator
@inline
function spreadLower(lanes: v128): v128 {
  return i16x8.shuffle(lanes, i16x8.splat(0), 0, 8, 1, 9, 2, 10, 3, 11);
}

// @ts-ignore: decorator
@inline
function spreadUpper(lanes: v128): v128 {
  return i16x8.shuffle(lanes, i16x8.splat(0), 4, 12, 5, 13, 6, 14, 7, 15);
}

// @ts-ignore: decorator
@inline
function storeEntry(entry: usize, doubled: v128): void {
  v128.store(entry + unit, v128.or(i16x8.shr_s(doubled, 15), v128.load(pool.all1)));
  v128.store(entry + lower, spreadLower(doubled));
  v128.store(entry + upper, spreadUpper(doubled));
}

function openBand(band: usize, window: usize): void {
  for (let k: usize = 0; k < 6; k += 1) storeEntry(window + (5 - k) * entryBytes, v128.load(band + dlt + k * 16));
}

function closeBand(band: usize, window: usize): void {
  for (let k: usize = 0; k < 6; k += 1) {
    const entry = window + (5 - k) * entryBytes;
    v128.store(band + dlt + k * 16, i16x8.narrow_i32x4_u(v128.load(entry + lower), v128.load(entry + upper)));
  }
}

/** Once for each group, when its records are in the lanes. */
export function openBands(): void {
  openBand(lowBand, windowOf(lowBand));
  openBand(highBand, windowOf(highBand));
}

/** Before the records go back. */
export function closeBands(): void {
  closeBand(lowBand, windowOf(lowBand));
  closeBand(highBand, windowOf(highBand));
}

/** After eight samples: the last six DLT of each band become the first of its window. */
export function slideBands(): void {
  for (let row: usize = 0; row < 18 * 16; row += 16) {
    v128.store(windowOf(lowBand) + row, v128.load(windowOf(lowBand) + 8 * entryBytes + row));
    v128.store(windowOf(highBand) + row, v128.load(windowOf(highBand) + 8 * entryBytes + row));
  }
}

/** Bits 15 to 30 of the product, rounded down: wasm has it rounded to the nearest. */
// @ts-ignore: decorator
@inline
function multiplied(a: v128, b: v128): v128 {
  const half = i16x8.shr_s(i16x8.shl(i16x8.mul(a, b), 1), 15);
  return i16x8.add(i16x8.q15mulr_sat_s(a, b), half);
}

/** LIMIT: 15 bits. */
// @ts-ignore: decorator
@inline
export function limited(value: v128): v128 {
  return i16x8.max_s(i16x8.min_s(value, v128.load(all16383)), v128.load(allMinus16384));
}

/**
 * Four lanes' magnitude over the scale factor in quarter steps, rounded up: ceil((magnitude + 1) · 4096 / det), exact in
 * f32 as far as levels reach. `pairs` are magnitudes and ones by turns.
 */
// @ts-ignore: decorator
@inline
function steps(pairs: v128, scale: v128): v128 {
  const dividend = f32x4.convert_i32x4_s(i32x4.dot_i16x8_s(pairs, v128.load(all4096)));
  const quotient = f32x4.ceil(f32x4.div(dividend, f32x4.convert_i32x4_s(scale)));
  const whole = f32x4.add(f32x4.pmin(quotient, v128.load(most)), v128.load(integerBits));
  return v128.xor(whole, v128.load(integerBits));
}

/** QUANTL: the 6-bit code of a sample of the lower band. A level is reached if it is less than what steps() gives. */
// @ts-ignore: decorator
@inline
export function lowCode(sample: v128): v128 {
  const error = i16x8.sub_sat_s(sample, v128.load(lowBand + s));
  const sign = i16x8.shr_s(error, 15);
  const magnitude = v128.xor(error, sign);
  const scale = v128.load(lowBand + det);
  const ones = v128.load(pool.all1);
  const low = steps(i16x8.shuffle(magnitude, ones, 0, 8, 1, 9, 2, 10, 3, 11), spreadLower(scale));
  const high = steps(i16x8.shuffle(magnitude, ones, 4, 12, 5, 13, 6, 14, 7, 15), spreadUpper(scale));
  const reached = reachedLevels(i16x8.narrow_i32x4_s(low, high));
  const positive = i16x8.add(v128.load(all61), reached);
  const smallest = v128.and(i16x8.gt_s(reached, v128.load(pool.allMinus2)), v128.load(all30));
  const negative = i16x8.add(i16x8.add(v128.load(all33), reached), smallest);
  return v128.bitselect(negative, positive, sign);
}

/** QUANTH: the 2-bit code of a sample of the upper band. */
// @ts-ignore: decorator
@inline
export function highCode(sample: v128): v128 {
  const error = i16x8.sub_sat_s(sample, v128.load(highBand + s));
  const sign = i16x8.shr_s(error, 15);
  const level = multiplied(v128.load(all4512), v128.load(highBand + det));
  const isSmall = i16x8.gt_s(level, v128.xor(error, sign));
  return i16x8.sub(i16x8.add(v128.load(all2), i16x8.shl(sign, 1)), isSmall);
}

/** INVQBL and RECONS at the decoder: the lower band's sample, by the table of the mode. */
// @ts-ignore: decorator
@inline
export function lowSample(output: v128): v128 {
  const quantised = multiplied(v128.load(lowBand + det), output);
  return limited(i16x8.add_sat_s(v128.load(lowBand + s), quantised));
}

/** DL from the upper four bits of the code, whatever the mode; then the band adapts. */
// @ts-ignore: decorator
@inline
export function adaptLow(code: v128, sample: usize): void {
  const index = i16x8.shr_u(code, 2);
  const difference = multiplied(v128.load(lowBand + det), entryOf16(low4, index));
  rescale(lowBand, entryOf16(lowWeights, index), v128.load(all18432), lowScales);
  predict(lowBand, difference, sample);
}

/** The same for the upper band; gives its sample, which the decoder uses. */
// @ts-ignore: decorator
@inline
export function adaptHigh(code: v128, sample: usize): v128 {
  const difference = multiplied(v128.load(highBand + det), entryOf8(high2, code));
  const rh = limited(i16x8.add_sat_s(v128.load(highBand + s), difference));
  rescale(highBand, entryOf8(highWeights, code), v128.load(all22528), scales);
  predict(highBand, difference, sample);
  return rh;
}

/** A number less its 2^-shift part: times 32512 or 32640, over 32768, rounded down. */
// @ts-ignore: decorator
@inline
function leaked(value: v128, shift: i32): v128 {
  const less = i16x8.sub_sat_s(value, v128.load(pool.all1));
  return i16x8.sub(less, i16x8.shr_s(less, shift));
}

/** LOGSCL, LOGSCH, SCALEL, SCALEH. */
// @ts-ignore: decorator
@inline
function rescale(band: usize, weight: v128, limit: v128, table: usize): void {
  const moved = i16x8.add_sat_s(leaked(v128.load(band + nb), 7), weight);
  const value = i16x8.min_s(i16x8.max_s(moved, i16x8.splat(0)), limit);
  v128.store(band + nb, value);
  v128.store(band + det, gathered(table, v128.and(i16x8.shr_u(value, 5), v128.load(pool.allMinus2))));
}

/** UPPOL2 and UPPOL1: the poles, from the signs of the last three partially reconstructed samples. */
// @ts-ignore: decorator
@inline
function adaptPoles(band: usize, p: v128): void {
  const sign = i16x8.shr_s(p, 15);
  const before = v128.load(band + p1);
  const agrees1 = v128.xor(sign, before);
  const agrees2 = v128.xor(sign, v128.load(band + p2));
  v128.store(band + p2, before);
  v128.store(band + p1, v128.not(sign));
  const old1 = v128.load(band + a1);
  const old2 = v128.load(band + a2);
  const limited1 = i16x8.max_s(i16x8.min_s(old1, v128.load(pool.all8191)), v128.load(pool.allMinus8191));
  const turned = i16x8.shr_s(signed(limited1, agrees1), 5);
  const gain2 = i16x8.add(turned, signed(v128.load(pool.allMinus128), agrees2));
  const sum2 = i16x8.add(gain2, leaked(old2, 7));
  const new2 = i16x8.max_s(i16x8.min_s(sum2, v128.load(pool.all12288)), v128.load(pool.allMinus12288));
  const sum1 = i16x8.add(signed(v128.load(pool.allMinus192), agrees1), leaked(old1, 8));
  const limit = i16x8.sub(v128.load(pool.all15360), new2);
  v128.store(band + a2, new2);
  v128.store(band + a1, i16x8.max_s(i16x8.min_s(sum1, limit), i16x8.sub(new2, v128.load(pool.all15360))));
}

/** UPZERO and FILTEZ for the zero of the DLT `k` samples ago; gives its part of SZ. `at` is how far the window has grown. */
// @ts-ignore: decorator
@inline
function zero(band: usize, k: usize, gain: v128, at: usize): v128 {
  const row = band + (k - 1) * 16;
  const entry = windowOf(band) + at + (6 - k) * entryBytes;
  const turned = i16x8.mul(gain, v128.load(entry + unit));
  const coefficient = i16x8.add_sat_s(leaked(v128.load(row), 8), turned);
  v128.store(row, coefficient);
  const low = i32x4.dot_i16x8_s(spreadLower(coefficient), v128.load(entry + entryBytes + lower));
  const high = i32x4.dot_i16x8_s(spreadUpper(coefficient), v128.load(entry + entryBytes + upper));
  return i16x8.narrow_i32x4_s(i32x4.shr_s(low, 15), i32x4.shr_s(high, 15));
}

/** PARREC, RECONS, the adaptation of zeroes and poles, FILTEP and PREDIC. */
// @ts-ignore: decorator
@inline
function predict(band: usize, difference: v128, sample: usize): void {
  const at = sample * entryBytes;
  const reconstructed = i16x8.add_sat_s(v128.load(band + s), difference);
  const partial = i16x8.add_sat_s(difference, v128.load(band + sz));
  const size = v128.andnot(v128.load(pool.all128), i16x8.eq(difference, i16x8.splat(0)));
  const gain = signed(size, i16x8.shr_s(difference, 15));
  storeEntry(windowOf(band) + at + 6 * entryBytes, i16x8.add_sat_s(difference, difference));
  let zeroes = zero(band, 6, gain, at);
  zeroes = i16x8.add_sat_s(zeroes, zero(band, 5, gain, at));
  zeroes = i16x8.add_sat_s(zeroes, zero(band, 4, gain, at));
  zeroes = i16x8.add_sat_s(zeroes, zero(band, 3, gain, at));
  zeroes = i16x8.add_sat_s(zeroes, zero(band, 2, gain, at));
  zeroes = i16x8.add_sat_s(zeroes, zero(band, 1, gain, at));
  adaptPoles(band, partial);
  const newest = i16x8.add_sat_s(reconstructed, reconstructed);
  const before = v128.load(band + r1);
  v128.store(band + r2, before);
  v128.store(band + r1, newest);
  const poles = i16x8.add_sat_s(
    multiplied(v128.load(band + a1), newest),
    multiplied(v128.load(band + a2), before),
  );
  v128.store(band + sz, zeroes);
  v128.store(band + s, i16x8.add_sat_s(poles, zeroes));
}
