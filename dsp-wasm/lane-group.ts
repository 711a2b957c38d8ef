// What it does: takes the next eight jobs of a table as one group: their state records and samples go into lanes, one
//   job a lane, and come back. Records stay contiguous per call, kernels compute across calls.
// How: eight rows of eight 16-bit numbers are transposed by 24 shuffles. A group of fewer jobs is filled up with a
//   dummy whose record and frame lie in the lane scratch, so that a kernel knows only full groups.
// How to use it: lookUpGroup(); gatherRecords(); for each eight samples gather…, run, scatter…; scatterRecords().

import { jobBytes, laneScratchBytes, laneScratchOffset } from "./memory-map";

/** Most 16-bit numbers of a record that goes into lanes. */
const recordNumbersMax: i32 = 128;

// The lane scratch: pointers of the group, one row of eight samples in transit, the record's lanes, the dummy's own.
const pointers: usize = laneScratchOffset as usize;
const statePointers: usize = pointers;
const sourcePointers: usize = pointers + 32;
const destinationPointers: usize = pointers + 64;
export const tile: usize = pointers + 128;
const turned: usize = tile + 128;
/** A record's number k lies in the 16 bytes at recordLanes + 16 * k. */
export const recordLanes: usize = turned + 128;
/** For the kernels' own rows. */
export const kernelLanes: usize = recordLanes + ((recordNumbersMax * 16) as usize);
const dummyRecord: usize = (laneScratchOffset + laneScratchBytes / 2) as usize;
/** The dummy reads and writes the same eight samples again and again. */
const dummyFrame: usize = dummyRecord + ((recordNumbersMax * 2) as usize);

/** Notes where the jobs from `job` on, eight or as many as are left, have their records and samples. */
export function lookUpGroup(job: usize, left: i32): void {
  for (let lane = 0; lane < 8; lane += 1) {
    const at = (lane << 2) as usize;
    const present = lane < left;
    const entry = job + ((lane * jobBytes) as usize);
    store<u32>(statePointers + at, present ? load<u32>(entry) : (dummyRecord as u32));
    store<u32>(sourcePointers + at, present ? load<u32>(entry, 4) : (dummyFrame as u32));
    store<u32>(destinationPointers + at, present ? load<u32>(entry, 8) : (dummyFrame as u32));
  }
}

// @ts-ignore: decorator
@inline
function pointer(list: usize, lane: usize): usize {
  return load<u32>(list + lane * 4) as usize;
}

/** Rows at `from`, 16 bytes each, to columns at `to`. */
// @ts-ignore: decorator
@inline
function transpose(from: usize, to: usize): void {
  const a = v128.load(from, 0);
  const b = v128.load(from, 16);
  const c = v128.load(from, 32);
  const d = v128.load(from, 48);
  const e = v128.load(from, 64);
  const f = v128.load(from, 80);
  const g = v128.load(from, 96);
  const h = v128.load(from, 112);
  const ae = i16x8.shuffle(a, e, 0, 8, 1, 9, 2, 10, 3, 11);
  const bf = i16x8.shuffle(b, f, 0, 8, 1, 9, 2, 10, 3, 11);
  const cg = i16x8.shuffle(c, g, 0, 8, 1, 9, 2, 10, 3, 11);
  const dh = i16x8.shuffle(d, h, 0, 8, 1, 9, 2, 10, 3, 11);
  const ae4 = i16x8.shuffle(a, e, 4, 12, 5, 13, 6, 14, 7, 15);
  const bf4 = i16x8.shuffle(b, f, 4, 12, 5, 13, 6, 14, 7, 15);
  const cg4 = i16x8.shuffle(c, g, 4, 12, 5, 13, 6, 14, 7, 15);
  const dh4 = i16x8.shuffle(d, h, 4, 12, 5, 13, 6, 14, 7, 15);
  transposeHalf(ae, bf, cg, dh, to);
  transposeHalf(ae4, bf4, cg4, dh4, to + 64);
}

/** Two columns of each pair of rows in, four whole columns out. */
// @ts-ignore: decorator
@inline
function transposeHalf(ae: v128, bf: v128, cg: v128, dh: v128, to: usize): void {
  const aceg = i16x8.shuffle(ae, cg, 0, 8, 1, 9, 2, 10, 3, 11);
  const bdfh = i16x8.shuffle(bf, dh, 0, 8, 1, 9, 2, 10, 3, 11);
  const aceg2 = i16x8.shuffle(ae, cg, 4, 12, 5, 13, 6, 14, 7, 15);
  const bdfh2 = i16x8.shuffle(bf, dh, 4, 12, 5, 13, 6, 14, 7, 15);
  v128.store(to, i16x8.shuffle(aceg, bdfh, 0, 8, 1, 9, 2, 10, 3, 11), 0);
  v128.store(to, i16x8.shuffle(aceg, bdfh, 4, 12, 5, 13, 6, 14, 7, 15), 16);
  v128.store(to, i16x8.shuffle(aceg2, bdfh2, 0, 8, 1, 9, 2, 10, 3, 11), 32);
  v128.store(to, i16x8.shuffle(aceg2, bdfh2, 4, 12, 5, 13, 6, 14, 7, 15), 48);
}

/** Eight numbers of each record at a time; `numbers` is a multiple of eight. */
export function gatherRecords(numbers: i32): void {
  for (let first = 0; first < numbers; first += 8) {
    const offset = (first << 1) as usize;
    for (let lane: usize = 0; lane < 8; lane += 1) {
      v128.store(tile + lane * 16, v128.load(pointer(statePointers, lane) + offset));
    }
    transpose(tile, recordLanes + ((first << 4) as usize));
  }
}

/** The way back of gatherRecords. */
export function scatterRecords(numbers: i32): void {
  for (let first = 0; first < numbers; first += 8) {
    const offset = (first << 1) as usize;
    transpose(recordLanes + ((first << 4) as usize), turned);
    for (let lane: usize = 0; lane < 8; lane += 1) {
      v128.store(pointer(statePointers, lane) + offset, v128.load(turned + lane * 16));
    }
  }
}

/** Eight i16 samples of each job into the tile, sample k of all jobs in its row k, and on to the next eight. */
export function gatherSamples(): void {
  for (let lane: usize = 0; lane < 8; lane += 1) {
    const at = pointer(sourcePointers, lane);
    v128.store(turned + lane * 16, v128.load(at));
    advance(sourcePointers, lane, at, 16);
  }
  transpose(turned, tile);
}

/** Eight bytes of each job into the tile as 16-bit lanes, and on to the next eight. */
export function gatherBytes(): void {
  for (let lane: usize = 0; lane < 8; lane += 1) {
    const at = pointer(sourcePointers, lane);
    v128.store(turned + lane * 16, v128.load8x8_u(at));
    advance(sourcePointers, lane, at, 8);
  }
  transpose(turned, tile);
}

/** The tile's rows to eight i16 samples of each job, and on to the next eight. */
export function scatterSamples(): void {
  transpose(tile, turned);
  for (let lane: usize = 0; lane < 8; lane += 1) {
    const at = pointer(destinationPointers, lane);
    v128.store(at, v128.load(turned + lane * 16));
    advance(destinationPointers, lane, at, 16);
  }
}

/** The tile's rows, 0 .. 255, to eight bytes of each job, and on to the next eight. */
export function scatterBytes(): void {
  transpose(tile, turned);
  for (let lane: usize = 0; lane < 8; lane += 1) {
    const at = pointer(destinationPointers, lane);
    const row = v128.load(turned + lane * 16);
    v128.store64_lane(at, i8x16.narrow_i16x8_u(row, row), 0);
    advance(destinationPointers, lane, at, 8);
  }
}

// @ts-ignore: decorator
@inline
function advance(list: usize, lane: usize, at: usize, bytes: usize): void {
  if (at != dummyFrame) store<u32>(list + lane * 4, (at + bytes) as u32);
}
