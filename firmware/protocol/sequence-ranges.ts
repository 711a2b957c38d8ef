/**
 * A set of sequence numbers, kept as ranges that neither touch nor overlap: `1-17,20,25-30`. What an acknowledgement of
 * journal entries names, and what a journal's reader has done with.
 */
import { type ParseResult, parsed, refused } from "./parse-result.js";

export interface SequenceRange {
  readonly first: number;
  /** Not below `first`. */
  readonly last: number;
}

export class SequenceRanges {
  #ranges: SequenceRange[] = [];

  /** Ascending. */
  get all(): readonly SequenceRange[] {
    return this.#ranges;
  }

  has(sequence: number): boolean {
    const range = this.#ranges[this.#indexFrom(sequence)];
    return range !== undefined && range.first <= sequence;
  }

  add(first: number, last: number): void {
    if (last < first) return;
    // What it touches is taken into one range with it.
    const from = this.#indexFrom(first - 1);
    let to = from;
    let joined = { first, last };
    for (let range = this.#ranges[to]; range !== undefined && range.first <= last + 1; range = this.#ranges[to]) {
      joined = { first: Math.min(joined.first, range.first), last: Math.max(joined.last, range.last) };
      to += 1;
    }
    this.#ranges.splice(from, to - from, joined);
  }

  /** The first range that ends at or behind this number; their count if none does. */
  #indexFrom(sequence: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle]?.last ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export function formatRanges(ranges: readonly SequenceRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(",");
}

/** Ascending ranges of positive numbers that neither touch nor overlap; refused when there are more than `rangesMax`. */
export function parseRanges(text: string, rangesMax: number): ParseResult<SequenceRange[]> {
  const ranges: SequenceRange[] = [];
  const parts = text === "" ? [] : text.split(",", rangesMax + 1);
  if (parts.length > rangesMax) return refused(`above ${rangesMax} ranges`);
  let before = -1;
  for (const part of parts) {
    const match = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || first < 1 || last < first || first <= before + 1) {
      return refused(`"${part.slice(0, 40)}" is no range behind ${Math.max(before, 0)}`);
    }
    ranges.push({ first, last });
    before = last;
  }
  return parsed(ranges);
}
