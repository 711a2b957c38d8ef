// What it does: looks at 20 ms of a call through a Hann window and says how much of them is each of a few frequencies,
//   and with which phase. It decides nothing.
// How: the window is symmetric, so a cosine about its centre sees only the sum of the samples that mirror each other
//   and a sine only their difference: half the products of a plain correlation. 16-bit dot products, 12-bit tables.
// How to use it: prepareWindow and prepareRow at start. A record begins with windowHeadBytes, and eachWindow hands it on
//   whenever 20 ms are full, every 10 ms: foldWindow then leaves sums and differences in the lane scratch and returns the
//   energy; realPart and imaginaryPart, or fourParts, are those of frequencies.

import { laneScratchOffset } from "./memory-map";
import { phaseStep, sine } from "./sine";

/** 20 ms at 8000 Hz; the window moves on by half of it. */
export const windowSamples: i32 = 160;
export const windowHopSamples: i32 = 80;

// The head of a record that is looked at in windows.
const heldOffset: usize = 0; // i16 x 160: samples not yet looked at, or needed once more
const fillOffset: usize = 320; // i32: how many
export const windowHeadBytes: usize = 324;

const half: i32 = windowSamples / 2;
/** One table of a frequency: cosine or sine, half a window of i16. */
export const rowBytes: i32 = half * 2;
const coefficientOne: f32 = 4095;

const sums: usize = laneScratchOffset as usize;
const differences: usize = sums + (half * 2) as usize;
/** The right half of the window; the left is its mirror. Peak one half, so that a sum of two stays in 16 bits. */
const windowTable: usize = memory.data(160, 16);

/** |row|^2 of a steady tone times this is the tone's energy under the window. Hann: sum of squares / square of sum = 1.5 / N. */
export const energyOfSquare: f32 = <f32>(2.0 * 1.5 / 160.0 / (4095.0 * 4095.0));
/** Energy under the window of a tone of amplitude one: half the sum of the squared window, peak one half. */
export const energyOfUnitAmplitude: f32 = <f32>(0.5 * 0.375 * 0.25 * 160.0);

export function prepareWindow(): void {
  for (let i = 0; i < half; i++) {
    // cos at the middle of sample i from the centre: (1 + cos(2 pi (i + 1/2) / N)) / 2, halved again.
    const cosine = sine(phaseStep(<f64>i + 0.5, <f64>windowSamples) + 0x40000000);
    store<i16>(windowTable + (i << 1), <i16>(<i32>(<f32>8191.5 * (1 + cosine))));
  }
}

/** Fills the two tables of a frequency: cosine at `row`, sine rowBytes after it. */
export function prepareRow(row: usize, hz: f64): void {
  for (let i = 0; i < half; i++) {
    const phase = <u32>(<u64>((<f64>i + 0.5) * hz / 8000.0 * 4294967296.0 + 0.5));
    store<i16>(row + (i << 1), <i16>(<i32>nearest(coefficientOne * sine(phase + 0x40000000))));
    store<i16>(row + rowBytes + (i << 1), <i16>(<i32>nearest(coefficientOne * sine(phase))));
  }
}

/** Takes the samples at `source`; the last answer of `look` that was not 0, which is asked whenever a window is full. */
export function eachWindow(state: usize, source: usize, samples: i32, look: (state: usize) => i32): i32 {
  let fill = load<i32>(state, fillOffset);
  let answer = 0;
  for (let at = 0; at < samples; at += 8) {
    v128.store(state + heldOffset + (fill << 1), v128.load(source + (at << 1)));
    fill += 8;
    if (fill < windowSamples) continue;
    const found = look(state);
    if (found != 0) answer = found;
    keepLaterHalf(state + heldOffset);
    fill = windowSamples - windowHopSamples;
  }
  store<i32>(state, fill, fillOffset);
  return answer;
}

/** Windows the 160 samples that a record holds; returns their energy under the window. */
export function foldWindow(state: usize): f32 {
  const samples = state + heldOffset;
  let energy = f32x4.splat(0);
  let left = samples + (half * 2 - 16) as usize;
  let right = samples + (half * 2) as usize;
  for (let at: usize = 0; at < (rowBytes as usize); at += 16) {
    const weights = v128.load(windowTable + at);
    const after = i16x8.q15mulr_sat_s(v128.load(right), weights);
    const mirrored = v128.load(left);
    const before = i16x8.q15mulr_sat_s(v128.shuffle<i16>(mirrored, mirrored, 7, 6, 5, 4, 3, 2, 1, 0), weights);
    v128.store(sums + at, i16x8.add_sat_s(after, before));
    v128.store(differences + at, i16x8.sub_sat_s(after, before));
    const squares = i32x4.dot_i16x8_s(after, after);
    energy = f32x4.add(energy, f32x4.convert_i32x4_s(squares));
    energy = f32x4.add(energy, f32x4.convert_i32x4_s(i32x4.dot_i16x8_s(before, before)));
    left -= 16;
    right += 16;
  }
  return acrossLanes(energy);
}

/** The window moves on: its later half is the earlier half of the next. */
function keepLaterHalf(samples: usize): void {
  for (let at: usize = 0; at < (rowBytes as usize); at += 16) {
    v128.store(samples + at, v128.load(samples + rowBytes + at));
  }
}

// @ts-ignore: decorator
@inline
export function acrossLanes(lanes: v128): f32 {
  const pairs = f32x4.add(lanes, v128.shuffle<i32>(lanes, lanes, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

// @ts-ignore: decorator
@inline
function product(input: usize, table: usize): v128 {
  let sum = i32x4.dot_i16x8_s(v128.load(input), v128.load(table));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(input, 16), v128.load(table, 16)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(input, 32), v128.load(table, 32)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(input, 48), v128.load(table, 48)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(input, 64), v128.load(table, 64)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(input, 80), v128.load(table, 80)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(input, 96), v128.load(table, 96)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(input, 112), v128.load(table, 112)));
  sum = i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(input, 128), v128.load(table, 128)));
  return i32x4.add(sum, i32x4.dot_i16x8_s(v128.load(input, 144), v128.load(table, 144)));
}

/** The part of the folded window along the cosines of `row`. */
// @ts-ignore: decorator
@inline
export function realPart(row: usize): f32 {
  return acrossLanes(f32x4.convert_i32x4_s(product(sums, row)));
}

/** The part along its sines, with the sign of a tone that turns backwards: e^-jwt. */
// @ts-ignore: decorator
@inline
export function imaginaryPart(row: usize): f32 {
  return -acrossLanes(f32x4.convert_i32x4_s(product(differences, row + rowBytes as usize)));
}

/** Four sums, each over its own lanes. */
// @ts-ignore: decorator
@inline
function acrossFour(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}

/** What realPart and imaginaryPart give for four frequencies whose tables follow one another: f32x4 at `to` and 16 on. */
export function fourParts(rows: usize, to: usize): void {
  let re0 = i32x4.splat(0);
  let re1 = re0;
  let re2 = re0;
  let re3 = re0;
  let im0 = re0;
  let im1 = re0;
  let im2 = re0;
  let im3 = re0;
  for (let at: usize = 0; at < (rowBytes as usize); at += 16) {
    const row = rows + at;
    const sum = v128.load(sums + at);
    const difference = v128.load(differences + at);
    re0 = i32x4.add(re0, i32x4.dot_i16x8_s(sum, v128.load(row)));
    im0 = i32x4.add(im0, i32x4.dot_i16x8_s(difference, v128.load(row, rowBytes)));
    re1 = i32x4.add(re1, i32x4.dot_i16x8_s(sum, v128.load(row, 2 * rowBytes)));
    im1 = i32x4.add(im1, i32x4.dot_i16x8_s(difference, v128.load(row, 3 * rowBytes)));
    re2 = i32x4.add(re2, i32x4.dot_i16x8_s(sum, v128.load(row, 4 * rowBytes)));
    im2 = i32x4.add(im2, i32x4.dot_i16x8_s(difference, v128.load(row, 5 * rowBytes)));
    re3 = i32x4.add(re3, i32x4.dot_i16x8_s(sum, v128.load(row, 6 * rowBytes)));
    im3 = i32x4.add(im3, i32x4.dot_i16x8_s(difference, v128.load(row, 7 * rowBytes)));
  }
  const real = acrossFour(
    f32x4.convert_i32x4_s(re0),
    f32x4.convert_i32x4_s(re1),
    f32x4.convert_i32x4_s(re2),
    f32x4.convert_i32x4_s(re3),
  );
  const imaginary = acrossFour(
    f32x4.convert_i32x4_s(im0),
    f32x4.convert_i32x4_s(im1),
    f32x4.convert_i32x4_s(im2),
    f32x4.convert_i32x4_s(im3),
  );
  v128.store(to, real);
  v128.store(to, f32x4.neg(imaginary), 16);
}
