// What it does: the windows of ITU-T G.722's quadrature mirror filter (5.2.1, 5.2.2) in eight lanes: one for either phase of
//   the 16 kHz samples, and the sums of twelve products over them. What goes into them and what becomes of the sums is
//   g722.ts's.
// How: a window holds neighbours in time side by side, in 32-bit lanes, so that one dot product makes two of a sum's
//   products: entry k is sample k with sample k + 1, in its lower and upper four lanes. Sums of a phase take every other
//   entry. A record holds the eleven samples that the next sum still needs.
// How to use it: openMirror(); push() and sumLower(), sumUpper() for each sample of a phase; slideMirror() after eight;
//   closeMirror(). A phase is `earlier` or `later`, its coefficients g722-tables.ts's.

import { kernelLanes, recordLanes } from "./lane-group";
import { bandNumbers, bandWindowsBytes } from "./g722-band";

/** Numbers of both phases in a record. */
export const mirrorNumbers: i32 = 24;
const pairBytes: usize = 32;
/** Ten entries that were there, and eight to come; then the newest sample as it is. */
const windowBytes: usize = 19 * pairBytes;
const entriesKept: usize = 10;
export const earlier: usize = kernelLanes + bandWindowsBytes;
export const later: usize = earlier + windowBytes;
export const mirrorWindowsEnd: usize = later + windowBytes;
const newest: usize = 18 * pairBytes;
const recordEarlier: usize = recordLanes + ((bandNumbers * 16) as usize);
const recordLater: usize = recordEarlier + 11 * 16;

// @ts-ignore: decorator
@inline
function storePair(entry: usize, first: v128, second: v128): void {
  v128.store(entry, i16x8.shuffle(first, second, 0, 8, 1, 9, 2, 10, 3, 11), 0);
  v128.store(entry, i16x8.shuffle(first, second, 4, 12, 5, 13, 6, 14, 7, 15), 16);
}

function openPhase(phase: usize, record: usize): void {
  for (let k: usize = 0; k < entriesKept; k += 1) {
    storePair(phase + k * pairBytes, v128.load(record + k * 16), v128.load(record + (k + 1) * 16));
  }
  v128.store(phase + newest, v128.load(record + entriesKept * 16));
}

function closePhase(phase: usize, record: usize): void {
  for (let k: usize = 0; k < entriesKept; k += 1) {
    const pair = phase + k * pairBytes;
    v128.store(record + k * 16, i16x8.shuffle(v128.load(pair), v128.load(pair, 16), 0, 2, 4, 6, 8, 10, 12, 14));
  }
  v128.store(record + entriesKept * 16, v128.load(phase + newest));
}

function slidePhase(phase: usize): void {
  for (let row: usize = 0; row < entriesKept * pairBytes; row += 16) {
    v128.store(phase + row, v128.load(phase + 8 * pairBytes + row));
  }
}

/** Once for each group, when its records are in the lanes. */
export function openMirror(): void {
  openPhase(earlier, recordEarlier);
  openPhase(later, recordLater);
}

/** Before the records go back. */
export function closeMirror(): void {
  closePhase(earlier, recordEarlier);
  closePhase(later, recordLater);
}

/** After eight samples of either phase. */
export function slideMirror(): void {
  slidePhase(earlier);
  slidePhase(later);
}

/** A phase's next sample, number `sample` of eight. */
// @ts-ignore: decorator
@inline
export function push(phase: usize, sample: usize, value: v128): void {
  storePair(phase + (entriesKept + sample) * pairBytes, v128.load(phase + newest), value);
  v128.store(phase + newest, value);
}

/** Sum of the twelve products that end with sample number `sample`, for the lower four lanes. */
// @ts-ignore: decorator
@inline
export function sumLower(phase: usize, sample: usize, coefficients: usize): v128 {
  return sum(phase + sample * pairBytes, coefficients);
}

/** The same for the upper four lanes. */
// @ts-ignore: decorator
@inline
export function sumUpper(phase: usize, sample: usize, coefficients: usize): v128 {
  return sum(phase + sample * pairBytes + 16, coefficients);
}

// @ts-ignore: decorator
@inline
function sum(pairs: usize, coefficients: usize): v128 {
  const first = i32x4.add(twoProducts(pairs, coefficients, 0), twoProducts(pairs, coefficients, 1));
  const second = i32x4.add(twoProducts(pairs, coefficients, 2), twoProducts(pairs, coefficients, 3));
  const third = i32x4.add(twoProducts(pairs, coefficients, 4), twoProducts(pairs, coefficients, 5));
  return i32x4.add(i32x4.add(first, second), third);
}

// @ts-ignore: decorator
@inline
function twoProducts(pairs: usize, coefficients: usize, k: usize): v128 {
  return i32x4.dot_i16x8_s(v128.load(pairs + 2 * k * pairBytes), v128.load(coefficients + k * 16));
}
