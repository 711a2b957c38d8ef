/**
 * Transaction identifiers (RFC 3435 section 3.2.1.2): they follow one another from a random start, so none comes again
 * within three minutes. Who sends from one address and port by turns keeps one of these for all of it.
 */
import type { Random } from "../chance.js";

const transactionIdMax = 999_999_999;

export class TransactionIds {
  readonly #random: Random;
  #last: number | null = null;

  constructor(random: Random) {
    this.#random = random;
  }

  /** isTaken: of those that are not answered yet. */
  next(isTaken: (transactionId: number) => boolean): number {
    let id = this.#last ?? Math.floor(this.#random() * transactionIdMax);
    do id = (id % transactionIdMax) + 1;
    while (isTaken(id));
    this.#last = id;
    return id;
  }
}
