/**
 * Collects what is dialled against a digit map, with the interdigit timer T of the DTMF package (RFC 3435 section
 * 2.1.5, RFC 3660 section 2.2). It is told letters and time; what becomes of the collected events is its user's.
 *
 *   idle --first letter--> collecting --letter--> collecting, T restarted --match or mismatch--> ended
 *                                     --T runs out: the letter T is dialled-------^
 */
import { type DigitMap, type DigitMatch, matchDigits } from "./digit-map.js";

export interface DigitTimers {
  /** At least one more symbol is needed for any match. */
  readonly partialMs: number;
  /** A timer is all that is needed for a match. */
  readonly criticalMs: number;
}

/** RFC 3660 section 2.2: the defaults of T-partial and T-critical. */
export const digitTimerDefaults: DigitTimers = { partialMs: 16_000, criticalMs: 4_000 };

export class DigitCollector {
  readonly #map: DigitMap;
  readonly #timers: DigitTimers | null;
  #dialled = "";
  #verdict: DigitMatch = "partial match";
  #dueAtMs: number | null = null;

  /** Without timers there is no interdigit timing: T was not among the requested events. */
  constructor(map: DigitMap, timers: DigitTimers | null) {
    this.#map = map;
    this.#timers = timers;
  }

  /** The current dial string, upper case. */
  get dialled(): string {
    return this.#dialled;
  }

  /** A match or a mismatch ends the collection: both are notified, and no further letter is taken. */
  get verdict(): DigitMatch {
    return this.#verdict;
  }

  /** One letter as in matchDigits. Above dialledMax letters it is a mismatch. */
  push(letter: string, nowMs: number): DigitMatch {
    if (this.#verdict !== "partial match") return this.#verdict;
    this.#dialled += letter.toUpperCase();
    this.#verdict = matchDigits(this.#map, this.#dialled);
    this.#dueAtMs = this.#verdict === "partial match" ? this.#deadline(nowMs) : null;
    return this.#verdict;
  }

  /** Dials T where the timer has run out; `expired` says that the event T happened. */
  tick(nowMs: number): { readonly expired: boolean; readonly verdict: DigitMatch } {
    if (this.#dueAtMs === null || nowMs < this.#dueAtMs) return { expired: false, verdict: this.#verdict };
    return { expired: true, verdict: this.push("T", nowMs) };
  }

  next(): number | null {
    return this.#dueAtMs;
  }

  #deadline(nowMs: number): number | null {
    if (this.#timers === null) return null;
    const needsOnlyTimer = matchDigits(this.#map, `${this.#dialled}T`) === "unambiguous match";
    return nowMs + (needsOnlyTimer ? this.#timers.criticalMs : this.#timers.partialMs);
  }
}
