/**
 * Where a recording lies against the file that was played: by how many samples it is late, and where that changes.
 * Not a verdict; that is audio-judge.
 *
 * A delay d, in samples, says that recording[n] should be reference[n - d]. It is found coarsely by the envelopes, on a
 * grid of 10 ms, then to the sample by cross-correlation of the loudest stretches. A change of delay (samples dropped or
 * inserted on the way) shows as sound that matches at another delay near by; path() then says which delay holds when.
 */

export const samplesPerMs = 8;
/** The grid on which matching is decided. */
export const cellSamples = 5 * samplesPerMs;
const envelopeSamples = 10 * samplesPerMs;
/** Coarse peaks looked at more closely. */
const candidatesMax = 8;
/** Stretches of the recording by which a coarse peak is refined. */
const probesMax = 48;
const probeSamples = 40 * samplesPerMs;
/** A changed delay is looked for as far as this to either side. */
const shiftSamplesMax = 250 * samplesPerMs;
const blockSamples = 200 * samplesPerMs;
/** Below it a block of 200 ms is not the same sound. */
const blockCorrelationMin = 0.85;
const searchesMax = 32;
/** A change of delay must pay for itself with this many matching cells: 30 ms. */
const shiftCostCells = 6;
/** A cell is the same sound at a correlation of 0.7 and more. */
const cellCorrelationSquaredMin = 0.5;

/** The delay in samples that fits best, or null when one of the two is silence or they do not overlap. */
export function findDelay(reference: Int16Array, recording: Int16Array): number | null {
  const probes = loudestStretches(recording);
  let best: { readonly delay: number; readonly product: number } | null = null;
  for (const coarse of envelopeDelays(envelope(reference), envelope(recording))) {
    for (let delay = coarse - envelopeSamples; delay <= coarse + envelopeSamples; delay += 1) {
      let product = 0;
      for (const start of probes) product += productAt(reference, recording, delay, start, probeSamples);
      if (product > (best?.product ?? 0)) best = { delay, product };
    }
  }
  return best?.delay ?? null;
}

/** Sum of products over a stretch of the recording; outside the reference is silence. */
function productAt(reference: Int16Array, recording: Int16Array, delay: number, start: number, length: number): number {
  const from = Math.max(start, delay);
  const to = Math.min(start + length, recording.length, reference.length + delay);
  let product = 0;
  for (let n = from; n < to; n += 1) product += (recording[n] ?? 0) * (reference[n - delay] ?? 0);
  return product;
}

/** Root mean square of each 10 ms, less the mean of them all: so that a pause counts as much as a vowel. */
function envelope(samples: Int16Array): Float64Array {
  const points = new Float64Array(Math.floor(samples.length / envelopeSamples));
  let sum = 0;
  for (let point = 0; point < points.length; point += 1) {
    const level = Math.sqrt(energy(samples, point * envelopeSamples, envelopeSamples) / envelopeSamples);
    points[point] = level;
    sum += level;
  }
  const mean = points.length === 0 ? 0 : sum / points.length;
  return points.map((level) => level - mean);
}

/** Delays in samples at the highest peaks of the envelopes' covariance. */
function envelopeDelays(reference: Float64Array, recording: Float64Array): number[] {
  const peaks: { readonly delay: number; readonly covariance: number }[] = [];
  for (let lag = 1 - reference.length; lag < recording.length; lag += 1) {
    let covariance = 0;
    const to = Math.min(recording.length, reference.length + lag);
    for (let n = Math.max(0, lag); n < to; n += 1) covariance += (recording[n] ?? 0) * (reference[n - lag] ?? 0);
    if (covariance > 0) peaks.push({ delay: lag * envelopeSamples, covariance });
  }
  peaks.sort((a, b) => b.covariance - a.covariance);
  return peaks.slice(0, candidatesMax).map((peak) => peak.delay);
}

/** Starts of the loudest stretches of 40 ms. */
function loudestStretches(samples: Int16Array): number[] {
  const stretches: { readonly start: number; readonly energy: number }[] = [];
  for (let start = 0; start < samples.length; start += probeSamples) {
    stretches.push({ start, energy: energy(samples, start, probeSamples) });
  }
  stretches.sort((a, b) => b.energy - a.energy);
  return stretches.slice(0, probesMax).map((stretch) => stretch.start);
}

export function energy(samples: Int16Array, start: number, length: number): number {
  let sum = 0;
  const to = Math.min(start + length, samples.length);
  for (let n = Math.max(0, start); n < to; n += 1) sum += (samples[n] ?? 0) ** 2;
  return sum;
}

/**
 * A recording's cell of 5 ms at a delay: quiet, the reference says nothing there; matched, it is the reference's sound;
 * unmatched, it is silence or another sound; outside, the reference does not reach there.
 */
export type Cell = "quiet" | "matched" | "unmatched" | "outside";

/** Every whole cell of the recording at one delay. speechEnergy: from which energy on a cell of the reference is speech. */
export function cellsAt(reference: Int16Array, recording: Int16Array, delay: number, speechEnergy: number): Cell[] {
  const cells: Cell[] = [];
  for (let start = 0; start + cellSamples <= recording.length; start += cellSamples) {
    const from = start - delay;
    if (from < 0 || from + cellSamples > reference.length) {
      cells.push("outside");
      continue;
    }
    const spoken = energy(reference, from, cellSamples);
    if (spoken < speechEnergy) {
      cells.push("quiet");
      continue;
    }
    const product = productAt(reference, recording, delay, start, cellSamples);
    const heard = energy(recording, start, cellSamples);
    const same = product > 0 && product * product >= cellCorrelationSquaredMin * spoken * heard;
    cells.push(same ? "matched" : "unmatched");
  }
  return cells;
}

/** The cells of the recording, each with the delay that holds there. */
export interface AlignedCell {
  readonly delay: number;
  readonly cell: Cell;
}

/** Follows the delay through the recording from the one that fits best overall. */
export function follow(
  reference: Int16Array,
  recording: Int16Array,
  delay: number,
  speechEnergy: number,
): AlignedCell[] {
  const tracks = [{ delay, cells: cellsAt(reference, recording, delay, speechEnergy) }];
  let searches = 0;
  for (let start = 0; start + blockSamples <= recording.length && searches < searchesMax; start += blockSamples / 2) {
    const first = start / cellSamples;
    const isLost = tracks.every((track) => {
      const block = track.cells.slice(first, first + blockSamples / cellSamples);
      return block.filter((cell) => cell === "unmatched").length > block.length / 4;
    });
    if (!isLost || energy(recording, start, blockSamples) < (speechEnergy * blockSamples) / cellSamples) continue;
    searches += 1;
    const other = searchBlock(reference, recording, delay, start);
    if (other === null || tracks.some((track) => track.delay === other)) continue;
    tracks.push({ delay: other, cells: cellsAt(reference, recording, other, speechEnergy) });
  }
  return anchored(cheapestPath(tracks), tracks);
}

/** Before the first sound that was heard there is no other delay than that one's, and none but the last one's at the end. */
function anchored(cells: readonly AlignedCell[], tracks: readonly Track[]): AlignedCell[] {
  const first = cells.findIndex(({ cell }) => cell === "matched");
  const last = cells.findLastIndex(({ cell }) => cell === "matched");
  return cells.map((aligned, index) => {
    const delay = cells[Math.min(Math.max(index, first), last)]?.delay ?? aligned.delay;
    const cell = tracks.find((track) => track.delay === delay)?.cells[index] ?? aligned.cell;
    return first < 0 ? aligned : { delay, cell };
  });
}

/** The delay near the given one at which this block of the recording is the reference's sound, if there is one. */
function searchBlock(reference: Int16Array, recording: Int16Array, near: number, start: number): number | null {
  const heard = energy(recording, start, blockSamples);
  let best: { readonly delay: number; readonly correlation: number } | null = null;
  for (let delay = near - shiftSamplesMax; delay <= near + shiftSamplesMax; delay += 1) {
    const spoken = energy(reference, start - delay, blockSamples);
    const product = productAt(reference, recording, delay, start, blockSamples);
    const correlation = product / Math.sqrt(spoken * heard || 1);
    if (correlation > (best?.correlation ?? blockCorrelationMin)) best = { delay, correlation };
  }
  return best?.delay ?? null;
}

interface Track {
  readonly delay: number;
  readonly cells: readonly Cell[];
}

/** Least unmatched cells plus the cost of each change of delay (Viterbi's algorithm over the tracks). */
function cheapestPath(tracks: readonly Track[]): AlignedCell[] {
  const length = tracks[0]?.cells.length ?? 0;
  const from: number[][] = [];
  let costs = tracks.map(() => 0);
  for (let index = 0; index < length; index += 1) {
    const cheapest = costs.indexOf(Math.min(...costs));
    const before = costs;
    from.push(tracks.map((_, track) => (stays(before, track, cheapest) ? track : cheapest)));
    costs = tracks.map((track, number) => {
      const arrival = Math.min(before[number] ?? 0, (before[cheapest] ?? 0) + shiftCostCells);
      return arrival + (track.cells[index] === "unmatched" ? 1 : 0);
    });
  }
  const path: AlignedCell[] = [];
  let track = costs.indexOf(Math.min(...costs));
  for (let index = length - 1; index >= 0; index -= 1) {
    path.push({ delay: tracks[track]?.delay ?? 0, cell: tracks[track]?.cells[index] ?? "outside" });
    track = from[index]?.[track] ?? track;
  }
  return path.reverse();
}

function stays(costs: readonly number[], track: number, cheapest: number): boolean {
  return (costs[track] ?? 0) <= (costs[cheapest] ?? 0) + shiftCostCells;
}
