// What it does: the tables of ITU-T G.722 (clause 6.2): quantiser levels and outputs, logarithmic scale factors, QMF.
// How: up to 16 entries are looked up by swizzle; longer tables by loading lane by lane. `scales` is DETL and DETH for
//   each NB >> 6: the table ILA of SCALEH, plus one, times four; SCALEL begins 64 entries on.
// How to use it: gathered() and entryOf16() with indices that lie in the table.

/** Q6 of QUANTL, levels 1 to 29. */
export const lowLevels: usize = memory.data<i16>(
  [
    35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339,
    1458, 1612, 1765, 1980, 2195, 2557, 2919,
  ],
  16,
);
export const lowLevelsCount: i32 = 29;

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

/** Half of the 24 coefficients of the quadrature mirror filter; the other half is the same backwards. */
export const mirror: usize = memory.data<i16>([3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11], 16);

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

/** Entries of a table of any length. */
// @ts-ignore: decorator
@inline
export function gathered(table: usize, index: v128): v128 {
  let lanes = v128.load16_splat(table + ((i16x8.extract_lane_u(index, 0) as usize) << 1));
  lanes = v128.load_lane<i16>(table + ((i16x8.extract_lane_u(index, 1) as usize) << 1), lanes, 1);
  lanes = v128.load_lane<i16>(table + ((i16x8.extract_lane_u(index, 2) as usize) << 1), lanes, 2);
  lanes = v128.load_lane<i16>(table + ((i16x8.extract_lane_u(index, 3) as usize) << 1), lanes, 3);
  lanes = v128.load_lane<i16>(table + ((i16x8.extract_lane_u(index, 4) as usize) << 1), lanes, 4);
  lanes = v128.load_lane<i16>(table + ((i16x8.extract_lane_u(index, 5) as usize) << 1), lanes, 5);
  lanes = v128.load_lane<i16>(table + ((i16x8.extract_lane_u(index, 6) as usize) << 1), lanes, 6);
  return v128.load_lane<i16>(table + ((i16x8.extract_lane_u(index, 7) as usize) << 1), lanes, 7);
}
