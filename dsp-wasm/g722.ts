// What it does: ITU-T G.722, 7 kHz audio in octets of 8 kHz: the encoder, and the decoder in its three modes (64, 56 and
//   48 kbit/s). The encoder is the same for all: in mode 2 the last bit of an octet is free for data, in mode 3 the last two.
// How: eight calls at a time in lanes; the quadrature mirror filter splits two samples of 16 kHz into one of each band
//   (QMF of 5.2.1 and 5.2.2 of the Recommendation); g722-band.ts does the rest. What leaves the decoder saturates.
// How to use it: operation(jobs, count, octets); octets is a multiple of 8, linear samples are twice as many; state is
//   g722StateBytes long, begun by g722Reset. No state may stand in two jobs of one table.

import {
  adaptHigh,
  adaptLow,
  bandNumbers,
  highCode,
  levelRowsBytes,
  limited,
  lowCode,
  lowSample,
  resetBands,
  spreadLevels,
} from "./g722-band";
import { entryOf16, gathered, low4, low5, low6, mirror } from "./g722-tables";
import {
  gatherBytes,
  gatherRecords,
  gatherSamples,
  kernelLanes,
  lookUpGroup,
  recordLanes,
  scatterBytes,
  scatterRecords,
  scatterSamples,
  tile,
} from "./lane-group";
import { jobBytes } from "./memory-map";
import * as pool from "./pool";

/** Both bands, then eleven earlier samples of either phase of the filter, and two unused. */
const numbers: i32 = bandNumbers + 24;
export const g722StateBytes: i32 = numbers * 2;
const earlierBytes: usize = 11 * 16;
const earlierFirst: usize = recordLanes + ((bandNumbers * 16) as usize);
const earlierSecond: usize = earlierFirst + earlierBytes;

// The filter's windows while they grow by eight rows, and the eight rows of codes or pairs in transit.
const first: usize = kernelLanes + levelRowsBytes;
const second: usize = first + 20 * 16;
const sixteen: usize = second + 20 * 16;

/** Each job's state becomes that of a call that begins. */
export function g722Reset(jobs: i32, count: i32, samples: i32): void {
  for (let job = 0; job < count; job += 1) {
    const record = load<u32>((jobs + job * jobBytes) as usize) as usize;
    memory.fill(record, 0, g722StateBytes as usize);
    resetBands(record);
  }
}

function loadWindows(): void {
  memory.copy(first, earlierFirst, earlierBytes);
  memory.copy(second, earlierSecond, earlierBytes);
}

function slideWindows(): void {
  memory.copy(first, first + 128, earlierBytes);
  memory.copy(second, second + 128, earlierBytes);
}

function storeWindows(): void {
  memory.copy(earlierFirst, first, earlierBytes);
  memory.copy(earlierSecond, second, earlierBytes);
}

/** Sum of twelve products for the lower or upper four lanes; coefficients forwards or backwards, oldest sample first. */
// @ts-ignore: decorator
@inline
function filtered(window: usize, forwards: bool, lower: bool): v128 {
  let sum = part(window, 0, forwards, lower);
  sum = i32x4.add(sum, part(window, 1, forwards, lower));
  sum = i32x4.add(sum, part(window, 2, forwards, lower));
  sum = i32x4.add(sum, part(window, 3, forwards, lower));
  sum = i32x4.add(sum, part(window, 4, forwards, lower));
  sum = i32x4.add(sum, part(window, 5, forwards, lower));
  sum = i32x4.add(sum, part(window, 6, forwards, lower));
  sum = i32x4.add(sum, part(window, 7, forwards, lower));
  sum = i32x4.add(sum, part(window, 8, forwards, lower));
  sum = i32x4.add(sum, part(window, 9, forwards, lower));
  sum = i32x4.add(sum, part(window, 10, forwards, lower));
  return i32x4.add(sum, part(window, 11, forwards, lower));
}

// @ts-ignore: decorator
@inline
function part(window: usize, k: usize, forwards: bool, lower: bool): v128 {
  const coefficient = v128.load16_splat(mirror + (forwards ? k : 11 - k) * 2);
  const samples = v128.load(window + k * 16);
  return lower ? i32x4.extmul_low_i16x8_s(samples, coefficient) : i32x4.extmul_high_i16x8_s(samples, coefficient);
}

/** One octet of each call, from the two samples that are newest in the windows. */
// @ts-ignore: decorator
@inline
function octet(at: usize): v128 {
  const oddLow = filtered(first + at, true, true);
  const oddHigh = filtered(first + at, true, false);
  const evenLow = filtered(second + at, false, true);
  const evenHigh = filtered(second + at, false, false);
  const low = i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(evenLow, oddLow), 14),
    i32x4.shr_s(i32x4.add(evenHigh, oddHigh), 14),
  );
  const high = i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.sub(evenLow, oddLow), 14),
    i32x4.shr_s(i32x4.sub(evenHigh, oddHigh), 14),
  );
  return octetOfBands(limited(low), limited(high));
}

/** XL and XH, 15 bits each, to an octet. */
// @ts-ignore: decorator
@inline
function octetOfBands(low: v128, high: v128): v128 {
  const lowBits = lowCode(low);
  adaptLow(lowBits);
  const highBits = highCode(high);
  adaptHigh(highBits);
  return v128.or(i16x8.shl(highBits, 6), lowBits);
}

/** Linear samples, two an octet; with `bands` they are what the filter would give: the lower band's and the upper's. */
// @ts-ignore: decorator
@inline
function encode(jobs: i32, count: i32, octets: i32, bands: bool): void {
  for (let group = 0; group < count; group += 8) {
    lookUpGroup((jobs + group * jobBytes) as usize, count - group);
    gatherRecords(numbers);
    spreadLevels();
    loadWindows();
    for (let left = octets; left > 0; left -= 8) {
      gatherSamples();
      memory.copy(sixteen, tile, 128);
      gatherSamples();
      memory.copy(sixteen + 128, tile, 128);
      for (let at: usize = 0; at < 128; at += 16) {
        const earlier = v128.load(sixteen + 2 * at);
        const later = v128.load(sixteen + 2 * at + 16);
        if (bands) {
          v128.store(tile + at, octetOfBands(i16x8.shr_s(earlier, 1), i16x8.shr_s(later, 1)));
        } else {
          v128.store(first + earlierBytes + at, earlier);
          v128.store(second + earlierBytes + at, later);
          v128.store(tile + at, octet(at));
        }
      }
      slideWindows();
      scatterBytes();
    }
    storeWindows();
    scatterRecords(numbers);
  }
}

/** Linear samples (i16, 16 kHz, twice `octets`) to octets. */
export function g722Encode(jobs: i32, count: i32, octets: i32): void {
  encode(jobs, count, octets, false);
}

/** Pairs of XL and XH (15 bits at the left of i16) to octets: the encoder of Appendix II, without the filter. */
export function g722EncodeBands(jobs: i32, count: i32, octets: i32): void {
  encode(jobs, count, octets, true);
}

/** One octet's two samples into the rows at `pair`. */
// @ts-ignore: decorator
@inline
function pairOf(code: v128, at: usize, pair: usize, mode: i32, bands: bool): void {
  const lowBits = v128.and(code, v128.load(pool.all63));
  const output =
    mode == 1
      ? gathered(low6, lowBits)
      : mode == 2
        ? gathered(low5, i16x8.shr_u(lowBits, 1))
        : entryOf16(low4, i16x8.shr_u(lowBits, 2));
  const low = lowSample(output);
  adaptLow(lowBits);
  const high = adaptHigh(i16x8.shr_u(code, 6));
  if (bands) {
    v128.store(pair, i16x8.shl(low, 1), 0);
    v128.store(pair, i16x8.shl(high, 1), 16);
    return;
  }
  v128.store(first + earlierBytes + at, i16x8.add(low, high));
  v128.store(second + earlierBytes + at, i16x8.sub(low, high));
  const earlier = i16x8.narrow_i32x4_s(
    i32x4.shr_s(filtered(second + at, false, true), 11),
    i32x4.shr_s(filtered(second + at, false, false), 11),
  );
  const later = i16x8.narrow_i32x4_s(
    i32x4.shr_s(filtered(first + at, true, true), 11),
    i32x4.shr_s(filtered(first + at, true, false), 11),
  );
  v128.store(pair, earlier, 0);
  v128.store(pair, later, 16);
}

// @ts-ignore: decorator
@inline
function decode(jobs: i32, count: i32, octets: i32, mode: i32, bands: bool): void {
  for (let group = 0; group < count; group += 8) {
    lookUpGroup((jobs + group * jobBytes) as usize, count - group);
    gatherRecords(numbers);
    loadWindows();
    for (let left = octets; left > 0; left -= 8) {
      gatherBytes();
      for (let at: usize = 0; at < 128; at += 16) {
        pairOf(v128.load(tile + at), at, sixteen + 2 * at, mode, bands);
      }
      slideWindows();
      memory.copy(tile, sixteen, 128);
      scatterSamples();
      memory.copy(tile, sixteen + 128, 128);
      scatterSamples();
    }
    storeWindows();
    scatterRecords(numbers);
  }
}

/** Octets to linear samples, mode 1: 64 kbit/s. */
export function g722DecodeAt64(jobs: i32, count: i32, octets: i32): void {
  decode(jobs, count, octets, 1, false);
}

/** Mode 2: 56 kbit/s, the last bit of each octet is not for us. */
export function g722DecodeAt56(jobs: i32, count: i32, octets: i32): void {
  decode(jobs, count, octets, 2, false);
}

/** Mode 3: 48 kbit/s, the last two bits are not. */
export function g722DecodeAt48(jobs: i32, count: i32, octets: i32): void {
  decode(jobs, count, octets, 3, false);
}

/** Octets to pairs of RL and RH (15 bits at the left of i16), mode 1: the decoder of Appendix II, without the filter. */
export function g722DecodeBandsAt64(jobs: i32, count: i32, octets: i32): void {
  decode(jobs, count, octets, 1, true);
}

/** Octets to pairs of RL and RH (15 bits at the left of i16), mode 2: the decoder of Appendix II, without the filter. */
export function g722DecodeBandsAt56(jobs: i32, count: i32, octets: i32): void {
  decode(jobs, count, octets, 2, true);
}

/** Octets to pairs of RL and RH (15 bits at the left of i16), mode 3: the decoder of Appendix II, without the filter. */
export function g722DecodeBandsAt48(jobs: i32, count: i32, octets: i32): void {
  decode(jobs, count, octets, 3, true);
}
