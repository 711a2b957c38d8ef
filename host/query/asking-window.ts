/**
 * How many questions may be on their way to all gateways together, as congestion control has it (RFC 5681 in short): the
 * answers of a hundred gateways that are asked all at once would wait in each other's way until they seem lost, and be
 * asked for again. The window widens with each answer that comes in time and is narrowed where one does not. Who finds no
 * room waits for its turn; turns go round.
 */

export interface AskingWindowOptions {
  /** Of the questions on their way at once: at the start, and between what bounds. */
  readonly first: number;
  readonly least: number;
  readonly most: number;
}

export const askingWindowDefaults: AskingWindowOptions = { first: 256, least: 32, most: 1_024 };

/** What is not answered by then is not counted as on its way any more, and would be repeated about now. */
export const lateMs = 200;
const narrowedTo = 0.5;
/** All that is on its way was asked in the wider window: it is narrowed once for it. */
const narrowingsApartMs = lateMs;

/** For one that asks alone and has bounds of its own. */
export const boundless: AskingWindowOptions = { first: Infinity, least: 1, most: Infinity };

export class AskingWindow<Asker extends object> {
  readonly #options: AskingWindowOptions;
  /** In the order in which they found no room. */
  readonly #waiting = new Set<Asker>();
  #size: number;
  /** From here on it widens by one in a round (section 3.1), not with each answer. */
  #threshold = Number.POSITIVE_INFINITY;
  #inFlight = 0;
  #invited: Asker | null = null;
  #narrowedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: AskingWindowOptions = askingWindowDefaults) {
    this.#options = options;
    this.#size = options.first;
  }

  /** Questions that may be on their way at this moment. */
  get size(): number {
    return Math.floor(this.#size);
  }

  /** Room for one question; false: there is none, and `invite` names the asker when there is. */
  take(asker: Asker): boolean {
    const isInvited = this.#invited === asker;
    if (!isInvited && (this.#waiting.size > 0 || this.#inFlight >= this.size)) {
      this.#waiting.add(asker);
      return false;
    }
    this.#invited = null;
    this.#inFlight += 1;
    return true;
  }

  /** Whoever has waited longest, once there is room; it may take one. Null when nobody waits, or there is none. */
  invite(): Asker | null {
    this.#invited = null;
    if (this.#inFlight >= this.size) return null;
    const [asker] = this.#waiting;
    if (asker === undefined) return null;
    this.#waiting.delete(asker);
    this.#invited = asker;
    return asker;
  }

  isWaiting(asker: Asker): boolean {
    return this.#waiting.has(asker);
  }

  answered(): void {
    this.#inFlight -= 1;
    const widened = this.#size + (this.#size < this.#threshold ? 1 : 1 / this.#size);
    this.#size = Math.min(widened, this.#options.most);
  }

  /** No answer within lateMs. */
  late(nowMs: number): void {
    this.#inFlight -= 1;
    if (nowMs - this.#narrowedAtMs < narrowingsApartMs) return;
    this.#narrowedAtMs = nowMs;
    this.#size = Math.max(this.#size * narrowedTo, this.#options.least);
    this.#threshold = this.#size;
  }

  /** Nobody waits for its answer any more. */
  dropped(): void {
    this.#inFlight -= 1;
  }

  /** The asker has ended. */
  leave(asker: Asker): void {
    this.#waiting.delete(asker);
    if (this.#invited === asker) this.#invited = null;
  }
}
