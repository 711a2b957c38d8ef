/**
 * Which call server's commands are obeyed. A claim is an epoch (number, server): granted only when higher than the
 * present one and at most `leapMax` above it, so that nobody can seize the gateway for ever; a command of a lower epoch
 * is refused. So a primary that wakes up after a takeover can tear nothing down. A number so high that it must be a fault
 * may be claimed afresh by a call agent that names it: an operator's way out.
 */
import type { Epoch, HeardAgent } from "#protocol/active-connection.js";
import { epochResettableFrom } from "#protocol/mgcp/recovery-package.js";

export interface FencingOptions {
  readonly leapMax: number;
  /** IP literals of the call agents, who may command and claim. */
  readonly callAgents: readonly string[];
  /** IP literals of those who may only ask. */
  readonly askers: readonly string[];
}

export type ClaimVerdict =
  | { readonly kind: "granted"; readonly epoch: Epoch }
  /** The same server claims the same number again: a repeated or lost answer. */
  | { readonly kind: "already yours"; readonly epoch: Epoch }
  | { readonly kind: "refused"; readonly owner: Epoch | null; readonly reason: string };

export class Fencing {
  readonly #options: FencingOptions;
  #epoch: Epoch | null;
  readonly #heardAtMs = new Map<string, number>();

  /** epoch: as persisted by the boot before, null when never claimed. */
  constructor(options: FencingOptions, epoch: Epoch | null) {
    this.#options = options;
    this.#epoch = epoch;
  }

  get epoch(): Epoch | null {
    return this.#epoch;
  }

  mayCommand(address: string): boolean {
    return this.#options.callAgents.includes(address);
  }

  mayAsk(address: string): boolean {
    return this.mayCommand(address) || this.#options.askers.includes(address);
  }

  /** Only call agents are remembered, so the list is bounded by the configuration. */
  heard(address: string, nowMs: number): void {
    if (this.mayCommand(address)) this.#heardAtMs.set(address, nowMs);
  }

  heardAgents(nowMs: number): HeardAgent[] {
    return [...this.#heardAtMs].map(([address, atMs]) => ({ address, ageMs: Math.max(0, Math.round(nowMs - atMs)) }));
  }

  /** `reset`: the epoch this claim does away with; null for a claim above the present one. */
  claim(wanted: Epoch, reset: Epoch | null): ClaimVerdict {
    const present = this.#epoch;
    if (present !== null && wanted.number === present.number && wanted.server === present.server)
      return { kind: "already yours", epoch: present };
    if (reset !== null && !this.#mayReset(reset))
      return { kind: "refused", owner: present, reason: `epoch ${reset.number} is not here, or not to be reset` };
    const number = reset === null ? (present?.number ?? 0) : 0;
    if (wanted.number <= number)
      return { kind: "refused", owner: present, reason: `epoch ${wanted.number} is not above ${number}` };
    if (wanted.number - number > this.#options.leapMax)
      return {
        kind: "refused",
        owner: present,
        reason: `epoch ${wanted.number} leaps more than ${this.#options.leapMax}`,
      };
    this.#epoch = wanted;
    return { kind: "granted", epoch: wanted };
  }

  #mayReset({ number, server }: Epoch): boolean {
    const present = this.#epoch;
    return number >= epochResettableFrom && present?.number === number && present.server === server;
  }

  /** A command without an epoch is obeyed only while nobody has claimed the gateway. */
  obeys(epoch: Epoch | null): boolean {
    if (this.#epoch === null) return true;
    return epoch !== null && epoch.number === this.#epoch.number && epoch.server === this.#epoch.server;
  }
}
