// What it does: the tables of ITU-T G.722 (clause 6.2): quantiser levels and outputs, logarithmic scale factors, QMF.
// How: up to 16 entries are looked up by swizzle; longer tables by loading lane by lane. `scales` is DETL and DETH for
//   each NB >> 6: the table ILA of SCALEH, plus one, times four; SCALEL begins 64 entries on.
// How to use it: gathered() and entryOf16() with indices that lie in the table.

/**
 * Q6 of QUANTL in two steps: levels 6, 12, 18 and 24 of 29, a register each, part them into five groups; each register
 * of the second table holds one level of each group.
 */
const partingLevels: usize = memory.data<i16>(
  [
    233, 233, 233, 233, 233, 233, 233, 233,
    530, 530, 530, 530, 530, 530, 530, 530,
    940, 940, 940, 940, 940, 940, 940, 940,
    1612, 1612, 1612, 1612, 1612, 1612, 1612, 1612,
  ],
  16,
);
const groupLevels: usize = memory.data<i16>(
  [
    35, 276, 587, 1023, 1765, 0, 0, 0,
    72, 323, 650, 1121, 1980, 0, 0, 0,
    110, 370, 714, 1219, 2195, 0, 0, 0,
    150, 422, 786, 1339, 2557, 0, 0, 0,
    190, 473, 858, 1458, 2919, 0, 0, 0,
  ],
  16,
);

/** Outputs of the inverse quantisers for each code of 6, 5, 4 and (upper band) 2 bits. */
export const low6: usize = memory.data<i16>(
  [
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576,
    -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040,
    -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
    4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
  ],
  16,
);
export const low5: usize = memory.data<i16>(
  [
    -280, -280, -23352, -17560, -14120, -11664, -9752, -8184, -6864, -5712, -4696, -3784, -2960, -2208, -1520, -880,
    23352, 17560, 14120, 11664, 9752, 8184, 6864, 5712, 4696, 3784, 2960, 2208, 1520, 880, 280, -280,
  ],
  16,
);
export const low4: usize = memory.data<i16>(
  [0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0],
  16,
);
export const high2: usize = memory.data<i16>([-7408, -1616, 7408, 1616, 0, 0, 0, 0], 16);

/** WL for each code of 4 bits, and WH for each of 2. */
export const lowWeights: usize = memory.data<i16>(
  [-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60],
  16,
);
export const highWeights: usize = memory.data<i16>([798, -214, 798, -214, 0, 0, 0, 0], 16);

export const scales: usize = memory.data<i16>(
  [
    8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 16,
    16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 20, 20, 20, 20, 20, 20, 20, 20, 24, 24, 24, 24, 24, 24, 24, 28, 28, 28,
    28, 28, 28, 32, 32, 32, 32, 32, 32, 36, 36, 36, 36, 36, 40, 40, 40, 40, 44, 44, 44, 44, 48, 48, 48, 48, 52, 52,
    52, 56, 56, 56, 56, 60, 60, 64, 64, 64, 68, 68, 68, 72, 72, 76, 76, 76, 80, 80, 84, 84, 88, 88, 92, 92, 96, 96,
    100, 100, 104, 104, 108, 112, 112, 116, 116, 120, 124, 128, 128, 132, 136, 136, 140, 144, 148, 152, 152, 156, 160,
    164, 168, 172, 176, 180, 184, 188, 192, 196, 200, 204, 208, 212, 220, 224, 228, 232, 236, 244, 248, 256, 260, 264,
    272, 276, 284, 288, 296, 304, 308, 316, 324, 332, 336, 344, 352, 360, 368, 376, 384, 392, 400, 412, 420, 428, 440,
    448, 456, 468, 476, 488, 500, 512, 520, 532, 544, 556, 568, 580, 592, 608, 620, 632, 648, 664, 676, 692, 708, 724,
    740, 756, 772, 788, 804, 824, 840, 860, 880, 896, 916, 936, 956, 980, 1000, 1024, 1044, 1068, 1092, 1116, 1140,
    1164, 1188, 1216, 1244, 1268, 1296, 1328, 1356, 1384, 1416, 1448, 1480, 1512, 1544, 1576, 1612, 1648, 1684, 1720,
    1760, 1796, 1836, 1876, 1916, 1960, 2004, 2048, 2092, 2136, 2184, 2232, 2280, 2332, 2380, 2432, 2488, 2540, 2596,
    2656, 2712, 2772, 2832, 2896, 2960, 3024, 3088, 3156, 3228, 3296, 3368, 3444, 3520, 3596, 3676, 3756, 3836, 3920,
    4008, 4096, 4184, 4276, 4372, 4464, 4564, 4664, 4764, 4868, 4976, 5084, 5196, 5312, 5428, 5548, 5668, 5792, 5920,
    6048, 6180, 6316, 6456, 6596, 6740, 6888, 7040, 7192, 7352, 7512, 7676, 7844, 8016, 8192, 8372, 8556, 8744, 8932,
    9128, 9328, 9532, 9740, 9956, 10172, 10396, 10624, 10856, 11096, 11336, 11584, 11840, 12100, 12364, 12632, 12912,
    13192, 13484, 13776, 14080, 14388, 14704, 15024, 15352, 15688, 16032, 16384,
  ],
  16,
);
export const lowScales: usize = scales + 64 * 2;

/**
 * Half of the 24 coefficients of the quadrature mirror filter, two by two, each pair in all four places of a register; and
 * the other half, which is the same backwards.
 */
export const mirrorForwards: usize = memory.data<i16>(
  [
    3, -11, 3, -11, 3, -11, 3, -11,
    12, 32, 12, 32, 12, 32, 12, 32,
    -210, 951, -210, 951, -210, 951, -210, 951,
    3876, -805, 3876, -805, 3876, -805, 3876, -805,
    362, -156, 362, -156, 362, -156, 362, -156,
    53, -11, 53, -11, 53, -11, 53, -11,
  ],
  16,
);
export const mirrorBackwards: usize = memory.data<i16>(
  [
    -11, 53, -11, 53, -11, 53, -11, 53,
    -156, 362, -156, 362, -156, 362, -156, 362,
    -805, 3876, -805, 3876, -805, 3876, -805, 3876,
    951, -210, 951, -210, 951, -210, 951, -210,
    32, 12, 32, 12, 32, 12, 32, 12,
    -11, 3, -11, 3, -11, 3, -11, 3,
  ],
  16,
);

const allMinus514: usize = memory.data<i16>([-514, -514, -514, -514, -514, -514, -514, -514], 16);
const all6: usize = memory.data<i16>([6, 6, 6, 6, 6, 6, 6, 6], 16);
const pairOfBytes: usize = memory.data<i16>([514, 514, 514, 514, 514, 514, 514, 514], 16);
const lowPair: usize = memory.data<i16>([256, 256, 256, 256, 256, 256, 256, 256], 16);
const sixteenBytesOn: usize = memory.data<i16>([4112, 4112, 4112, 4112, 4112, 4112, 4112, 4112], 16);

/** Entries of a table of up to 8. */
// @ts-ignore: decorator
@inline
export function entryOf8(table: usize, index: v128): v128 {
  const bytes = i16x8.add(i16x8.mul(index, v128.load(pairOfBytes)), v128.load(lowPair));
  return i8x16.swizzle(v128.load(table), bytes);
}

/** Entries of a table of 16: an index beyond a register gives zero there. */
// @ts-ignore: decorator
@inline
export function entryOf16(table: usize, index: v128): v128 {
  const bytes = i16x8.add(i16x8.mul(index, v128.load(pairOfBytes)), v128.load(lowPair));
  const first = i8x16.swizzle(v128.load(table), bytes);
  return v128.or(first, i8x16.swizzle(v128.load(table, 16), i8x16.sub(bytes, v128.load(sixteenBytesOn))));
}

/** The negative of how many levels of Q6 are less than the number in each lane. */
// @ts-ignore: decorator
@inline
export function reachedLevels(number: v128): v128 {
  const parted = i16x8.add(
    i16x8.add(i16x8.gt_s(number, v128.load(partingLevels)), i16x8.gt_s(number, v128.load(partingLevels, 16))),
    i16x8.add(i16x8.gt_s(number, v128.load(partingLevels, 32)), i16x8.gt_s(number, v128.load(partingLevels, 48))),
  );
  const bytes = i16x8.add(i16x8.mul(parted, v128.load(allMinus514)), v128.load(lowPair));
  const within = i16x8.add(
    i16x8.add(reachedOfGroup(number, 0, bytes), reachedOfGroup(number, 16, bytes)),
    i16x8.add(reachedOfGroup(number, 32, bytes), reachedOfGroup(number, 48, bytes)),
  );
  return i16x8.add(
    i16x8.add(i16x8.mul(parted, v128.load(all6)), reachedOfGroup(number, 64, bytes)),
    within,
  );
}

// @ts-ignore: decorator
@inline
function reachedOfGroup(number: v128, row: usize, bytes: v128): v128 {
  return i16x8.gt_s(number, i8x16.swizzle(v128.load(groupLevels + row), bytes));
}

/** Entries of a table of any length, by twice their index. */
// @ts-ignore: decorator
@inline
export function gathered(table: usize, doubled: v128): v128 {
  let lanes = v128.load16_splat(table + (i16x8.extract_lane_u(doubled, 0) as usize));
  lanes = v128.load_lane<i16>(table + (i16x8.extract_lane_u(doubled, 1) as usize), lanes, 1);
  lanes = v128.load_lane<i16>(table + (i16x8.extract_lane_u(doubled, 2) as usize), lanes, 2);
  lanes = v128.load_lane<i16>(table + (i16x8.extract_lane_u(doubled, 3) as usize), lanes, 3);
  lanes = v128.load_lane<i16>(table + (i16x8.extract_lane_u(doubled, 4) as usize), lanes, 4);
  lanes = v128.load_lane<i16>(table + (i16x8.extract_lane_u(doubled, 5) as usize), lanes, 5);
  lanes = v128.load_lane<i16>(table + (i16x8.extract_lane_u(doubled, 6) as usize), lanes, 6);
  return v128.load_lane<i16>(table + (i16x8.extract_lane_u(doubled, 7) as usize), lanes, 7);
}
