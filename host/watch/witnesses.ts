/**
 * The gateways as witnesses: a peer whose heartbeats are missing is gone only if no reachable gateway hears it either.
 * This keeps a broken link between two call servers from becoming two call servers in charge.
 *
 *   begin ──► asked ──answer: heard long enough ago──► gone (for this gateway; valid for `validMs`)
 *               │      answer: heard since ──► asked again when that would be long enough
 *               └──no answer for `reachableWithinMs`──► unreachable: no witness at all
 *
 * The peer is gone when at least one gateway answered and every one that answered says so. A server that reaches no
 * gateway at all never takes over: it would have nothing to take.
 */
export interface WitnessOptions {
  /** Silence of the peer at a gateway, as measured by that gateway, from which on it is gone. */
  readonly silentAfterMs: number;
  readonly reachableWithinMs: number;
  /** How long a gateway's "gone" may be used; afterwards it is asked again. */
  readonly validMs: number;
  /** Pause before a gateway is asked again. */
  readonly retryMs: number;
}

/** Ages come rounded, so a gateway asked when its silence would just be long enough may fall short by a little. */
const askPauseMinMs = 10;

export type WitnessVerdict = "undecided" | "heard" | "gone";

interface Testimony {
  askAtMs: number;
  /** Null: no answer since the asking began. */
  answeredAtMs: number | null;
  /** On our clock, the latest instant it can have been; -Infinity when the gateway never heard the peer. */
  heardAtMs: number;
  saysGone: boolean;
}

export class Witnesses {
  readonly #options: WitnessOptions;
  readonly #testimonies = new Map<string, Testimony>();
  #begunAtMs: number | null = null;

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  get asking(): boolean {
    return this.#begunAtMs !== null;
  }

  /** Begins to ask; while it is asking already, nothing changes. */
  begin(gateways: readonly string[], nowMs: number): void {
    if (this.#begunAtMs !== null) return;
    this.#begunAtMs = nowMs;
    for (const gateway of gateways) {
      this.#testimonies.set(gateway, {
        askAtMs: nowMs,
        answeredAtMs: null,
        heardAtMs: Number.NEGATIVE_INFINITY,
        saysGone: false,
      });
    }
  }

  /** The peer was heard itself: no one needs to be asked. */
  end(): void {
    this.#begunAtMs = null;
    this.#testimonies.clear();
  }

  /** Gateways to be asked now; each is due again after `retryMs` unless it answers. */
  takeDue(nowMs: number): string[] {
    const due: string[] = [];
    for (const [gateway, testimony] of this.#testimonies) {
      if (testimony.askAtMs > nowMs) continue;
      testimony.askAtMs = nowMs + this.#options.retryMs;
      due.push(gateway);
    }
    return due;
  }

  /** `heardAgeMs`: since the gateway last heard the peer; null when it never did. */
  answered(gateway: string, heardAgeMs: number | null, nowMs: number): void {
    const testimony = this.#testimonies.get(gateway);
    if (testimony === undefined) return;
    const { silentAfterMs, retryMs } = this.#options;
    testimony.answeredAtMs = nowMs;
    testimony.heardAtMs = heardAgeMs === null ? Number.NEGATIVE_INFINITY : nowMs - heardAgeMs;
    testimony.saysGone = nowMs - testimony.heardAtMs >= silentAfterMs;
    testimony.askAtMs = testimony.saysGone
      ? nowMs + retryMs
      : Math.max(testimony.heardAtMs + silentAfterMs, nowMs + askPauseMinMs);
  }

  /** Latest instant at which any gateway heard the peer; -Infinity when none ever did. */
  get lastHeardMs(): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...[...this.#testimonies.values()].map(({ heardAtMs }) => heardAtMs));
  }

  verdict(nowMs: number): WitnessVerdict {
    if (this.#begunAtMs === null) return "undecided";
    const stillWaiting = nowMs - this.#begunAtMs < this.#options.reachableWithinMs;
    let gone = 0;
    for (const testimony of this.#testimonies.values()) {
      if (testimony.answeredAtMs === null) {
        if (stillWaiting) return "undecided";
      } else if (!testimony.saysGone) return "heard";
      else if (nowMs - testimony.answeredAtMs > this.#options.validMs) return "undecided";
      else gone += 1;
    }
    return gone > 0 ? "gone" : "undecided";
  }

  /** When something is to be asked next; null while not asking. */
  next(): number | null {
    if (this.#begunAtMs === null) return null;
    let nextMs: number | null = null;
    for (const { askAtMs } of this.#testimonies.values()) if (nextMs === null || askAtMs < nextMs) nextMs = askAtMs;
    return nextMs;
  }
}
