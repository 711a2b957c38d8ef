/**
 * How fast new commands go to one peer (RFC 3435 section 4.4.8, load control): at once, until the peer says that it is
 * overloaded (409), queues (101) or answers slowly; then with a pause between them that doubles with each such sign and
 * shrinks with each answer without one. Repetitions are not slowed here, section 3.5.3 does that.
 */
export interface PaceOptions {
  readonly firstPauseMs: number;
  readonly pauseMaxMs: number;
}

export const paceDefaults: PaceOptions = { firstPauseMs: 10, pauseMaxMs: 1_000 };

/** What is left of the pause after an answer without a sign of overload. */
const relief = 0.75;

export class SendingPace {
  readonly #options: PaceOptions;
  #pauseMs = 0;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** When a command given now may go; moves on when it is taken. */
  slotMs(nowMs: number): number {
    return Math.max(nowMs, this.#lastAtMs + this.#pauseMs);
  }

  take(atMs: number): void {
    this.#lastAtMs = atMs;
  }

  overloaded(): void {
    const { firstPauseMs, pauseMaxMs } = this.#options;
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, firstPauseMs), pauseMaxMs);
  }

  relieved(): void {
    this.#pauseMs = this.#pauseMs < this.#options.firstPauseMs / 2 ? 0 : this.#pauseMs * relief;
  }
}
