// What it does: the tables of ITU-T G.726 that differ by rate: decision levels of the quantiser (tables 7 to 10),
//   normalised output of the inverse quantiser, W and F of the scale factor and speed control (4.2.4, 4.2.5).
// How: decision levels are kept a register each; the rest are looked up by the magnitude of the code, eight 16-bit
//   entries a register, by i8x16.swizzle.
// How to use it: `bits`, 2 to 5 codes at 16 to 40 kbit/s, is a constant where these are called, so that only the tables
//   of one rate remain in a kernel.

/** One less than each decision level, a register each: what is greater reaches the level. */
const levels2: usize = memory.data<i16>(
  [
    260, 260, 260, 260, 260, 260, 260, 260,
  ],
  16,
);
const levels3: usize = memory.data<i16>(
  [
    7, 7, 7, 7, 7, 7, 7, 7,
    217, 217, 217, 217, 217, 217, 217, 217,
    330, 330, 330, 330, 330, 330, 330, 330,
  ],
  16,
);
const levels4: usize = memory.data<i16>(
  [
    -125, -125, -125, -125, -125, -125, -125, -125,
    79, 79, 79, 79, 79, 79, 79, 79,
    177, 177, 177, 177, 177, 177, 177, 177,
    245, 245, 245, 245, 245, 245, 245, 245,
    299, 299, 299, 299, 299, 299, 299, 299,
    348, 348, 348, 348, 348, 348, 348, 348,
    399, 399, 399, 399, 399, 399, 399, 399,
  ],
  16,
);
const levels5: usize = memory.data<i16>(
  [
    -123, -123, -123, -123, -123, -123, -123, -123,
    -17, -17, -17, -17, -17, -17, -17, -17,
    67, 67, 67, 67, 67, 67, 67, 67,
    138, 138, 138, 138, 138, 138, 138, 138,
    197, 197, 197, 197, 197, 197, 197, 197,
    249, 249, 249, 249, 249, 249, 249, 249,
    297, 297, 297, 297, 297, 297, 297, 297,
    338, 338, 338, 338, 338, 338, 338, 338,
    377, 377, 377, 377, 377, 377, 377, 377,
    412, 412, 412, 412, 412, 412, 412, 412,
    444, 444, 444, 444, 444, 444, 444, 444,
    474, 474, 474, 474, 474, 474, 474, 474,
    501, 501, 501, 501, 501, 501, 501, 501,
    527, 527, 527, 527, 527, 527, 527, 527,
    552, 552, 552, 552, 552, 552, 552, 552,
  ],
  16,
);

const output2: usize = memory.data<i16>([116, 365, 0, 0, 0, 0, 0, 0], 16);
const output3: usize = memory.data<i16>([-2048, 135, 273, 373, 0, 0, 0, 0], 16);
const output4: usize = memory.data<i16>([-2048, 4, 135, 213, 273, 323, 373, 425], 16);
const output5: usize = memory.data<i16>(
  [-2048, -66, 28, 104, 169, 224, 274, 318, 358, 395, 429, 459, 488, 514, 539, 566],
  16,
);

const w2: usize = memory.data<i16>([-22, 439, 0, 0, 0, 0, 0, 0], 16);
const w3: usize = memory.data<i16>([-4, 30, 137, 582, 0, 0, 0, 0], 16);
const w4: usize = memory.data<i16>([-12, 18, 41, 64, 112, 198, 355, 1122], 16);
const w5: usize = memory.data<i16>([14, 14, 24, 39, 40, 41, 58, 100, 141, 179, 219, 280, 358, 440, 529, 696], 16);

// F times 512, as FILTA takes it.
const f2: usize = memory.data<i16>([0, 3584, 0, 0, 0, 0, 0, 0], 16);
const f3: usize = memory.data<i16>([0, 512, 1024, 3584, 0, 0, 0, 0], 16);
const f4: usize = memory.data<i16>([0, 0, 0, 512, 512, 512, 1536, 3584], 16);
const f5: usize = memory.data<i16>(
  [0, 0, 0, 0, 0, 512, 512, 512, 512, 512, 1024, 1536, 2048, 2560, 3072, 3072],
  16,
);

/** An index i becomes the bytes 2i and 2i + 1; entries from 8 on are 16 bytes further. */
const pairOfBytes: usize = memory.data<i16>([514, 514, 514, 514, 514, 514, 514, 514], 16);
const lowPair: usize = memory.data<i16>([256, 256, 256, 256, 256, 256, 256, 256], 16);
const sixteenBytesOn: usize = memory.data<i16>([4112, 4112, 4112, 4112, 4112, 4112, 4112, 4112], 16);

const all3: usize = memory.data<i16>([3, 3, 3, 3, 3, 3, 3, 3], 16);
const all7: usize = memory.data<i16>([7, 7, 7, 7, 7, 7, 7, 7], 16);
const all15: usize = memory.data<i16>([15, 15, 15, 15, 15, 15, 15, 15], 16);
const all31: usize = memory.data<i16>([31, 31, 31, 31, 31, 31, 31, 31], 16);

/** All bits of a code; those of its magnitude are codeMask(bits - 1). */
// @ts-ignore: decorator
@inline
export function codeMask(bits: i32): v128 {
  if (bits == 1) return i16x8.splat(1);
  return v128.load(bits == 2 ? all3 : bits == 3 ? all7 : bits == 4 ? all15 : all31);
}

// @ts-ignore: decorator
@inline
function levelsOf(bits: i32): usize {
  return bits == 2 ? levels2 : bits == 3 ? levels3 : bits == 4 ? levels4 : levels5;
}

// @ts-ignore: decorator
@inline
function reaches(logarithm: v128, bits: i32, level: usize): v128 {
  return i16x8.gt_s(logarithm, v128.load(levelsOf(bits) + level * 16));
}

/** QUAN: how many decision levels a normalised logarithm reaches, 0 .. 2^(bits - 1) - 1. */
// @ts-ignore: decorator
@inline
export function magnitudeOf(logarithm: v128, bits: i32): v128 {
  let below = reaches(logarithm, bits, 0);
  if (bits >= 3) {
    below = i16x8.add(below, i16x8.add(reaches(logarithm, bits, 1), reaches(logarithm, bits, 2)));
  }
  if (bits >= 4) {
    const lower = i16x8.add(reaches(logarithm, bits, 3), reaches(logarithm, bits, 4));
    below = i16x8.add(below, i16x8.add(lower, i16x8.add(reaches(logarithm, bits, 5), reaches(logarithm, bits, 6))));
  }
  if (bits == 5) {
    const first = i16x8.add(reaches(logarithm, bits, 7), reaches(logarithm, bits, 8));
    const second = i16x8.add(reaches(logarithm, bits, 9), reaches(logarithm, bits, 10));
    const third = i16x8.add(reaches(logarithm, bits, 11), reaches(logarithm, bits, 12));
    const fourth = i16x8.add(reaches(logarithm, bits, 13), reaches(logarithm, bits, 14));
    below = i16x8.add(below, i16x8.add(i16x8.add(first, second), i16x8.add(third, fourth)));
  }
  return i16x8.neg(below);
}

/** Where a magnitude's entry lies in the tables, for both bytes of a lane. */
// @ts-ignore: decorator
@inline
export function tableIndex(magnitude: v128): v128 {
  return i16x8.add(i16x8.mul(magnitude, v128.load(pairOfBytes)), v128.load(lowPair));
}

/** A 16-bit entry of each lane; tables of 16 entries are two registers, and an index out of range adds zero. */
// @ts-ignore: decorator
@inline
function entryOf(table: usize, index: v128, bits: i32): v128 {
  const entry = i8x16.swizzle(v128.load(table), index);
  if (bits < 5) return entry;
  return v128.or(entry, i8x16.swizzle(v128.load(table, 16), i16x8.sub(index, v128.load(sixteenBytesOn))));
}

/** RECONST: the normalised logarithm that stands for a code's magnitude. */
// @ts-ignore: decorator
@inline
export function reconstructed(index: v128, bits: i32): v128 {
  return entryOf(bits == 2 ? output2 : bits == 3 ? output3 : bits == 4 ? output4 : output5, index, bits);
}

/** FUNCTW: the scale factor multiplier, over 32. */
// @ts-ignore: decorator
@inline
export function scaleWeight(index: v128, bits: i32): v128 {
  return entryOf(bits == 2 ? w2 : bits == 3 ? w3 : bits == 4 ? w4 : w5, index, bits);
}

/** FUNCTF: how fast the quantiser shall adapt, 0 .. 7, times 512. */
// @ts-ignore: decorator
@inline
export function speedWeight(index: v128, bits: i32): v128 {
  return entryOf(bits == 2 ? f2 : bits == 3 ? f3 : bits == 4 ? f4 : f5, index, bits);
}
