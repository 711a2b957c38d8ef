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
  closeBands,
  highCode,
  limited,
  lowCode,
  lowSample,
  openBands,
  resetBands,
  slideBands,
} from "./g722-band";
import {
  closeMirror,
  earlier,
  later,
  mirrorNumbers,
  mirrorWindowsEnd,
  openMirror,
  push,
  slideMirror,
  sumLower,
  sumUpper,
} from "./g722-mirror";
import { entryOf16, gathered, low4, low5, low6, mirrorBackwards, mirrorForwards } from "./g722-tables";
import {
  gatherBytes,
  gatherRecords,
  gatherSamples,
  lookUpGroup,
  scatterBytes,
  scatterRecords,
  scatterSamples,
  tile,
} from "./lane-group";
import { jobBytes } from "./memory-map";
import * as pool from "./pool";

/** Both bands, then eleven earlier samples of either phase of the filter, and two unused. */
const numbers: i32 = bandNumbers + mirrorNumbers;
export const g722StateBytes: i32 = numbers * 2;

/** Sixteen rows of linear samples in transit. */
const sixteen: usize = mirrorWindowsEnd;
const tileBytes: usize = 128;

/** Each job's state becomes that of a call that begins. */
export function g722Reset(jobs: i32, count: i32, samples: i32): void {
  for (let job = 0; job < count; job += 1) {
    const record = load<u32>((jobs + job * jobBytes) as usize) as usize;
    memory.fill(record, 0, g722StateBytes as usize);
    resetBands(record);
  }
}

function open(): void {
  gatherRecords(numbers);
  openBands();
  openMirror();
}

function close(): void {
  closeBands();
  closeMirror();
  scatterRecords(numbers);
}

function slide(): void {
  slideBands();
  slideMirror();
}

function copyTile(from: usize, to: usize): void {
  for (let row: usize = 0; row < tileBytes; row += 16) v128.store(to + row, v128.load(from + row));
}

/** One octet of each call, from the two samples that were pushed last. */
// @ts-ignore: decorator
@inline
function octet(sample: usize): v128 {
  const oddLow = sumLower(earlier, sample, mirrorForwards);
  const oddHigh = sumUpper(earlier, sample, mirrorForwards);
  const evenLow = sumLower(later, sample, mirrorBackwards);
  const evenHigh = sumUpper(later, sample, mirrorBackwards);
  const low = i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(evenLow, oddLow), 14),
    i32x4.shr_s(i32x4.add(evenHigh, oddHigh), 14),
  );
  const high = i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.sub(evenLow, oddLow), 14),
    i32x4.shr_s(i32x4.sub(evenHigh, oddHigh), 14),
  );
  return octetOfBands(limited(low), limited(high), sample);
}

/** XL and XH, 15 bits each, to an octet. */
// @ts-ignore: decorator
@inline
function octetOfBands(low: v128, high: v128, sample: usize): v128 {
  const lowBits = lowCode(low);
  adaptLow(lowBits, sample);
  const highBits = highCode(high);
  adaptHigh(highBits, sample);
  return v128.or(i16x8.shl(highBits, 6), lowBits);
}

/** Linear samples, two an octet; with `bands` they are what the filter would give: the lower band's and the upper's. */
// @ts-ignore: decorator
@inline
function encode(jobs: i32, count: i32, octets: i32, bands: bool): void {
  for (let group = 0; group < count; group += 8) {
    lookUpGroup((jobs + group * jobBytes) as usize, count - group);
    open();
    for (let left = octets; left > 0; left -= 8) {
      gatherSamples();
      copyTile(tile, sixteen);
      gatherSamples();
      copyTile(tile, sixteen + tileBytes);
      for (let sample: usize = 0; sample < 8; sample += 1) {
        const first = v128.load(sixteen + 32 * sample);
        const second = v128.load(sixteen + 32 * sample, 16);
        if (bands) {
          v128.store(tile + 16 * sample, octetOfBands(i16x8.shr_s(first, 1), i16x8.shr_s(second, 1), sample));
        } else {
          push(earlier, sample, first);
          push(later, sample, second);
          v128.store(tile + 16 * sample, octet(sample));
        }
      }
      slide();
      scatterBytes();
    }
    close();
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

/** Output of the lower band's inverse quantiser, by its six bits. */
// @ts-ignore: decorator
@inline
function lowOutput(lowBits: v128, mode: i32): v128 {
  if (mode == 1) return gathered(low6, i16x8.shl(lowBits, 1));
  if (mode == 2) return gathered(low5, v128.andnot(lowBits, v128.load(pool.all1)));
  return entryOf16(low4, i16x8.shr_u(lowBits, 2));
}

/** One octet's two samples into the rows at `pair`. */
// @ts-ignore: decorator
@inline
function pairOf(code: v128, sample: usize, pair: usize, mode: i32, bands: bool): void {
  const lowBits = v128.and(code, v128.load(pool.all63));
  const low = lowSample(lowOutput(lowBits, mode));
  adaptLow(lowBits, sample);
  const high = adaptHigh(i16x8.shr_u(code, 6), sample);
  if (bands) {
    v128.store(pair, i16x8.shl(low, 1), 0);
    v128.store(pair, i16x8.shl(high, 1), 16);
    return;
  }
  push(earlier, sample, i16x8.add(low, high));
  push(later, sample, i16x8.sub(low, high));
  const first = i16x8.narrow_i32x4_s(
    i32x4.shr_s(sumLower(later, sample, mirrorBackwards), 11),
    i32x4.shr_s(sumUpper(later, sample, mirrorBackwards), 11),
  );
  const second = i16x8.narrow_i32x4_s(
    i32x4.shr_s(sumLower(earlier, sample, mirrorForwards), 11),
    i32x4.shr_s(sumUpper(earlier, sample, mirrorForwards), 11),
  );
  v128.store(pair, first, 0);
  v128.store(pair, second, 16);
}

// @ts-ignore: decorator
@inline
function decode(jobs: i32, count: i32, octets: i32, mode: i32, bands: bool): void {
  for (let group = 0; group < count; group += 8) {
    lookUpGroup((jobs + group * jobBytes) as usize, count - group);
    open();
    for (let left = octets; left > 0; left -= 8) {
      gatherBytes();
      for (let sample: usize = 0; sample < 8; sample += 1) {
        pairOf(v128.load(tile + 16 * sample), sample, sixteen + 32 * sample, mode, bands);
      }
      slide();
      copyTile(sixteen, tile);
      scatterSamples();
      copyTile(sixteen + tileBytes, tile);
      scatterSamples();
    }
    close();
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
