// What it does: one sample of one band of ITU-T G.722 in eight lanes: quantisers (blocks 1 and 2) and the adaptive
//   predictor that both bands share (blocks 3 and 4; 6.2.1.3 to 6.2.1.6). Not the QMF and not the walk over jobs: g722.ts.
// How: all 16-bit operations saturate, as the Recommendation's do, and products keep bits 15 to 30, rounded down. DLT and
//   RLT are kept doubled, which is how the filters take them; their signs and zeroes are the same.
// How to use it: `band` is the band's first row: lowBand or highBand. A quantiser, then adapt(), for each sample.

import { kernelLanes, recordLanes } from "./lane-group";
import * as pool from "./pool";
import {
  entryOf16,
  entryOf8,
  gathered,
  high2,
  highWeights,
  low4,
  lowLevels,
  lowLevelsCount,
  lowScales,
  lowWeights,
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

/** Levels of the lower quantiser, spread over a register each. */
const levelRows: usize = kernelLanes;
export const levelRowsBytes: usize = 29 * 16;

const allMinus32767: usize = memory.data<i16>([-32767, -32767, -32767, -32767, -32767, -32767, -32767, -32767], 16);
const all18432: usize = memory.data<i16>([18432, 18432, 18432, 18432, 18432, 18432, 18432, 18432], 16);
const all22528: usize = memory.data<i16>([22528, 22528, 22528, 22528, 22528, 22528, 22528, 22528], 16);
const all16383: usize = memory.data<i16>([16383, 16383, 16383, 16383, 16383, 16383, 16383, 16383], 16);
const allMinus16384: usize = memory.data<i16>([-16384, -16384, -16384, -16384, -16384, -16384, -16384, -16384], 16);
const all4512: usize = memory.data<i16>([4512, 4512, 4512, 4512, 4512, 4512, 4512, 4512], 16);
const all4096: usize = memory.data<f32>([4096, 4096, 4096, 4096], 16);
const allOnes: usize = memory.data<f32>([1, 1, 1, 1], 16);

/** State of a call that begins: DETL 32, DETH 8, all else zero. */
export function resetBands(record: usize): void {
  memory.fill(record, 0, (bandNumbers * 2) as usize);
  store<i16>(record, 32, 13 * 2);
  store<i16>(record, 8, (24 + 13) * 2);
}

/** Once for each group. */
export function spreadLevels(): void {
  for (let level = 0; level < lowLevelsCount; level += 1) {
    const value = v128.load16_splat(lowLevels + ((level << 1) as usize));
    v128.store(levelRows + ((level << 4) as usize), value);
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

/** How many quarter steps fit, rounded up: ceil((magnitude + 1) · 4096 / det); exact in f32 as far as levels reach. */
// @ts-ignore: decorator
@inline
function steps(magnitude: v128, scale: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.ceil(f32x4.div(magnitude, scale)));
}

// @ts-ignore: decorator
@inline
function scaled(magnitude: v128): v128 {
  return f32x4.mul(f32x4.add(f32x4.convert_i32x4_u(magnitude), v128.load(allOnes)), v128.load(all4096));
}

/** QUANTL: the 6-bit code of a sample of the lower band. A level is reached if it is less than what steps() gives. */
// @ts-ignore: decorator
@inline
export function lowCode(sample: v128): v128 {
  const error = i16x8.sub_sat_s(sample, v128.load(lowBand + s));
  const sign = i16x8.shr_s(error, 15);
  const magnitude = v128.xor(error, sign);
  const scale = v128.load(lowBand + det);
  const low = steps(
    scaled(i32x4.extend_low_i16x8_u(magnitude)),
    f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(scale)),
  );
  const high = steps(
    scaled(i32x4.extend_high_i16x8_u(magnitude)),
    f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(scale)),
  );
  const reach = i16x8.narrow_i32x4_s(low, high);
  let reached = v128.not(i16x8.splat(0));
  for (let row: usize = 0; row < levelRowsBytes; row += 16) {
    reached = i16x8.add(reached, i16x8.gt_s(reach, v128.load(levelRows + row)));
  }
  const positive = i16x8.add(i16x8.splat(62), reached);
  const smallest = v128.and(i16x8.gt_s(reached, i16x8.splat(-3)), i16x8.splat(30));
  const negative = i16x8.add(i16x8.add(i16x8.splat(34), reached), smallest);
  return v128.bitselect(negative, positive, sign);
}

/** QUANTH: the 2-bit code of a sample of the upper band. */
// @ts-ignore: decorator
@inline
export function highCode(sample: v128): v128 {
  const error = i16x8.sub_sat_s(sample, v128.load(highBand + s));
  const sign = i16x8.shr_s(error, 15);
  const reached = i16x8.ge_s(v128.xor(error, sign), multiplied(v128.load(all4512), v128.load(highBand + det)));
  return i16x8.add(i16x8.add(i16x8.splat(3), reached), i16x8.shl(sign, 1));
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
export function adaptLow(code: v128): void {
  const index = i16x8.shr_u(code, 2);
  const difference = multiplied(v128.load(lowBand + det), entryOf16(low4, index));
  rescale(lowBand, entryOf16(lowWeights, index), v128.load(all18432), lowScales);
  predict(lowBand, difference);
}

/** The same for the upper band; gives its sample, which the decoder uses. */
// @ts-ignore: decorator
@inline
export function adaptHigh(code: v128): v128 {
  const difference = multiplied(v128.load(highBand + det), entryOf8(high2, code));
  const sample = limited(i16x8.add_sat_s(v128.load(highBand + s), difference));
  rescale(highBand, entryOf8(highWeights, code), v128.load(all22528), scales);
  predict(highBand, difference);
  return sample;
}

/** LOGSCL, LOGSCH, SCALEL, SCALEH. */
// @ts-ignore: decorator
@inline
function rescale(band: usize, weight: v128, most: v128, table: usize): void {
  const old = v128.load(band + nb);
  const leaked = i16x8.add(old, i16x8.shr_s(i16x8.neg(old), 7));
  const value = i16x8.min_s(i16x8.max_s(i16x8.add_sat_s(leaked, weight), i16x8.splat(0)), most);
  v128.store(band + nb, value);
  v128.store(band + det, gathered(table, i16x8.shr_u(value, 6)));
}

/** UPPOL2 and UPPOL1: the poles, from the signs of the last three partially reconstructed samples. */
// @ts-ignore: decorator
@inline
function adaptPoles(band: usize, p: v128): void {
  const sign = i16x8.shr_s(p, 15);
  const differs1 = v128.xor(sign, v128.load(band + p1));
  const differs2 = v128.xor(sign, v128.load(band + p2));
  v128.store(band + p2, v128.load(band + p1));
  v128.store(band + p1, sign);
  const old1 = v128.load(band + a1);
  const old2 = v128.load(band + a2);
  const four = i16x8.shl(i16x8.max_s(i16x8.min_s(old1, v128.load(pool.all8191)), v128.load(pool.allMinus8192)), 2);
  const turned = v128.bitselect(four, i16x8.sub_sat_s(i16x8.splat(0), four), differs1);
  const gain2 = i16x8.sub(v128.xor(v128.load(pool.all128), differs2), differs2);
  const leaked2 = i16x8.add(old2, i16x8.shr_s(i16x8.neg(old2), 7));
  const sum2 = i16x8.add(i16x8.add(i16x8.shr_s(turned, 7), gain2), leaked2);
  const new2 = i16x8.max_s(i16x8.min_s(sum2, v128.load(pool.all12288)), v128.load(pool.allMinus12288));
  const gain1 = i16x8.sub(v128.xor(v128.load(pool.all192), differs1), differs1);
  const sum1 = i16x8.add(i16x8.add(old1, i16x8.shr_s(i16x8.neg(old1), 8)), gain1);
  const most = i16x8.sub(v128.load(pool.all15360), new2);
  v128.store(band + a2, new2);
  v128.store(band + a1, i16x8.max_s(i16x8.min_s(sum1, most), i16x8.neg(most)));
}

/** UPZERO and FILTEZ for one zero; gives its part of SZ. The delay line moves on as it is read, from the oldest. */
// @ts-ignore: decorator
@inline
function zero(band: usize, k: usize, newer: v128, gain: v128): v128 {
  const line = band + dlt + (k - 1) * 16;
  const row = band + (k - 1) * 16;
  const sign = i16x8.shr_s(v128.load(line), 15);
  const old = v128.load(row);
  const safe = i16x8.max_s(old, v128.load(allMinus32767));
  const leaked = i16x8.add(safe, i16x8.shr_s(i16x8.neg(safe), 8));
  const coefficient = i16x8.add_sat_s(leaked, i16x8.sub(v128.xor(gain, sign), sign));
  v128.store(row, coefficient);
  v128.store(line, newer);
  return multiplied(newer, coefficient);
}

// @ts-ignore: decorator
@inline
function delayed(band: usize, k: usize): v128 {
  return v128.load(band + dlt + (k - 1) * 16);
}

/** PARREC, RECONS, the adaptation of zeroes and poles, FILTEP and PREDIC. */
// @ts-ignore: decorator
@inline
function predict(band: usize, difference: v128): void {
  const reconstructed = i16x8.add_sat_s(v128.load(band + s), difference);
  const partial = i16x8.add_sat_s(difference, v128.load(band + sz));
  const sign = i16x8.shr_s(difference, 15);
  const size = v128.and(v128.load(pool.all128), i16x8.ne(difference, i16x8.splat(0)));
  const gain = i16x8.sub(v128.xor(size, sign), sign);
  const twice = i16x8.add_sat_s(difference, difference);
  let zeroes = zero(band, 6, delayed(band, 5), gain);
  zeroes = i16x8.add_sat_s(zeroes, zero(band, 5, delayed(band, 4), gain));
  zeroes = i16x8.add_sat_s(zeroes, zero(band, 4, delayed(band, 3), gain));
  zeroes = i16x8.add_sat_s(zeroes, zero(band, 3, delayed(band, 2), gain));
  zeroes = i16x8.add_sat_s(zeroes, zero(band, 2, delayed(band, 1), gain));
  zeroes = i16x8.add_sat_s(zeroes, zero(band, 1, twice, gain));
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
