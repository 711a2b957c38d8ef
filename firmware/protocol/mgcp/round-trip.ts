/**
 * How long to wait for one peer's answers (RFC 3435 section 3.5.3): the smoothed average and deviation of its delays,
 * as TCP does it, with Karn's rule: what was repeated teaches nothing but the wait that worked.
 */

/** Shares a new delay has in the average and in the deviation, and the deviations that are added to wait (RFC 6298). */
const averageShare = 1 / 8;
const deviationShare = 1 / 4;
const deviations = 4;

export interface WaitBounds {
  /** The least wait, and the first one for a peer that is not known yet. */
  readonly leastMs: number;
  /** RTO-MAX. */
  readonly mostMs: number;
}

export class RoundTrip {
  #averageMs: number | null = null;
  #deviationMs = 0;
  #workedMs: number | null = null;

  /** AAD, ms; null until an answer came without repetition. */
  get averageMs(): number | null {
    return this.#averageMs;
  }

  /** N times ADEV, ms: what is added to every back-off. */
  get marginMs(): number {
    return deviations * this.#deviationMs;
  }

  /** The wait after the first sending of a command; one that worked is taken over by the very next command only. */
  takeFirstWaitMs({ leastMs, mostMs }: WaitBounds): number {
    const workedMs = this.#workedMs;
    this.#workedMs = null;
    if (workedMs !== null) return workedMs;
    if (this.#averageMs === null) return leastMs;
    return Math.min(Math.max(this.#averageMs + this.marginMs, leastMs), mostMs);
  }

  /** The first answer to a command that was sent once. */
  measured(delayMs: number): void {
    this.#workedMs = null;
    if (this.#averageMs === null) {
      this.#averageMs = delayMs;
      this.#deviationMs = delayMs / 2;
      return;
    }
    const differenceMs = delayMs - this.#averageMs;
    this.#deviationMs += deviationShare * (Math.abs(differenceMs) - this.#deviationMs);
    this.#averageMs += averageShare * differenceMs;
  }

  /** The first answer to a command that was repeated: the next command starts with the last wait of this one. */
  repeated(waitMs: number): void {
    this.#workedMs = waitMs;
  }
}
