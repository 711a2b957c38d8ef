/**
 * The packet relay endpoints: numbered in hex under one prefix, two connections each, and which of them have none, for
 * "any of" (RFC 3435 section 2.1.2) takes one of those. Not the connections: those are call-control's.
 */
import { Fifo } from "#protocol/fifo.js";

export interface RelayOptions {
  /** All terms but the last, with the slash behind them: `relay/`. Lower case. */
  readonly prefix: string;
  /** Number of the first endpoint. */
  readonly first: number;
  readonly count: number;
  /** Far sides may be behind NATs that change their ports. */
  readonly learnsPort: boolean;
}

export class RelayEndpoints {
  readonly options: RelayOptions;
  readonly names: readonly string[];
  readonly #known: ReadonlySet<string>;
  /** Each free one is in here, and perhaps some that got a connection meanwhile. */
  readonly #free = new Fifo<string>();
  readonly #queued: Set<string>;

  constructor(options: RelayOptions) {
    const { prefix, first, count } = options;
    this.options = options;
    this.names = Array.from({ length: count }, (_, index) => `${prefix}${(first + index).toString(16)}`);
    this.#known = new Set(this.names);
    this.#queued = new Set(this.names);
    for (const name of this.names) this.#free.put(name);
  }

  owns(local: string): boolean {
    return this.#known.has(local);
  }

  /**
   * Whether CreateConnection for this name means any of ours. "All of" cannot be meant (section 2.3.5) and some call
   * agents write it for "any of", so it is taken for that.
   */
  isAnyOf(local: string): boolean {
    const name = local.toLowerCase();
    return name === "$" || name === `${this.options.prefix}$` || name === `${this.options.prefix}*`;
  }

  /** One without connections, and not that one; null when all others have some. It stays the next one until it has. */
  nextFree(hasNone: (local: string) => boolean, except: string | null = null): string | null {
    let isPassed = false;
    for (let name = this.#free.peek(); name !== undefined; name = this.#free.peek()) {
      if (name !== except && hasNone(name)) return name;
      this.#free.take();
      if (name !== except) this.#queued.delete(name);
      else this.#free.put(name);
      if (name === except && isPassed) return null;
      isPassed ||= name === except;
    }
    return null;
  }

  /** Its last connection is gone. */
  freed(local: string): void {
    if (!this.#known.has(local) || this.#queued.has(local)) return;
    this.#queued.add(local);
    this.#free.put(local);
  }
}
