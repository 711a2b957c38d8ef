// What it does: ITU-T G.726 ADPCM at 16, 24, 32 and 40 kbit/s over job tables, from and to linear samples (Annex A), µ-law
//   and A-law, the latter two with synchronous coding adjustment, so that tandems of G.726 and G.711 add no noise.
// How: eight calls at a time in lanes; g726-step.ts is one sample of them. Codes are one a byte, in its low bits:
//   g726-packing.ts puts them together as RTP and AAL2 do.
// How to use it: operation(jobs, count, samples); samples is a multiple of 8; state is g726StateBytes long, begun by
//   g726Reset, the same form in encoder and decoder. No state may stand in two jobs of one table.

import { alawCode, alawSample, ulawCode, ulawSample } from "./g711";
import {
  adapt,
  closeFloats,
  codeSign,
  differenceOf,
  g726Numbers,
  openFloats,
  predict,
  quantised,
  rankOf,
  resetRecord,
  slide,
} from "./g726-step";
import { codeMask } from "./g726-tables";
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
import { signMask } from "./lanes";
import { jobBytes } from "./memory-map";
import * as pool from "./pool";

const linear: i32 = 0;
const ulaw: i32 = 1;
const alaw: i32 = 2;

/** Each job's state becomes that of a call that begins. */
export function g726Reset(jobs: i32, count: i32, samples: i32): void {
  for (let job = 0; job < count; job += 1) resetRecord(load<u32>((jobs + job * jobBytes) as usize) as usize);
}

/** Eight samples or codes of a law to 14 bits. */
// @ts-ignore: decorator
@inline
function expanded(lanes: v128, law: i32): v128 {
  if (law == linear) return i16x8.shr_s(lanes, 2);
  return i16x8.shr_s(law == ulaw ? ulawSample(lanes) : alawSample(lanes), 2);
}

/** LIMO of Annex A: 14 bits, at the left of 16. */
// @ts-ignore: decorator
@inline
function limited(sr: v128): v128 {
  return i16x8.shl(i16x8.max_s(i16x8.min_s(sr, v128.load(pool.all8191)), v128.load(pool.allMinus8192)), 2);
}

/**
 * COMPRESS: code of a law for SR. Our µ-law takes the one's complement of negative samples and the Recommendation means
 * the magnitude here: one less gives it. A-law halves first, rounding down.
 */
// @ts-ignore: decorator
@inline
function compressed(sr: v128, law: i32): v128 {
  if (law == ulaw) return ulawCode(i16x8.add_sat_s(limited(sr), signMask(sr)));
  return alawCode(limited(v128.and(sr, v128.load(pool.allMinus2))));
}

/** SYNC: the next code of the law up or down where the next encoder would not choose this code again. */
// @ts-ignore: decorator
@inline
function adjusted(pcm: v128, code: v128, law: i32, bits: i32): v128 {
  const difference = differenceOf(expanded(pcm, law));
  const level = quantised(difference, bits);
  const again = v128.and(v128.xor(level, codeSign(difference, level, bits)), codeMask(bits));
  const up = i16x8.gt_s(rankOf(code, bits), rankOf(again, bits));
  const step = v128.or(v128.not(up), v128.load(pool.all1));
  const plain = v128.xor(pcm, law == ulaw ? v128.load(pool.all127) : v128.load(pool.all85));
  const negative = i16x8.eq(v128.and(plain, v128.load(pool.all128)), i16x8.splat(0));
  const magnitude = v128.and(plain, v128.load(pool.all127));
  const moved = i16x8.add(magnitude, i16x8.sub(v128.xor(step, negative), negative));
  const crossing = signMask(moved);
  const kept = i16x8.min_s(law == ulaw ? i16x8.abs(moved) : v128.xor(moved, crossing), v128.load(pool.all127));
  const sign = v128.and(v128.not(v128.xor(negative, crossing)), v128.load(pool.all128));
  const wire = v128.xor(v128.or(kept, sign), law == ulaw ? v128.load(pool.all127) : v128.load(pool.all85));
  return v128.bitselect(pcm, wire, i16x8.eq(code, again));
}

// @ts-ignore: decorator
@inline
function encode(jobs: i32, count: i32, samples: i32, bits: i32, law: i32): void {
  for (let first = 0; first < count; first += 8) {
    lookUpGroup((jobs + first * jobBytes) as usize, count - first);
    gatherRecords(g726Numbers);
    openFloats();
    for (let left = samples; left > 0; left -= 8) {
      if (law == linear) gatherSamples();
      else gatherBytes();
      for (let sample: usize = 0; sample < 8; sample += 1) {
        predict(sample);
        const difference = differenceOf(expanded(v128.load(tile + sample * 16), law));
        const magnitude = quantised(difference, bits);
        const sign = codeSign(difference, magnitude, bits);
        v128.store(tile + sample * 16, v128.and(v128.xor(magnitude, sign), codeMask(bits)));
        adapt(magnitude, sign, sample, bits);
      }
      slide();
      scatterBytes();
    }
    closeFloats();
    scatterRecords(g726Numbers);
  }
}

// @ts-ignore: decorator
@inline
function decode(jobs: i32, count: i32, samples: i32, bits: i32, law: i32): void {
  for (let first = 0; first < count; first += 8) {
    lookUpGroup((jobs + first * jobBytes) as usize, count - first);
    gatherRecords(g726Numbers);
    openFloats();
    for (let left = samples; left > 0; left -= 8) {
      gatherBytes();
      for (let sample: usize = 0; sample < 8; sample += 1) {
        predict(sample);
        const code = v128.and(v128.load(tile + sample * 16), codeMask(bits));
        const sign = i16x8.shr_s(i16x8.shl(code, 16 - bits), 15);
        const sr = adapt(v128.and(v128.xor(code, sign), codeMask(bits - 1)), sign, sample, bits);
        v128.store(tile + sample * 16, law == linear ? limited(sr) : adjusted(compressed(sr, law), code, law, bits));
      }
      slide();
      if (law == linear) scatterSamples();
      else scatterBytes();
    }
    closeFloats();
    scatterRecords(g726Numbers);
  }
}

/** Linear samples to G.726 codes at 16 kbit/s. */
export function g726At16EncodeLinear(jobs: i32, count: i32, samples: i32): void {
  encode(jobs, count, samples, 2, linear);
}

/** µ-law codes to G.726 codes at 16 kbit/s. */
export function g726At16EncodeUlaw(jobs: i32, count: i32, samples: i32): void {
  encode(jobs, count, samples, 2, ulaw);
}

/** A-law codes to G.726 codes at 16 kbit/s. */
export function g726At16EncodeAlaw(jobs: i32, count: i32, samples: i32): void {
  encode(jobs, count, samples, 2, alaw);
}

/** G.726 codes at 16 kbit/s to linear samples. */
export function g726At16DecodeLinear(jobs: i32, count: i32, samples: i32): void {
  decode(jobs, count, samples, 2, linear);
}

/** G.726 codes at 16 kbit/s to µ-law codes. */
export function g726At16DecodeUlaw(jobs: i32, count: i32, samples: i32): void {
  decode(jobs, count, samples, 2, ulaw);
}

/** G.726 codes at 16 kbit/s to A-law codes. */
export function g726At16DecodeAlaw(jobs: i32, count: i32, samples: i32): void {
  decode(jobs, count, samples, 2, alaw);
}

/** Linear samples to G.726 codes at 24 kbit/s. */
export function g726At24EncodeLinear(jobs: i32, count: i32, samples: i32): void {
  encode(jobs, count, samples, 3, linear);
}

/** µ-law codes to G.726 codes at 24 kbit/s. */
export function g726At24EncodeUlaw(jobs: i32, count: i32, samples: i32): void {
  encode(jobs, count, samples, 3, ulaw);
}

/** A-law codes to G.726 codes at 24 kbit/s. */
export function g726At24EncodeAlaw(jobs: i32, count: i32, samples: i32): void {
  encode(jobs, count, samples, 3, alaw);
}

/** G.726 codes at 24 kbit/s to linear samples. */
export function g726At24DecodeLinear(jobs: i32, count: i32, samples: i32): void {
  decode(jobs, count, samples, 3, linear);
}

/** G.726 codes at 24 kbit/s to µ-law codes. */
export function g726At24DecodeUlaw(jobs: i32, count: i32, samples: i32): void {
  decode(jobs, count, samples, 3, ulaw);
}

/** G.726 codes at 24 kbit/s to A-law codes. */
export function g726At24DecodeAlaw(jobs: i32, count: i32, samples: i32): void {
  decode(jobs, count, samples, 3, alaw);
}

/** Linear samples to G.726 codes at 32 kbit/s. */
export function g726At32EncodeLinear(jobs: i32, count: i32, samples: i32): void {
  encode(jobs, count, samples, 4, linear);
}

/** µ-law codes to G.726 codes at 32 kbit/s. */
export function g726At32EncodeUlaw(jobs: i32, count: i32, samples: i32): void {
  encode(jobs, count, samples, 4, ulaw);
}

/** A-law codes to G.726 codes at 32 kbit/s. */
export function g726At32EncodeAlaw(jobs: i32, count: i32, samples: i32): void {
  encode(jobs, count, samples, 4, alaw);
}

/** G.726 codes at 32 kbit/s to linear samples. */
export function g726At32DecodeLinear(jobs: i32, count: i32, samples: i32): void {
  decode(jobs, count, samples, 4, linear);
}

/** G.726 codes at 32 kbit/s to µ-law codes. */
export function g726At32DecodeUlaw(jobs: i32, count: i32, samples: i32): void {
  decode(jobs, count, samples, 4, ulaw);
}

/** G.726 codes at 32 kbit/s to A-law codes. */
export function g726At32DecodeAlaw(jobs: i32, count: i32, samples: i32): void {
  decode(jobs, count, samples, 4, alaw);
}

/** Linear samples to G.726 codes at 40 kbit/s. */
export function g726At40EncodeLinear(jobs: i32, count: i32, samples: i32): void {
  encode(jobs, count, samples, 5, linear);
}

/** µ-law codes to G.726 codes at 40 kbit/s. */
export function g726At40EncodeUlaw(jobs: i32, count: i32, samples: i32): void {
  encode(jobs, count, samples, 5, ulaw);
}

/** A-law codes to G.726 codes at 40 kbit/s. */
export function g726At40EncodeAlaw(jobs: i32, count: i32, samples: i32): void {
  encode(jobs, count, samples, 5, alaw);
}

/** G.726 codes at 40 kbit/s to linear samples. */
export function g726At40DecodeLinear(jobs: i32, count: i32, samples: i32): void {
  decode(jobs, count, samples, 5, linear);
}

/** G.726 codes at 40 kbit/s to µ-law codes. */
export function g726At40DecodeUlaw(jobs: i32, count: i32, samples: i32): void {
  decode(jobs, count, samples, 5, ulaw);
}

/** G.726 codes at 40 kbit/s to A-law codes. */
export function g726At40DecodeAlaw(jobs: i32, count: i32, samples: i32): void {
  decode(jobs, count, samples, 5, alaw);
}
