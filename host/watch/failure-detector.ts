/**
 * Whether the peer is silent, by the heartbeats alone. A verdict here is a suspicion: only the witnesses (witnesses.ts)
 * make it a takeover. It holds no timer; whoever asks brings the time.
 */
export interface FailureDetectorOptions {
  /** From here on the gateways are asked whether they still hear the peer. */
  readonly lateAfterMs: number;
  readonly deadAfterMs: number;
}

export type Verdict = "alive" | "late" | "dead";

export class FailureDetector {
  readonly #options: FailureDetectorOptions;
  #lastHeardMs: number;

  /** `silentFromMs`: silence counts from here until something is heard; it may lie ahead. */
  constructor(options: FailureDetectorOptions, silentFromMs: number) {
    this.#options = options;
    this.#lastHeardMs = silentFromMs;
  }

  heard(nowMs: number): void {
    this.#lastHeardMs = nowMs;
  }

  get lastHeardMs(): number {
    return this.#lastHeardMs;
  }

  /** Held against the same sums that `next` gives, so that a deadline that came is never found to be still ahead. */
  verdict(nowMs: number): Verdict {
    if (nowMs >= this.#lastHeardMs + this.#options.deadAfterMs) return "dead";
    return nowMs >= this.#lastHeardMs + this.#options.lateAfterMs ? "late" : "alive";
  }

  /** When the verdict changes next if nothing is heard; null when it is "dead" already. */
  next(nowMs: number): number | null {
    const { lateAfterMs, deadAfterMs } = this.#options;
    const verdict = this.verdict(nowMs);
    if (verdict === "dead") return null;
    return this.#lastHeardMs + (verdict === "late" ? deadAfterMs : lateAfterMs);
  }
}
