/**
 * The answers of the last T-HIST (RFC 3435 section 3.5.1): by source and transaction id, in the order in which they were
 * given. Numbers lie in typed arrays and answers in one sequence of bytes, so that some hundred thousand of them are
 * nothing to the garbage collector. When an entry ends is told by its owner; so are the limits to be kept.
 *
 *   entries, a ring:   | free | oldest ............ first with an answer ............ newest | free |
 *   heads:             bucket of source and id ──► newest entry of the bucket ──older──► ... ──older──► one that ended
 *
 * An entry that ended is not taken out of its bucket: all that its link leads to ended before it. So a link that does
 * not lead to an older entry that is still there ends the chain.
 */
import type { Random } from "../chance.js";
import { KeptBytes } from "../kept-bytes.js";

export interface AnswerHistoryOptions {
  /** Answers beyond are forgotten, the oldest first; their numbers are not. */
  readonly responsesMax: number;
  /** In memory; the same. */
  readonly responseBytesMax: number;
}

/** Powers of two. */
const entriesFirst = 64;

const noAnswer = -1;
const none = -1;

interface Entries {
  readonly ids: Int32Array;
  readonly sources: Int32Array;
  readonly untilMs: Float64Array;
  /** Where the answer lies; noAnswer where only the number is kept. */
  readonly places: Float64Array;
  readonly lengths: Int32Array;
  readonly older: Int32Array;
  readonly heads: Int32Array;
}

export class AnswerHistory {
  readonly #options: AnswerHistoryOptions;
  readonly #answers = new KeptBytes();
  /** Nobody who does not know it can choose ids that share a bucket. */
  readonly #scatter: number;
  #entries = emptyEntries(entriesFirst);
  #capacity = entriesFirst;
  /** Index of the entry behind the newest. */
  #end = 0;
  #size = 0;
  /** Entries from the first with an answer on, and how many of them have one. */
  #answering = 0;
  #answerCount = 0;

  constructor(options: AnswerHistoryOptions, random: Random) {
    this.#options = options;
    this.#scatter = Math.floor(random() * 2 ** 31) * 2 + 1;
  }

  get size(): number {
    return this.#size;
  }

  /** When the oldest ends; null when there is none. */
  get oldestUntilMs(): number | null {
    return this.#size === 0 ? null : (this.#entries.untilMs[this.#indexOf(this.#size)] ?? null);
  }

  get oldestSource(): number | null {
    return this.#size === 0 ? null : (this.#entries.sources[this.#indexOf(this.#size)] ?? null);
  }

  /** Names the entry until another is put or forgotten; null when there is none. */
  find(source: number, transactionId: number): number | null {
    const { ids, sources, older, heads } = this.#entries;
    let entry = heads[this.#bucketOf(source, transactionId)] ?? none;
    for (let age = 0; entry !== none; entry = older[entry] ?? none) {
      const itsAge = this.#ageOf(entry);
      if (itsAge <= age || itsAge > this.#size) return null;
      if (ids[entry] === transactionId && sources[entry] === source) return entry;
      age = itsAge;
    }
    return null;
  }

  /** untilMs: not before that of the entry put before. */
  put(source: number, transactionId: number, answer: Uint8Array, untilMs: number): void {
    if (this.#size === this.#capacity) this.#grow();
    const { lengths, places } = this.#entries;
    const entry = this.#append(source, transactionId, untilMs);
    places[entry] = this.#answers.append(answer);
    lengths[entry] = answer.length;
    this.#answering += 1;
    this.#answerCount += 1;
    const { responsesMax, responseBytesMax } = this.#options;
    while (this.#answerCount > responsesMax || (this.#answerCount > 1 && this.#answers.size > responseBytesMax))
      this.forgetAnswer(this.#indexOf(this.#answering));
  }

  /** A copy; null where only the number is kept. */
  answer(entry: number): Uint8Array | null {
    const place = this.#entries.places[entry] ?? noAnswer;
    return place === noAnswer ? null : this.#answers.read(place, this.#entries.lengths[entry] ?? 0);
  }

  /** The number stays. */
  forgetAnswer(entry: number): void {
    const { places } = this.#entries;
    if ((places[entry] ?? noAnswer) === noAnswer) return;
    places[entry] = noAnswer;
    this.#answerCount -= 1;
    while (this.#answering > 0 && places[this.#indexOf(this.#answering)] === noAnswer) this.#answering -= 1;
    const first = this.#answering === 0 ? this.#answers.end : places[this.#indexOf(this.#answering)];
    this.#answers.forgetBefore(first ?? this.#answers.end);
  }

  forgetOldest(): void {
    if (this.#size === 0) return;
    this.forgetAnswer(this.#indexOf(this.#size));
    this.#size -= 1;
  }

  /** Entries are counted from the newest, which is 1. */
  #ageOf(entry: number): number {
    return ((this.#end - 1 - entry) & (this.#capacity - 1)) + 1;
  }

  #indexOf(age: number): number {
    return (this.#end - age) & (this.#capacity - 1);
  }

  /** Multiplicative hashing: the product's upper bits are the mixed ones. */
  #bucketOf(source: number, transactionId: number): number {
    const mixed = Math.imul(transactionId ^ Math.imul(source, 0x9e37_79b1), this.#scatter);
    return (mixed ^ (mixed >>> 15)) & (this.#capacity - 1);
  }

  #append(source: number, transactionId: number, untilMs: number): number {
    const { ids, sources, older, heads, untilMs: until, places } = this.#entries;
    const entry = this.#end;
    const bucket = this.#bucketOf(source, transactionId);
    ids[entry] = transactionId;
    sources[entry] = source;
    until[entry] = untilMs;
    places[entry] = noAnswer;
    older[entry] = heads[bucket] ?? none;
    heads[bucket] = entry;
    this.#end = (entry + 1) & (this.#capacity - 1);
    this.#size += 1;
    return entry;
  }

  /** Twice as large; the entries are put in again, the oldest first. */
  #grow(): void {
    const before = this.#entries;
    const indexes = Array.from({ length: this.#size }, (_, count) => this.#indexOf(this.#size - count));
    this.#capacity *= 2;
    this.#entries = emptyEntries(this.#capacity);
    this.#end = 0;
    this.#size = 0;
    for (const index of indexes) {
      const entry = this.#append(before.sources[index] ?? 0, before.ids[index] ?? 0, before.untilMs[index] ?? 0);
      this.#entries.places[entry] = before.places[index] ?? noAnswer;
      this.#entries.lengths[entry] = before.lengths[index] ?? 0;
    }
  }
}

function emptyEntries(capacity: number): Entries {
  return {
    ids: new Int32Array(capacity),
    sources: new Int32Array(capacity),
    untilMs: new Float64Array(capacity),
    places: new Float64Array(capacity),
    lengths: new Int32Array(capacity),
    older: new Int32Array(capacity),
    heads: new Int32Array(capacity).fill(none),
  };
}
