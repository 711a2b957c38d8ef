/**
 * Says how well a recording is what was played: both are linear samples at 8000 Hz. The recording may begin earlier or
 * later than the file, be quieter, and carry the noise of G.711; what is looked for is what a listener misses: gaps.
 */
import { type AlignedCell, cellSamples, cellsAt, energy, findDelay, follow, samplesPerMs } from "./audio-alignment.js";

export interface AudioVerdict {
  /** The file's beginning lies so long after the recording's beginning; negative when the recording began later. */
  readonly delayMs: number;
  /** Length that both cover at that delay. */
  readonly overlapMs: number;
  /** Normalised correlation over the overlap at that one delay, -1 .. 1. */
  readonly correlation: number;
  /** The same where the delay is followed through the shifts. Equal to correlation when there are none. */
  readonly correlationFollowingShifts: number;
  /** Overlap before the first sound that was heard: the line was not yet through. A gap only if it is long. */
  readonly unheardAtStartMs: number;
  /** Overlap after the last sound that was heard: the far station had hung up. A gap only if it is long. */
  readonly unheardAtEndMs: number;
  /** Longest stretch in which the file speaks and the recording is silent or another sound. */
  readonly longestGapMs: number;
  readonly gaps: readonly AudioGap[];
  readonly shifts: readonly AudioShift[];
}

/** At so many ms of the recording. */
export interface AudioGap {
  readonly atMs: number;
  readonly lengthMs: number;
}

/** From there on the sound comes so much later (positive: something was inserted) or earlier (negative: dropped). */
export interface AudioShift {
  readonly atMs: number;
  readonly byMs: number;
}

/** Cells this far below the level of speech count as pauses. */
const speechLevel = 0.03;
/** And so do those that the recording's own noise would drown. */
const noiseMargin = 4;
/** A pause in the speech no longer than this does not end a gap that goes on behind it. */
const bridgedPauseMs = 40;
/** A line takes this long to be through, and to be cleared, and nobody minds; beyond it, it is a gap like any other. */
const endsForgivenMs = 500;
/** In a gap, sound that matches for less than this matches by chance. */
const heardRunMs = 15;
const cellMs = cellSamples / samplesPerMs;

/** Null when nothing of the file is in the recording. */
export function judgeAudio(reference: Int16Array, recording: Int16Array): AudioVerdict | null {
  const delay = findDelay(reference, recording);
  if (delay === null) return null;
  const spokenEnergy = speechEnergy(reference, recording, delay);
  const cells = follow(reference, recording, delay, spokenEnergy);
  const heardFirst = cells.findIndex(({ cell }) => cell === "matched");
  if (heardFirst < 0) return null;
  const heardLast = cells.findLastIndex(({ cell }) => cell === "matched");
  const overlapMs = (part: readonly AlignedCell[]) => part.filter(({ cell }) => cell !== "outside").length * cellMs;
  const gaps = withoutForgiven(gapsOf(momentsOf(cells, reference, spokenEnergy)), heardFirst, heardLast);
  return {
    delayMs: delay / samplesPerMs,
    overlapMs: overlapMs(cells),
    correlation: correlationOf(reference, recording, cells, () => delay),
    correlationFollowingShifts: correlationOf(reference, recording, cells, (cell) => cell.delay),
    unheardAtStartMs: overlapMs(cells.slice(0, heardFirst)),
    unheardAtEndMs: overlapMs(cells.slice(heardLast + 1)),
    longestGapMs: gaps.reduce((longest, gap) => Math.max(longest, gap.lengthMs), 0),
    gaps,
    shifts: shiftsOf(cells),
  };
}

/** Energy of a cell from which on the file speaks loud enough to be missed. */
function speechEnergy(reference: Int16Array, recording: Int16Array, delay: number): number {
  const energies = cellEnergies(reference, 0, reference.length);
  const loud = energies.filter((value) => value > 0).sort((a, b) => b - a);
  const active = loud.slice(0, Math.ceil(loud.length / 2));
  const level = active.reduce((sum, value) => sum + value, 0) / Math.max(1, active.length);
  const pauseEnergy = Math.max(1, level * speechLevel ** 2);
  const cells = cellsAt(reference, recording, delay, pauseEnergy);
  const noise: number[] = [];
  for (const [index, cell] of cells.entries()) {
    if (cell === "quiet") noise.push(energy(recording, index * cellSamples, cellSamples));
  }
  noise.sort((a, b) => a - b);
  const median = noise[noise.length >> 1] ?? 0;
  return Math.max(pauseEnergy, Math.min(median * noiseMargin ** 2, level / 4));
}

function cellEnergies(samples: Int16Array, from: number, to: number): number[] {
  const energies: number[] = [];
  for (let start = from; start + cellSamples <= to; start += cellSamples) {
    energies.push(energy(samples, start, cellSamples));
  }
  return energies;
}

function shiftsOf(cells: readonly AlignedCell[]): AudioShift[] {
  const shifts: AudioShift[] = [];
  for (const [index, { delay }] of cells.entries()) {
    const before = cells[index - 1]?.delay ?? delay;
    if (delay !== before) shifts.push({ atMs: index * cellMs, byMs: (delay - before) / samplesPerMs });
  }
  return shifts;
}

/** What stood at one moment of the line, in the order of time: 5 ms each. */
interface Moment {
  readonly atMs: number;
  readonly kind: "heard" | "missing" | "pause";
}

/** Speech of the file that a shift dropped is missing as well. */
function momentsOf(cells: readonly AlignedCell[], reference: Int16Array, spokenEnergy: number): Moment[] {
  const moments: Moment[] = [];
  for (const [index, { cell, delay }] of cells.entries()) {
    const before = cells[index - 1]?.delay ?? delay;
    const atMs = index * cellMs;
    const start = index * cellSamples;
    for (const dropped of delay < before ? cellEnergies(reference, start - before, start - delay) : []) {
      moments.push({ atMs, kind: dropped >= spokenEnergy ? "missing" : "pause" });
    }
    moments.push({ atMs, kind: cell === "matched" ? "heard" : cell === "unmatched" ? "missing" : "pause" });
  }
  return moments;
}

/** A short pause, or a match by chance, does not end a gap that goes on behind it. */
function gapsOf(moments: readonly Moment[]): AudioGap[] {
  const gaps: AudioGap[] = [];
  let startMs = 0;
  let lengthMs = 0;
  let interruptedMs = 0;
  let heardMs = 0;
  for (const { atMs, kind } of moments) {
    if (kind === "missing") {
      if (lengthMs === 0) startMs = atMs;
      lengthMs += interruptedMs + cellMs;
      interruptedMs = 0;
      heardMs = 0;
    } else if (lengthMs > 0) {
      interruptedMs += cellMs;
      if (kind === "heard") heardMs += cellMs;
      if (heardMs < heardRunMs && interruptedMs <= bridgedPauseMs) continue;
      gaps.push({ atMs: startMs, lengthMs });
      lengthMs = 0;
      interruptedMs = 0;
    }
  }
  if (lengthMs > 0) gaps.push({ atMs: startMs, lengthMs });
  return gaps;
}

/** Gaps without those before the first and after the last cell heard, as long as these are short in sum. */
function withoutForgiven(gaps: readonly AudioGap[], heardFirst: number, heardLast: number): AudioGap[] {
  const atStart = gaps.filter(({ atMs }) => atMs < heardFirst * cellMs);
  const atEnd = gaps.filter(({ atMs }) => atMs > heardLast * cellMs);
  const forgiven = [atStart, atEnd].filter((end) => sumMs(end) <= endsForgivenMs).flat();
  return gaps.filter((gap) => !forgiven.includes(gap));
}

function sumMs(gaps: readonly AudioGap[]): number {
  return gaps.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
}

function correlationOf(
  reference: Int16Array,
  recording: Int16Array,
  cells: readonly AlignedCell[],
  delayOf: (cell: AlignedCell) => number,
): number {
  let product = 0;
  let spoken = 0;
  let heard = 0;
  for (const [index, cell] of cells.entries()) {
    const start = index * cellSamples;
    const delay = delayOf(cell);
    const from = Math.max(start, delay);
    const to = Math.min(start + cellSamples, reference.length + delay);
    for (let n = from; n < to; n += 1) {
      const played = reference[n - delay] ?? 0;
      const recorded = recording[n] ?? 0;
      product += played * recorded;
      spoken += played * played;
      heard += recorded * recorded;
    }
  }
  return spoken === 0 || heard === 0 ? 0 : product / Math.sqrt(spoken * heard);
}
