// What it does: hears DTMF digits in linear samples at 8000 Hz, as ITU-T Q.24 asks a receiver to: both frequencies
//   within 1.5 % are taken and from 3.5 % refused, twist from -10 to +6 dB, tones of 40 ms found, pauses of 40 ms told.
// How: every 10 ms a window of 20 ms (tone-window.ts). A window is a candidate when one low and one high frequency hold
//   most of its energy; two windows 10 ms apart agree when the phase of each frequency turned by what that frequency
//   would, and the level stood still. A digit begins with two agreements in a row (three windows) and ends after three
//   windows without it. Speech is seldom two steady tones alone for 40 ms: that is the whole guard against talk-off.
// How to use it: operation(jobs, count, samples), samples a multiple of 8, at most 480. state is dtmfDetectorBytes, all
//   zero for a new call; source i16. destination takes three u32: the digit (ASCII) that began in this call or 0, the
//   digit heard now or 0, and for how many samples it has been heard.

import { jobBytes } from "./memory-map";
import { sine } from "./sine";
import {
  eachWindow,
  energyOfSquare,
  energyOfUnitAmplitude,
  foldWindow,
  fourParts,
  prepareRow,
  prepareWindow,
  rowBytes,
  windowHeadBytes,
  windowHopSamples,
} from "./tone-window";

/** ITU-T Q.23: four low and four high frequencies, Hz. */
const frequencies: usize = memory.data<f64>([697, 770, 852, 941, 1209, 1336, 1477, 1633], 16);
/** Rows are low frequencies, columns high ones: 123A 456B 789C *0#D. */
const keys: usize = memory.data<u8>([49, 50, 51, 65, 52, 53, 54, 66, 55, 56, 57, 67, 42, 48, 35, 68]);
const rows: usize = memory.data(8 * 320, 16);
/** Of each frequency: the turn expected over 10 ms (real, imaginary), and the cosine of the largest deviation. */
const turns: usize = memory.data(8 * 12, 16);

// The record of a call: windowHeadBytes, then these.
const candidateOffset: usize = windowHeadBytes; // i32: 1 + row * 4 + column of the last window, 0 none
const agreementsOffset: usize = 328; // i32: in a row
const presentOffset: usize = 332; // i32: digit, ASCII
const missesOffset: usize = 336; // i32: windows without it
const energyOffset: usize = 340; // f32: of the last window
const durationOffset: usize = 344; // u32: samples
const presentEnergyOffset: usize = 348; // f32: of the last window that held the digit
const partsOffset: usize = 352; // f32 x 16: real parts, imaginary parts of the low group in the last window, then of the high
export const dtmfDetectorBytes: i32 = 416;

/** -42 dBm0: amplitude 177 of 32768, squared. */
const amplitudeSquareMin: f32 = 177.0 * 177.0;
/** Between the 1.5 % that Q.24 takes and the 3.5 % that it refuses, for both tones and with noise. */
const deviationMax: f64 = 0.024;
/** 10 * log10: high above low by 6 dB at most, below it by 10 dB. */
const reverseTwistMax: f32 = 3.98;
const twistMax: f32 = 10.0;
/** A frequency stands 6 dB above the others of its group. */
const standsOut: f32 = 4.0;
/** Least part of a window's energy that the two hold: untuned, and over two windows with the deviation made good. */
const candidatePartMin: f32 = 0.45;
const agreedPartMin: f32 = 0.8;
/** Two windows of one tone differ by less than 2.5 dB, the first or last possibly three quarters full. */
const levelStepMax: f32 = 1.78;
const agreementsMin: i32 = 2;
/** A pause of 10 ms spoils two windows, one of 40 ms at least four. */
const missesMax: i32 = 3;
/** A window that lost more than 4.5 dB lies half in a pause. */
const fadingMax: f32 = 2.8;

function prepare(): void {
  prepareWindow();
  for (let i: usize = 0; i < 8; i++) {
    const hz = load<f64>(frequencies + (i << 3));
    prepareRow(rows + i * 2 * rowBytes, hz);
    const turn = <u32>(<u64>(hz * 0.01 * 4294967296.0));
    const deviation = <u32>(<u64>(hz * 0.01 * deviationMax * 4294967296.0));
    store<f32>(turns + i * 12, sine(turn + 0x40000000));
    store<f32>(turns + i * 12, sine(turn), 4);
    store<f32>(turns + i * 12, sine(deviation + 0x40000000), 8);
  }
}
prepare();

// @ts-ignore: decorator
@inline
function realOf(parts: usize, index: i32): usize {
  return parts + ((<usize>(index & 4)) << 3) + ((<usize>(index & 3)) << 2);
}

// @ts-ignore: decorator
@inline
function square(parts: usize, index: i32): f32 {
  const part = realOf(parts, index);
  return load<f32>(part) * load<f32>(part) + load<f32>(part, 16) * load<f32>(part, 16);
}

/** The strongest of four frequencies, or -1 if it does not stand out. */
function strongest(parts: usize, first: i32): i32 {
  let best = first;
  let most = square(parts, first);
  let second: f32 = 0;
  for (let i = first + 1; i < first + 4; i++) {
    const here = square(parts, i);
    if (here > most) {
      second = most;
      most = here;
      best = i;
    } else if (here > second) second = here;
  }
  return most > second * standsOut ? best : -1;
}

/**
 * 1 + row * 4 + column of what this window may be, 0 for nothing; `parts` are whole only for a candidate. Most windows of
 * speech end with the low group: none stands out, or too little of the energy is in it for the other group to make up.
 */
function candidateOf(parts: usize, energy: f32): i32 {
  fourParts(rows, parts);
  const low = strongest(parts, 0);
  if (low < 0) return 0;
  const lowSquare = square(parts, low);
  if (lowSquare * energyOfSquare * (1 + reverseTwistMax) < energy * candidatePartMin) return 0;
  fourParts(rows + 8 * rowBytes, parts + 32);
  const high = strongest(parts, 4);
  if (high < 0) return 0;
  const highSquare = square(parts, high);
  if (highSquare > lowSquare * reverseTwistMax || lowSquare > highSquare * twistMax) return 0;
  const weaker = min(lowSquare, highSquare) * energyOfSquare;
  if (weaker < amplitudeSquareMin * energyOfUnitAmplitude) return 0;
  if ((lowSquare + highSquare) * energyOfSquare < energy * candidatePartMin) return 0;
  return 1 + low * 4 + high - 4;
}

/** Energy of one frequency in two windows with its deviation made good; -1 when it deviates too far. */
function agreedEnergy(before: usize, now: usize, index: i32): f32 {
  const re0 = realOf(before, index);
  const re1 = realOf(now, index);
  const re = load<f32>(re1) * load<f32>(re0) + load<f32>(re1, 16) * load<f32>(re0, 16);
  const im = load<f32>(re1, 16) * load<f32>(re0) - load<f32>(re1) * load<f32>(re0, 16);
  const turn = turns + (<usize>index) * 12;
  const along = re * load<f32>(turn) + im * load<f32>(turn, 4);
  const sum = square(before, index) + square(now, index);
  const size = sqrt<f32>(square(before, index) * square(now, index));
  if (along < size * load<f32>(turn, 8)) return -1;
  // The window lets through 1, .72 and .43 of the energy of a tone 0, 25 and 50 Hz off: a line in the cosine of its turn.
  return (sum * energyOfSquare) / (<f32>0.72 + <f32>0.28 * (along / size));
}

function agrees(state: usize, parts: usize, candidate: i32, energy: f32): bool {
  if (candidate == 0 || candidate != load<i32>(state, candidateOffset)) return false;
  const energyBefore = load<f32>(state, energyOffset);
  if (energy > energyBefore * levelStepMax || energyBefore > energy * levelStepMax) return false;
  const low = agreedEnergy(state + partsOffset, parts, (candidate - 1) >> 2);
  const high = agreedEnergy(state + partsOffset, parts, 4 + ((candidate - 1) & 3));
  return low > 0 && high > 0 && low + high > (energy + energyBefore) * agreedPartMin;
}

/** What was found in one window, against what was heard before; the digit that begins with it, or 0. */
function decide(state: usize, candidate: i32, agreed: bool, energy: f32): i32 {
  const agreements = agreed ? load<i32>(state, agreementsOffset) + 1 : 0;
  store<i32>(state, agreements, agreementsOffset);
  const present = load<i32>(state, presentOffset);
  const digit = candidate == 0 ? 0 : <i32>load<u8>(keys + (<usize>candidate - 1));
  if (present != 0 && digit == present && energy * fadingMax > load<f32>(state, presentEnergyOffset)) {
    store<f32>(state, energy, presentEnergyOffset);
    store<i32>(state, 0, missesOffset);
    store<u32>(state, load<u32>(state, durationOffset) + windowHopSamples, durationOffset);
    return 0;
  }
  if (agreements >= agreementsMin) {
    store<i32>(state, digit, presentOffset);
    store<f32>(state, energy, presentEnergyOffset);
    store<i32>(state, 0, missesOffset);
    store<u32>(state, windowHopSamples * (agreementsMin + 2), durationOffset);
    return digit;
  }
  if (present != 0) {
    const misses = load<i32>(state, missesOffset) + 1;
    store<i32>(state, misses, missesOffset);
    if (misses >= missesMax) {
      store<i32>(state, 0, presentOffset);
      store<u32>(state, 0, durationOffset);
    }
  }
  return 0;
}

const parts: usize = memory.data(64, 16);

function lookAtWindow(state: usize): i32 {
  const energy = foldWindow(state);
  if (energy < amplitudeSquareMin * energyOfUnitAmplitude) {
    store<i32>(state, 0, candidateOffset);
    return decide(state, 0, false, 0);
  }
  const candidate = candidateOf(parts, energy);
  const begun = decide(state, candidate, agrees(state, parts, candidate, energy), energy);
  for (let at: usize = 0; at < 64; at += 16) v128.store(state + partsOffset + at, v128.load(parts + at));
  store<i32>(state, candidate, candidateOffset);
  store<f32>(state, energy, energyOffset);
  return begun;
}

export function dtmfDetect(jobs: i32, count: i32, samples: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    const state = load<u32>(job) as usize;
    const destination = load<u32>(job, 8) as usize;
    store<i32>(destination, eachWindow(state, load<u32>(job, 4) as usize, samples, lookAtWindow));
    store<i32>(destination, load<i32>(state, presentOffset), 4);
    store<u32>(destination, load<u32>(state, durationOffset), 8);
  }
}
