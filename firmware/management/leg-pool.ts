/**
 * Numbers for media legs and the ports they bind. A port is even, its RTCP goes on the next (RFC 3550 section 11), and it
 * is used again as late as possible, so that stray packets of an ended call meet a closed door.
 */
import type { LegNumber } from "../media/media-port.js";

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
  readonly #freeLegs: LegNumber[] = [];
  readonly #freePorts: number[] = [];
  #generation = 0;

  constructor(options: LegPoolOptions) {
    for (let leg = 0; leg < options.legsMax; leg += 1) this.#freeLegs.push(leg);
    for (let port = options.portFirst; port <= options.portLast; port += 2) this.#freePorts.push(port);
  }

  /** Null when all legs or all ports are in use. */
  take(): LegLease | null {
    const leg = this.#freeLegs[0];
    const port = this.#freePorts[0];
    if (leg === undefined || port === undefined) return null;
    this.#freeLegs.shift();
    this.#freePorts.shift();
    this.#generation += 1;
    return { leg, generation: this.#generation, port };
  }

  /** Another port for a leg whose port another program holds; the refused one goes to the end of the queue. */
  exchangePort(lease: LegLease): LegLease | null {
    const port = this.#freePorts.shift();
    if (port === undefined) return null;
    this.#freePorts.push(lease.port);
    return { ...lease, port };
  }

  giveBack(lease: LegLease): void {
    this.#freeLegs.push(lease.leg);
    this.#freePorts.push(lease.port);
  }

  get free(): number {
    return Math.min(this.#freeLegs.length, this.#freePorts.length);
  }
}
