// What it does: hears the tones by which fax machines and modems say that they are there: CNG, 1100 Hz +-38 for 0.5 s
//   (ITU-T T.30 section 4.2, calling), and CED or ANS, 2100 Hz +-15 for more than 2.6 s (T.30, V.25, answering).
// How: every 10 ms a window of 20 ms (tone-window.ts). A window counts when the one frequency holds most of its energy
//   and its phase turned as that frequency does. V.25 turns the phase of ANS about every 450 ms: a tone outlives one
//   window that does not count in ten.
// How to use it: operation(jobs, count, samples), samples a multiple of 8, at most 480. state is faxDetectorBytes, all
//   zero for a new call; source i16 at 8000 Hz. destination takes two u32: the tone that was made sure of in this call
//   (1 CNG, 2 CED or ANS, 0 none) and the tone that sounds now, sure or not.

import { jobBytes } from "./memory-map";
import { sine } from "./sine";
import {
  eachWindow,
  energyOfSquare,
  energyOfUnitAmplitude,
  foldWindow,
  imaginaryPart,
  prepareRow,
  prepareWindow,
  realPart,
  rowBytes,
  windowHeadBytes,
} from "./tone-window";

const rows: usize = memory.data(2 * 320, 16);

// The record of a call: windowHeadBytes, then these.
const toneOffset: usize = windowHeadBytes; // i32: 1 CNG, 2 CED
const windowsOffset: usize = 328; // i32: that counted since the tone began
const missesOffset: usize = 332; // i32: that did not, since
const partsOffset: usize = 336; // f32 x 4: of both frequencies in the last window
export const faxDetectorBytes: i32 = 352;

/** -43 dBm0, as T.30 and V.25 ask: amplitude 158. */
const amplitudeSquareMin: f32 = 158.0 * 158.0;
const partMin: f32 = 0.7;
/** CNG lasts 425 to 575 ms; CED is a tone of speech or a whistle before half a second. */
const cngWindowsMin: i32 = 35;
const cedWindowsMin: i32 = 50;
/** Largest deviations that count, Hz: the tolerances and what noise adds. */
const cngDeviationHz: f64 = 42;
const cedDeviationHz: f64 = 24;

function prepare(): void {
  prepareWindow();
  prepareRow(rows, 1100);
  prepareRow(rows + 2 * rowBytes, 2100);
}
prepare();

/** Both frequencies turn by whole turns in 10 ms, so two windows of a true tone have one phase. */
// @ts-ignore: decorator
@inline
function stands(state: usize, index: usize, re: f32, im: f32, energy: f32, deviationHz: f64): bool {
  const reBefore = load<f32>(state + (index << 3), partsOffset);
  const imBefore = load<f32>(state + (index << 3), partsOffset + 4);
  const now = re * re + im * im;
  const before = reBefore * reBefore + imBefore * imBefore;
  if (energy < amplitudeSquareMin * energyOfUnitAmplitude) return false;
  const size = sqrt<f32>(now * before);
  const along = re * reBefore + im * imBefore;
  const deviationMax = sine(<u32>(<u64>(deviationHz * 0.01 * 4294967296.0)) + 0x40000000);
  if (size == 0 || along < size * deviationMax) return false;
  return now * energyOfSquare > energy * partMin * (<f32>0.72 + <f32>0.28 * (along / size));
}

/** The tone made sure of with this window, or 0. */
function lookAtWindow(state: usize): i32 {
  const energy = foldWindow(state);
  const cngRe = realPart(rows);
  const cngIm = imaginaryPart(rows);
  const cedRe = realPart(rows + 2 * rowBytes);
  const cedIm = imaginaryPart(rows + 2 * rowBytes);
  let tone = 0;
  if (stands(state, 0, cngRe, cngIm, energy, cngDeviationHz)) tone = 1;
  else if (stands(state, 1, cedRe, cedIm, energy, cedDeviationHz)) tone = 2;
  store<f32>(state, cngRe, partsOffset);
  store<f32>(state, cngIm, partsOffset + 4);
  store<f32>(state, cedRe, partsOffset + 8);
  store<f32>(state, cedIm, partsOffset + 12);
  return decide(state, tone);
}

/** The same, with the tone that this window holds. */
function decide(state: usize, tone: i32): i32 {
  const present = load<i32>(state, toneOffset);
  if (tone == 0 || (present != 0 && tone != present)) {
    const misses = load<i32>(state, missesOffset) + 1;
    store<i32>(state, misses, missesOffset);
    if (present != 0 && misses <= 2 + load<i32>(state, windowsOffset) / 10) return 0;
    store<i32>(state, tone, toneOffset);
    store<i32>(state, 0, windowsOffset);
    store<i32>(state, 0, missesOffset);
    return 0;
  }
  const windows = present == 0 ? 1 : min(load<i32>(state, windowsOffset) + 1, 1000000);
  if (present == 0) store<i32>(state, 0, missesOffset);
  store<i32>(state, tone, toneOffset);
  store<i32>(state, windows, windowsOffset);
  return windows == (tone == 1 ? cngWindowsMin : cedWindowsMin) ? tone : 0;
}

export function faxToneDetect(jobs: i32, count: i32, samples: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    const state = load<u32>(job) as usize;
    const destination = load<u32>(job, 8) as usize;
    store<i32>(destination, eachWindow(state, load<u32>(job, 4) as usize, samples, lookAtWindow));
    store<i32>(destination, load<i32>(state, toneOffset), 4);
  }
}
