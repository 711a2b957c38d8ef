// What it does: comfort noise of RFC 3389, both ways: describes the noise behind a silent talker by its level and up to
//   ten reflection coefficients, and makes noise from such a description.
// How: there, the autocorrelation of 10 ms blocks, smoothed, through Levinson's recursion; k_1 = -r_1 / r_0. Here, white
//   noise through the all-pole lattice of the coefficients; the level moves in 8 ms, so that no update clicks.
// How to use it: operation(jobs, count, samples), samples a multiple of 8, at most 480, 8000 Hz.
//   comfortNoiseDescribe: state is noiseDescriberBytes, all zero for a new call; source i16; argument the model order, 0
//   to 10; destination takes the payload, order + 1 bytes (level 127 and no spectrum until the first 10 ms are full).
//   comfortNoiseMake: state is noiseMakerBytes, all zero but for the first u32, the seed; source a payload of argument
//   bytes, none if argument is 0; destination i16.
//
//   payload (RFC 3389 section 3.3): | level, -dBov, 7 bits | N_1 | … | N_M |, k_i = 258 (N_i - 127) / 32768

import { jobBytes } from "./memory-map";

export const noiseOrderMax: i32 = 10;
const blockSamples: i32 = 80;
/** Full scale, a square wave: 0 dBov. */
const overloadSquare: f32 = 32768.0 * 32768.0;
/** 1 dB of power. */
const decibel: f32 = 0.79432823;
const halfDecibel: f32 = 0.89125094;

// The describer's record.
const heldOffset: usize = 0; // i16 x 80
const fillOffset: usize = 160; // i32
const blocksOffset: usize = 164; // i32: described so far, up to 16
const lagsOffset: usize = 168; // f32 x 11: autocorrelation, smoothed
export const noiseDescriberBytes: i32 = 224;

// The maker's record.
const seedOffset: usize = 0; // u32
const gainOffset: usize = 4; // f32: of the white noise, now
const gainAimOffset: usize = 8; // f32
const orderOffset: usize = 12; // i32
const coefficientsOffset: usize = 16; // f32 x 10
const lineOffset: usize = 64; // f32 x 11: the lattice's backward values
export const noiseMakerBytes: i32 = 112;

/** RFC 3389 section 3.2; the index 255 is reserved and read as no coefficient. */
function coefficientOf(index: i32): f32 {
  if (index == 255) return 0;
  return <f32>((index - 127) * 258) * <f32>(1.0 / 32768.0);
}

function gather(state: usize): void {
  const blocks = load<i32>(state, blocksOffset);
  const share: f32 = 1 / <f32>(blocks + 1);
  for (let lag = 0; lag <= noiseOrderMax; lag++) {
    let sum: f32 = 0;
    for (let at = lag; at < blockSamples; at++) {
      sum += <f32>load<i16>(state + (at << 1)) * <f32>load<i16>(state + ((at - lag) << 1));
    }
    const place = state + lagsOffset + (lag << 2);
    store<f32>(place, load<f32>(place) + (sum / <f32>blockSamples - load<f32>(place)) * share);
  }
  store<i32>(state, min(blocks + 1, 15), blocksOffset);
}

/** Nearest level 0 .. 127 in -dBov. */
function levelOf(meanSquare: f32): i32 {
  let level = 0;
  let edge = overloadSquare * halfDecibel;
  while (level < 127 && meanSquare < edge) {
    edge *= decibel;
    level += 1;
  }
  return level;
}

const predictor: usize = memory.data(48, 16);
const predictorBefore: usize = memory.data(48, 16);

function describe(state: usize, payload: usize, order: i32): void {
  const lags = state + lagsOffset;
  store<u8>(payload, <u8>levelOf(load<f32>(lags)));
  // A thousandth of white noise keeps the recursion steady for pure tones.
  let error = load<f32>(lags) * 1.001 + 1;
  for (let i = 1; i <= order; i++) {
    let sum = load<f32>(lags + (i << 2));
    for (let j = 1; j < i; j++) sum += load<f32>(predictor + (j << 2)) * load<f32>(lags + ((i - j) << 2));
    const index = min(max(<i32>nearest((-sum / error) * (32768.0 / 258.0)), -126), 126) + 127;
    const k = coefficientOf(index);
    store<u8>(payload + i, <u8>index);
    memory.copy(predictorBefore, predictor, 48);
    for (let j = 1; j < i; j++) {
      const mirrored = load<f32>(predictorBefore + ((i - j) << 2));
      store<f32>(predictor + (j << 2), load<f32>(predictorBefore + (j << 2)) + k * mirrored);
    }
    store<f32>(predictor + (i << 2), k);
    error *= 1 - k * k;
  }
}

export function comfortNoiseDescribe(jobs: i32, count: i32, samples: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    const state = load<u32>(job) as usize;
    const source = load<u32>(job, 4) as usize;
    let fill = load<i32>(state, fillOffset);
    for (let at = 0; at < samples; at += 8) {
      v128.store(state + heldOffset + (fill << 1), v128.load(source + (at << 1)));
      fill += 8;
      if (fill < blockSamples) continue;
      gather(state);
      fill = 0;
    }
    store<i32>(state, fill, fillOffset);
    describe(state, load<u32>(job, 8) as usize, <i32>min<u32>(load<u32>(job, 12), <u32>noiseOrderMax));
  }
}

/** Takes a payload over: unknown indices (255) are no coefficient, orders above ten are cut. */
function obey(state: usize, payload: usize, octets: u32): void {
  const order = <i32>min<u32>(octets - 1, <u32>noiseOrderMax);
  let square: f32 = overloadSquare;
  for (let level = <i32>load<u8>(payload) & 127; level > 0; level--) square *= decibel;
  for (let i = 0; i < order; i++) {
    const index = <i32>load<u8>(payload + 1 + i);
    const k = coefficientOf(index);
    store<f32>(state + coefficientsOffset + (i << 2), k);
    square *= 1 - k * k;
  }
  store<i32>(state, order, orderOffset);
  // White noise of -1 .. 1 has a mean square of one third.
  store<f32>(state, sqrt<f32>(3 * square), gainAimOffset);
}

function nextSample(state: usize, order: i32): f32 {
  const seed = load<u32>(state, seedOffset) * 1664525 + 1013904223;
  store<u32>(state, seed, seedOffset);
  const gain = load<f32>(state, gainOffset) + (load<f32>(state, gainAimOffset) - load<f32>(state, gainOffset)) * (1.0 / 64.0);
  store<f32>(state, gain, gainOffset);
  let forward = <f32>(<i32>seed) * <f32>(1.0 / 2147483648.0) * gain;
  const line = state + lineOffset;
  for (let i = order; i > 0; i--) {
    const k = load<f32>(state + coefficientsOffset + ((i - 1) << 2));
    const backward = load<f32>(line + ((i - 1) << 2));
    forward -= k * backward;
    store<f32>(line + (i << 2), backward + k * forward);
  }
  // Far beyond full scale only a changed filter's memory can bring it: kept finite.
  forward = min<f32>(max<f32>(forward, -1000000), 1000000);
  store<f32>(line, forward);
  return forward;
}

export function comfortNoiseMake(jobs: i32, count: i32, samples: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    const state = load<u32>(job) as usize;
    const destination = load<u32>(job, 8) as usize;
    const octets = load<u32>(job, 12);
    if (octets > 0) obey(state, load<u32>(job, 4) as usize, octets);
    const order = load<i32>(state, orderOffset);
    for (let at = 0; at < samples; at++) {
      const sample = min<f32>(max<f32>(nextSample(state, order), -32768), 32767);
      store<i16>(destination + (at << 1), <i16>(<i32>nearest(sample)));
    }
  }
}
