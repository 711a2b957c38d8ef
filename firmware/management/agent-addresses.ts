/**
 * The addresses of call agents that are named by domain (RFC 3435 section 2.1.4), as long as they are believed. Looking
 * names up is the edge's: it is asked for a name once, and tells what it found.
 */
export interface AgentAddressesOptions {
  /** Names remembered; the one learnt first is forgotten beyond. */
  readonly namesMax: number;
  /** How long addresses are believed when the edge does not say. */
  readonly keptMs: number;
  /** How long it is believed that there are none. */
  readonly failureKeptMs: number;
}

export type KnownAddresses =
  /** IP literals; none: the name has no address. */
  | { readonly kind: "known"; readonly addresses: readonly string[] }
  /** To be looked up now. */
  | { readonly kind: "ask" }
  /** Being looked up. */
  | { readonly kind: "asked" };

interface Entry {
  readonly addresses: readonly string[];
  readonly learntAtMs: number;
  readonly untilMs: number;
}

export class AgentAddresses {
  readonly #options: AgentAddressesOptions;
  readonly #known = new Map<string, Entry>();
  readonly #asked = new Set<string>();

  constructor(options: AgentAddressesOptions) {
    this.#options = options;
  }

  lookUp(domain: string, nowMs: number): KnownAddresses {
    const name = domain.toLowerCase();
    if (this.#asked.has(name)) return { kind: "asked" };
    const entry = this.#known.get(name);
    if (entry !== undefined && nowMs < entry.untilMs) return { kind: "known", addresses: entry.addresses };
    this.#asked.add(name);
    return { kind: "ask" };
  }

  /** Section 4.3: a name that was not looked up within the last 5 seconds may have other addresses by now: true, and it is asked for. */
  doubt(domain: string, nowMs: number): boolean {
    const name = domain.toLowerCase();
    const entry = this.#known.get(name);
    return entry !== undefined && nowMs - entry.learntAtMs >= recentlyMs && this.#known.delete(name);
  }

  /** addresses: empty when the name was not found. */
  resolved(domain: string, addresses: readonly string[], nowMs: number): void {
    const name = domain.toLowerCase();
    if (!this.#asked.delete(name)) return;
    const { namesMax, keptMs, failureKeptMs } = this.#options;
    const untilMs = nowMs + (addresses.length === 0 ? failureKeptMs : keptMs);
    this.#known.set(name, { addresses: addresses.slice(0, addressesMax), learntAtMs: nowMs, untilMs });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= namesMax) break;
      this.#known.delete(oldest);
    }
  }

  /** Is this one of the name's addresses, as far as is known? */
  has(domain: string, address: string): boolean {
    return this.#known.get(domain.toLowerCase())?.addresses.includes(address) ?? false;
  }
}

const recentlyMs = 5_000;

/** Of one name; those beyond are not tried. */
export const addressesMax = 16;
