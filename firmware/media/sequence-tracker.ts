/**
 * What RFC 3550 keeps of one source: which sequence numbers to believe (appendix A.1), how many packets were lost (A.3)
 * and how unevenly they come (A.8). Counts of earlier sources of the same leg stay in the leg's totals.
 */
import { timestampDistance } from "#protocol/rtp.js";

/** Appendix A.1: a minute's loss, two seconds' misordering at 50 packets a second. */
const dropoutMax = 3000;
const misorderMax = 100;
const sequenceModulus = 0x1_0000;

export class SequenceTracker {
  #baseSequence = 0;
  #maxSequence = 0;
  #cycles = 0;
  #received = 0;
  #expectedPrior = 0;
  #receivedPrior = 0;
  #transit: number | null = null;
  #jitter = 0;
  #earlierLost = 0;

  /** Begins anew with a source whose first packet bears this number; loss so far is kept in `lost`. */
  restart(sequence: number): void {
    this.#earlierLost = this.lost;
    this.#baseSequence = sequence;
    this.#maxSequence = sequence;
    this.#cycles = 0;
    this.#received = 1;
    this.#expectedPrior = 0;
    this.#receivedPrior = 0;
    this.#transit = null;
    this.#jitter = 0;
  }

  /** newest: ahead of all before; older: came out of order or twice; jump: not believable as part of this stream. */
  update(sequence: number): "newest" | "older" | "jump" {
    const ahead = (sequence - this.#maxSequence) & 0xffff;
    if (ahead !== 0 && ahead < dropoutMax) {
      if (sequence < this.#maxSequence) this.#cycles += sequenceModulus;
      this.#maxSequence = sequence;
      this.#received += 1;
      return "newest";
    }
    if (ahead !== 0 && ahead <= sequenceModulus - misorderMax) return "jump";
    this.#received += 1;
    return "older";
  }

  /** Appendix A.8; arrival in the same media clock units as the timestamp. */
  arrived(timestamp: number, arrival: number): void {
    const transit = timestampDistance(Math.floor(arrival) % 2 ** 32, timestamp);
    if (this.#transit !== null) {
      const difference = Math.abs(timestampDistance(transit, this.#transit));
      this.#jitter += (difference - this.#jitter) / 16;
    }
    this.#transit = transit;
  }

  /** Media clock units; null until two packets were heard. */
  get jitter(): number | null {
    return this.#received > 1 ? this.#jitter : null;
  }

  get extendedHighest(): number {
    return this.#cycles + this.#maxSequence;
  }

  get #expected(): number {
    return this.#received === 0 ? 0 : this.extendedHighest - this.#baseSequence + 1;
  }

  /** Of the present source; negative when packets came twice. */
  get cumulativeLost(): number {
    return this.#expected - this.#received;
  }

  /** Of all sources of this leg, never negative. */
  get lost(): number {
    return this.#earlierLost + Math.max(this.cumulativeLost, 0);
  }

  /** Appendix A.3: since the last time it was asked, in 1/256. */
  takeFractionLost(): number {
    const expected = this.#expected - this.#expectedPrior;
    const lost = expected - (this.#received - this.#receivedPrior);
    this.#expectedPrior = this.#expected;
    this.#receivedPrior = this.#received;
    return expected <= 0 || lost <= 0 ? 0 : Math.min(Math.floor((lost * 256) / expected), 255);
  }
}
