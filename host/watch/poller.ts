/**
 * When which gateway is polled: each once per interval, the first polls spread over one interval, so many at a time. It
 * knows no protocol and sends nothing.
 */
import { Deadlines } from "#protocol/deadlines.js";

export interface PollerOptions {
  readonly everyMs: number;
  /** A poll that is due above this waits for one to end. */
  readonly inFlightMax: number;
}

export class Poller {
  readonly #options: PollerOptions;
  readonly #due = new Deadlines<string>();
  readonly #waiting = new Set<string>();
  readonly #inFlight = new Set<string>();
  #skipped = 0;

  constructor(gateways: readonly string[], options: PollerOptions, nowMs: number) {
    this.#options = options;
    for (const [index, gateway] of gateways.entries()) {
      this.#due.set(gateway, nowMs + ((index + 1) * options.everyMs) / gateways.length);
    }
  }

  /** Gateways to be polled now. */
  takeDue(nowMs: number): string[] {
    for (const gateway of this.#due.takeDue(nowMs)) {
      this.#due.set(gateway, nowMs + this.#options.everyMs);
      if (this.#inFlight.has(gateway)) this.#skipped += 1;
      else this.#waiting.add(gateway);
    }
    const started: string[] = [];
    for (const gateway of this.#waiting) {
      if (this.#inFlight.size >= this.#options.inFlightMax) break;
      this.#waiting.delete(gateway);
      this.#inFlight.add(gateway);
      started.push(gateway);
    }
    return started;
  }

  /** The poll of this gateway ended, well or not. */
  ended(gateway: string): void {
    this.#inFlight.delete(gateway);
  }

  /** Polls that fell away because the one before was still running. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Waiting polls start when one ends, so they need no time. */
  next(): number | null {
    return this.#due.next();
  }
}
