// What it does: fills in for packets that were lost, in the manner of ITU-T G.711 Appendix I, at 8000 or 16,000 Hz: speech
//   goes on with its last pitch periods, then fades, and is silent after 60 ms. No part of the Appendix's code is used.
// How: the last 35 ms heard are kept. At a loss the pitch is where they resemble themselves most (normalised
//   correlation over 20 ms, lags of 5 to 15 ms). One or two periods are repeated; their end is blended into what
//   came before their beginning, so that the circle has no seam. What the first filled sample would jump is added and
//   dies away within 4 ms. When packets come again, the repetition is blended into them over 5 ms and more. Nothing is
//   delayed: a frame goes out as it came until something is lost.
// How to use it: operation(jobs, count, samples), samples a multiple of 8, at most 480. state is lossConcealerBytes, all
//   zero for a new call; source i16 frame (not read if lost), destination i16 frame (may be the source); argument 1 if
//   the frame is lost, 0 if it came. lossConcealWide is the same at 16,000 Hz: samples counts those of 8 kHz, the frames
//   hold twice as many, state is lossConcealerWideBytes.

import { jobBytes } from "./memory-map";
import { acrossLanes } from "./tone-window";

// Of samples at 8 kHz; at 16 kHz all of these are twice as many (<< wide).
const historySamples: i32 = 280;
const lagMin: i32 = 40;
const lagMax: i32 = 120;
const matchSamples: i32 = 160;
/** Full level for 10 ms, then down in a line to nothing at 60 ms. */
const fullSamples: i32 = 80;
const silentSamples: i32 = 480;
const jumpSamples: i32 = 32;
/** 5 ms, and 2 ms more for each 10 ms lost, up to 15 ms. */
const blendMin: i32 = 40;
const blendMax: i32 = 120;

const lengthOffset: usize = 0; // i32: samples of the circle
const placeOffset: usize = 4; // i32: next sample of it
const filledOffset: usize = 8; // i32: samples filled since the loss began, 0 when all is well
const blendOffset: usize = 12; // i32: samples still to blend after it
const blendWholeOffset: usize = 16; // i32: of so many
const jumpOffset: usize = 20; // f32: what the first filled sample would jump
const historyOffset: usize = 32; // i16 x 280: the newest last
const circleOffset: usize = 592; // f32 x 120: what is repeated; at 16 kHz historySamples * 2 further on
export const lossConcealerBytes: i32 = 1072;
export const lossConcealerWideBytes: i32 = 2112;

// @ts-ignore: decorator
@inline
function heard(state: usize, back: i32, wide: i32): f32 {
  return <f32>load<i16>(state + (((historySamples << wide) - back) << 1), historyOffset);
}

// @ts-ignore: decorator
@inline
function circle(state: usize, wide: i32): usize {
  return state + circleOffset + (wide * historySamples * 2);
}

/** Resemblance of the last 20 ms to what was `lag` samples before: correlation squared over energy, 0 if opposite. */
function resemblance(state: usize, lag: i32, wide: i32): f32 {
  const now = state + historyOffset + (((historySamples - matchSamples) << wide) << 1);
  const before = now - (lag << 1);
  let product = f32x4.splat(0);
  let energy = f32x4.splat(0);
  for (let at: usize = 0; at < <usize>(matchSamples << (1 + wide)); at += 16) {
    const past = i16x8.shr_s(v128.load(before + at), 1);
    const recent = i16x8.shr_s(v128.load(now + at), 1);
    product = f32x4.add(product, f32x4.convert_i32x4_s(i32x4.dot_i16x8_s(past, recent)));
    energy = f32x4.add(energy, f32x4.convert_i32x4_s(i32x4.dot_i16x8_s(past, past)));
  }
  const along = acrossLanes(product);
  return along <= 0 ? 0 : (along * along) / (acrossLanes(energy) + 1);
}

function pitchOf(state: usize, wide: i32): i32 {
  let best = lagMax << wide;
  let most: f32 = 0;
  for (let lag = lagMin << wide; lag <= lagMax << wide; lag++) {
    const here = resemblance(state, lag, wide);
    if (here > most) {
      most = here;
      best = lag;
    }
  }
  return best;
}

/** Lays the last period (two, if they are short) in a circle whose end leads into its beginning. */
function begin(state: usize, wide: i32): void {
  const pitch = pitchOf(state, wide);
  const length = pitch * 2 <= lagMax << wide ? pitch * 2 : pitch;
  const blended = pitch >> 2;
  for (let at = 0; at < length; at++) {
    const back = length - at;
    let sample = heard(state, back, wide);
    if (back <= blended) {
      const share = <f32>(blended - back + 1) / <f32>(blended + 1);
      sample += (heard(state, back + length, wide) - sample) * share;
    }
    store<f32>(circle(state, wide) + (at << 2), sample);
  }
  store<i32>(state, length, lengthOffset);
  store<i32>(state, 0, placeOffset);
  // The circle follows on its own predecessor; what was really heard last differs from that by this much.
  store<f32>(state, heard(state, 1, wide) - heard(state, length + 1, wide), jumpOffset);
}

/** The next sample that stands in for a lost one. */
function fill(state: usize, wide: i32): f32 {
  const filled = load<i32>(state, filledOffset);
  if (filled >= silentSamples << wide) return 0;
  const place = load<i32>(state, placeOffset);
  let sample = load<f32>(circle(state, wide) + (place << 2));
  if (filled < jumpSamples << wide) {
    sample += load<f32>(state, jumpOffset) * (1 - <f32>(filled + 1) / <f32>(jumpSamples << wide));
  }
  store<i32>(state, place + 1 < load<i32>(state, lengthOffset) ? place + 1 : 0, placeOffset);
  store<i32>(state, filled + 1, filledOffset);
  if (filled < fullSamples << wide) return sample;
  return sample * (<f32>((silentSamples << wide) - filled) / <f32>((silentSamples - fullSamples) << wide));
}

// @ts-ignore: decorator
@inline
function saturated(sample: f32): i16 {
  return <i16>(<i32>nearest(min<f32>(max<f32>(sample, -32768), 32767)));
}

function conceal(state: usize, destination: usize, samples: i32, wide: i32): void {
  // Lost again before the last loss was blended away: what went out is what was heard.
  if (load<i32>(state, filledOffset) == 0 || load<i32>(state, blendOffset) > 0) {
    store<i32>(state, 0, blendOffset);
    store<i32>(state, 0, filledOffset);
    begin(state, wide);
  }
  for (let at = 0; at < samples; at++) store<i16>(destination + (at << 1), saturated(fill(state, wide)));
}

function pass(state: usize, source: usize, destination: usize, samples: i32, wide: i32): void {
  const filled = load<i32>(state, filledOffset);
  if (filled > 0 && load<i32>(state, blendOffset) == 0) {
    const whole = min((blendMin << wide) + (filled / 80) * 16, blendMax << wide);
    store<i32>(state, whole, blendOffset);
    store<i32>(state, whole, blendWholeOffset);
  }
  const blend = load<i32>(state, blendOffset);
  const whole = load<i32>(state, blendWholeOffset);
  const blended = min(blend, samples);
  for (let at = 0; at < blended; at++) {
    const share = <f32>(whole - blend + at + 1) / <f32>(whole + 1);
    const stand = fill(state, wide);
    store<i16>(destination + (at << 1), saturated(stand + (<f32>load<i16>(source + (at << 1)) - stand) * share));
  }
  memory.copy(destination + (blended << 1), source + (blended << 1), (samples - blended) << 1);
  store<i32>(state, blend - blended, blendOffset);
  if (blend == blended) store<i32>(state, 0, filledOffset);
}

/** The newest samples that went out take the place of the oldest. */
function remember(state: usize, destination: usize, samples: i32, wide: i32): void {
  const history = state + historyOffset;
  const kept = historySamples << wide;
  const taken = min(samples, kept);
  memory.copy(history, history + (taken << 1), (kept - taken) << 1);
  memory.copy(history + ((kept - taken) << 1), destination + ((samples - taken) << 1), taken << 1);
}

// @ts-ignore: decorator
@inline
function run(jobs: i32, count: i32, samples: i32, wide: i32): void {
  const end = (jobs + count * jobBytes) as usize;
  for (let job = jobs as usize; job < end; job += jobBytes as usize) {
    const state = load<u32>(job) as usize;
    const destination = load<u32>(job, 8) as usize;
    if (load<u32>(job, 12) != 0) conceal(state, destination, samples << wide, wide);
    else pass(state, load<u32>(job, 4) as usize, destination, samples << wide, wide);
    remember(state, destination, samples << wide, wide);
  }
}

export function lossConceal(jobs: i32, count: i32, samples: i32): void {
  run(jobs, count, samples, 0);
}

export function lossConcealWide(jobs: i32, count: i32, samples: i32): void {
  run(jobs, count, samples, 1);
}
