/**
 * Numbers for media legs and the ports they bind. A port is even, its RTCP goes on the next (RFC 3550 section 11), and it
 * is used again as late as possible, so that stray packets of an ended call meet a closed door.
 *
 * Some legs are kept ready: their ports stay bound between two uses, so that a connection on one needs no system call
 * and its command can be answered at once. What comes meanwhile is dropped; of these too the one used longest ago is next.
 * Others need no port: their far side is another leg of the same engine.
 */

import { Fifo } from "#protocol/fifo.js";
import type { LegNumber } from "../media/media-port.js";

export interface LegPoolOptions {
  readonly legsMax: number;
  /** Both even; the last pair is (portLast, portLast + 1). */
  readonly portFirst: number;
  readonly portLast: number;
  /** Legs whose ports stay bound while nobody uses them. */
  readonly readyMax: number;
}

/** Where a leg is bound, and what its packets are to be marked with. */
export interface LegBinding {
  /** IP literal. */
  readonly address: string;
  readonly dscp: number;
}

export interface LegLease {
  readonly leg: LegNumber;
  readonly generation: number;
  /** 0: it has none. */
  readonly port: number;
  readonly binding: LegBinding;
  /** Of a leg that was ready: its ports are bound, with this DSCP as the kernel says. */
  readonly ready: { readonly dscp: number } | null;
}

interface ReadyLeg {
  readonly leg: LegNumber;
  readonly port: number;
  readonly dscp: number;
}

export class LegPool {
  readonly #options: LegPoolOptions;
  readonly #freeLegs = new Fifo<LegNumber>();
  readonly #freePorts = new Fifo<number>();
  /** By binding. */
  readonly #ready = new Map<string, Fifo<ReadyLeg>>();
  #readyCount = 0;
  #generation = 0;

  constructor(options: LegPoolOptions) {
    this.#options = options;
    for (let leg = 0; leg < options.legsMax; leg += 1) this.#freeLegs.put(leg);
    for (let port = options.portFirst; port <= options.portLast; port += 2) this.#freePorts.put(port);
  }

  /** A leg that is ready for this binding where there is one; null when all legs or all ports are in use. */
  take(binding: LegBinding): LegLease | null {
    const found = this.#ready.get(bindingKey(binding))?.take();
    if (found === undefined) return this.takeUnready(binding);
    this.#readyCount -= 1;
    const { leg, port, dscp } = found;
    return this.#lease(leg, port, binding, { dscp });
  }

  /** One to be opened in any case; with no other left, one that was ready for some binding. */
  takeUnready(binding: LegBinding): LegLease | null {
    if (this.#freeLegs.size > 0 && this.#freePorts.size > 0) {
      const leg = this.#freeLegs.take();
      const port = this.#freePorts.take();
      return leg === undefined || port === undefined ? null : this.#lease(leg, port, binding, null);
    }
    const found = this.#takeAnyReady();
    return found === null ? null : this.#lease(found.leg, found.port, binding, null);
  }

  /** Without a port. dscp: should it ever get one. */
  takeWired(dscp: number): LegLease | null {
    const free = this.#freeLegs.take();
    const found = free === undefined ? this.#takeAnyReady() : null;
    if (found !== null) this.#freePorts.put(found.port);
    const leg = free ?? found?.leg;
    return leg === undefined ? null : this.#lease(leg, noPort, { address: nowhere, dscp }, null);
  }

  #takeAnyReady(): ReadyLeg | null {
    for (const queue of this.#ready.values()) {
      const found = queue.take();
      if (found === undefined) continue;
      this.#readyCount -= 1;
      return found;
    }
    return null;
  }

  /** Another port for a leg whose port another program holds; the refused one goes to the end of the queue. */
  exchangePort(lease: LegLease): LegLease | null {
    const port = this.#freePorts.take();
    if (port === undefined) return null;
    this.#freePorts.put(lease.port);
    return { ...lease, port };
  }

  /** Its ports are closed. */
  giveBack(lease: LegLease): void {
    this.#freeLegs.put(lease.leg);
    if (lease.port !== noPort) this.#freePorts.put(lease.port);
  }

  /** Whether its ports are to stay bound: true until readyMax are. dscp: as really set. */
  keepReady({ leg, port, binding }: LegLease, dscp: number): boolean {
    if (port === noPort || this.#readyCount >= this.#options.readyMax) return false;
    const key = bindingKey(binding);
    const queue = this.#ready.get(key) ?? new Fifo<ReadyLeg>();
    this.#ready.set(key, queue);
    queue.put({ leg, port, dscp });
    this.#readyCount += 1;
    return true;
  }

  get free(): number {
    return Math.min(this.#freeLegs.size, this.#freePorts.size) + this.#readyCount;
  }

  #lease(leg: LegNumber, port: number, binding: LegBinding, ready: LegLease["ready"]): LegLease {
    this.#generation += 1;
    return { leg, generation: this.#generation, port, binding, ready };
  }
}

const noPort = 0;
/** In place of the address of a leg without a port. */
const nowhere = "0.0.0.0";

function bindingKey({ address, dscp }: LegBinding): string {
  return `${address}/${dscp}`;
}
