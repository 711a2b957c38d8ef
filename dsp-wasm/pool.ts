// What it does: keeps the constants of the large kernels in linear memory, one full register each.
// How: V8 from version 12 on builds a v128.const anew at each use in a large loop, which costs a fifth to two fifths
//   of an ADPCM kernel; a load of 16 bytes from a constant address costs nothing that can be measured.
// How to use it: v128.load(all128), or table lookups by i8x16.swizzle(v128.load(table), indices).

export const all1: usize = memory.data<i16>([1, 1, 1, 1, 1, 1, 1, 1], 16);
export const all7: usize = memory.data<i16>([7, 7, 7, 7, 7, 7, 7, 7], 16);
export const all15: usize = memory.data<i16>([15, 15, 15, 15, 15, 15, 15, 15], 16);
export const all31: usize = memory.data<i16>([31, 31, 31, 31, 31, 31, 31, 31], 16);
export const all32: usize = memory.data<i16>([32, 32, 32, 32, 32, 32, 32, 32], 16);
export const all33: usize = memory.data<i16>([33, 33, 33, 33, 33, 33, 33, 33], 16);
export const all48: usize = memory.data<i16>([48, 48, 48, 48, 48, 48, 48, 48], 16);
export const all63: usize = memory.data<i16>([63, 63, 63, 63, 63, 63, 63, 63], 16);
export const all85: usize = memory.data<i16>([85, 85, 85, 85, 85, 85, 85, 85], 16);
export const all127: usize = memory.data<i16>([127, 127, 127, 127, 127, 127, 127, 127], 16);
export const all128: usize = memory.data<i16>([128, 128, 128, 128, 128, 128, 128, 128], 16);
export const all132: usize = memory.data<i16>([132, 132, 132, 132, 132, 132, 132, 132], 16);
export const all192: usize = memory.data<i16>([192, 192, 192, 192, 192, 192, 192, 192], 16);
export const all213: usize = memory.data<i16>([213, 213, 213, 213, 213, 213, 213, 213], 16);
export const all255: usize = memory.data<i16>([255, 255, 255, 255, 255, 255, 255, 255], 16);
export const all256: usize = memory.data<i16>([256, 256, 256, 256, 256, 256, 256, 256], 16);
export const all257: usize = memory.data<i16>([257, 257, 257, 257, 257, 257, 257, 257], 16);
export const all512: usize = memory.data<i16>([512, 512, 512, 512, 512, 512, 512, 512], 16);
export const all512Less1: usize = memory.data<i16>([511, 511, 511, 511, 511, 511, 511, 511], 16);
export const all544: usize = memory.data<i16>([544, 544, 544, 544, 544, 544, 544, 544], 16);
export const all1535: usize = memory.data<i16>([1535, 1535, 1535, 1535, 1535, 1535, 1535, 1535], 16);
export const all2080: usize = memory.data<i16>([2080, 2080, 2080, 2080, 2080, 2080, 2080, 2080], 16);
export const all2367: usize = memory.data<i16>([2367, 2367, 2367, 2367, 2367, 2367, 2367, 2367], 16);
export const all5120: usize = memory.data<i16>([5120, 5120, 5120, 5120, 5120, 5120, 5120, 5120], 16);
export const all8191: usize = memory.data<i16>([8191, 8191, 8191, 8191, 8191, 8191, 8191, 8191], 16);
export const all12288: usize = memory.data<i16>([12288, 12288, 12288, 12288, 12288, 12288, 12288, 12288], 16);
export const all15360: usize = memory.data<i16>([15360, 15360, 15360, 15360, 15360, 15360, 15360, 15360], 16);
export const all32767: usize = memory.data<i16>([32767, 32767, 32767, 32767, 32767, 32767, 32767, 32767], 16);
export const allMinus2: usize = memory.data<i16>([-2, -2, -2, -2, -2, -2, -2, -2], 16);
export const allMinus128: usize = memory.data<i16>([-128, -128, -128, -128, -128, -128, -128, -128], 16);
export const allMinus192: usize = memory.data<i16>([-192, -192, -192, -192, -192, -192, -192, -192], 16);
export const allMinus8191: usize = memory.data<i16>([-8191, -8191, -8191, -8191, -8191, -8191, -8191, -8191], 16);
export const allMinus8192: usize = memory.data<i16>([-8192, -8192, -8192, -8192, -8192, -8192, -8192, -8192], 16);
export const allMinus11776: usize = memory.data<i16>(
  [-11776, -11776, -11776, -11776, -11776, -11776, -11776, -11776],
  16,
);
export const allMinus12288: usize = memory.data<i16>(
  [-12288, -12288, -12288, -12288, -12288, -12288, -12288, -12288],
  16,
);
export const allMinus32768: usize = memory.data<i16>(
  [-32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768],
  16,
);

/** Exponent of 1.0 in f32, biased so that a number's first bit counts from 1: 126 << 5; and from 0: 127 << 7. */
export const exponentFromOne: usize = memory.data<i16>([4032, 4032, 4032, 4032, 4032, 4032, 4032, 4032], 16);
export const exponentFromZero: usize = memory.data<i16>([16256, 16256, 16256, 16256, 16256, 16256, 16256, 16256], 16);

/** Powers of two as bytes 1 .. 128, and 1 .. 64 only: an index beyond gives 0. */
export const powers8: usize = memory.data<u8>([1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0], 16);
export const powers7: usize = memory.data<u8>([1, 2, 4, 8, 16, 32, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0], 16);

/** 1 .. 128 for exponents 7 .. 14. */
export const powersFrom7: usize = memory.data<u8>([0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 0], 16);

/** Of sixteen G.711 codes: the sign; and what A-law turns of a positive one. */
export const signBytes: usize = memory.data<u8>(
  [128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128],
  16,
);
export const turnedBytes: usize = memory.data<u8>(
  [213, 213, 213, 213, 213, 213, 213, 213, 213, 213, 213, 213, 213, 213, 213, 213],
  16,
);
