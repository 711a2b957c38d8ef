/**
 * Final answers received from one peer and not yet confirmed to it: what the ResponseAck (K:) of the next command to it
 * says (RFC 3435 section 3.5.2). No answer is confirmed twice, none after T-HIST, and no list grows large.
 */
import type { NumberRange } from "./message.js";

/** Answers kept for confirmation; the oldest beyond are never confirmed, which costs the peer memory only. */
export const confirmationsMax = 256;
/** Ranges in one command. */
export const confirmedRangesMax = 16;

export class Confirmations {
  /** Transaction id to when its answer came, in the order they came. */
  readonly #received = new Map<number, number>();

  received(transactionId: number, nowMs: number): void {
    this.#received.set(transactionId, nowMs);
    if (this.#received.size <= confirmationsMax) return;
    for (const oldest of this.#received.keys()) {
      this.#received.delete(oldest);
      return;
    }
  }

  /** Takes at most confirmedRangesMax ranges of answers that came less than historyMs ago. */
  take(nowMs: number, historyMs: number): NumberRange[] {
    const fresh: number[] = [];
    for (const [transactionId, atMs] of this.#received) {
      if (nowMs - atMs < historyMs) fresh.push(transactionId);
      else this.#received.delete(transactionId);
    }
    const ranges: NumberRange[] = [];
    for (const transactionId of fresh.sort((a, b) => a - b)) {
      const last = ranges.at(-1);
      if (last?.last === transactionId - 1) ranges[ranges.length - 1] = { first: last.first, last: transactionId };
      else if (ranges.length < confirmedRangesMax) ranges.push({ first: transactionId, last: transactionId });
      else break;
      this.#received.delete(transactionId);
    }
    return ranges;
  }
}
