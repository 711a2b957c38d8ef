/**
 * Numbers for media legs and the ports they bind. A port is even, its RTCP goes on the next (RFC 3550 section 11), and it
 * is used again as late as possible, so that stray packets of an ended call meet a closed door.
 */
import type { LegNumber } from "../media/media-port.js";
import { Fifo } from "./fifo.js";

export interface LegPoolOptions {
  readonly legsMax: number;
  /** Both even; the last pair is (portLast, portLast + 1). */
  readonly portFirst: number;
  readonly portLast: number;
}

export interface LegLease {
  readonly leg: LegNumber;
  readonly generation: number;
  readonly port: number;
}

export class LegPool {
  readonly #freeLegs = new Fifo<LegNumber>();
  readonly #freePorts = new Fifo<number>();
  #generation = 0;

  constructor(options: LegPoolOptions) {
    for (let leg = 0; leg < options.legsMax; leg += 1) this.#freeLegs.put(leg);
    for (let port = options.portFirst; port <= options.portLast; port += 2) this.#freePorts.put(port);
  }

  /** Null when all legs or all ports are in use. */
  take(): LegLease | null {
    if (this.free === 0) return null;
    const leg = this.#freeLegs.take();
    const port = this.#freePorts.take();
    if (leg === undefined || port === undefined) return null;
    this.#generation += 1;
    return { leg, generation: this.#generation, port };
  }

  /** Another port for a leg whose port another program holds; the refused one goes to the end of the queue. */
  exchangePort(lease: LegLease): LegLease | null {
    const port = this.#freePorts.take();
    if (port === undefined) return null;
    this.#freePorts.put(lease.port);
    return { ...lease, port };
  }

  giveBack(lease: LegLease): void {
    this.#freeLegs.put(lease.leg);
    this.#freePorts.put(lease.port);
  }

  get free(): number {
    return Math.min(this.#freeLegs.size, this.#freePorts.size);
  }
}
