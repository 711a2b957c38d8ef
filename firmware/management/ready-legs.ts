/** Ports that are bound when the gateway starts, before anyone asks for them, so that the first connections need not wait. */
import type { LegSettings, MediaEvent } from "../media/media-port.js";
import { closeCommand, type MediaOutput } from "./leg-commands.js";
import type { LegBinding, LegLease, LegPool } from "./leg-pool.js";

/** What a leg is told that has no connection yet. */
const unused: LegSettings = {
  sendCoding: null,
  receiveCoding: null,
  relay: null,
  remote: null,
  learnsPort: false,
  sends: false,
  receives: false,
  detectsDigits: false,
  source: null,
};

export class ReadyLegs {
  readonly #pool: LegPool;
  readonly #cname: string;
  /** Being made ready, by generation. */
  readonly #preparing = new Map<number, LegLease>();

  constructor(pool: LegPool, cname: string) {
    this.#pool = pool;
    this.#cname = cname;
  }

  /** At most count of them. */
  prepare(binding: LegBinding, legsMax: number): MediaOutput[] {
    const outputs: MediaOutput[] = [];
    for (let count = 0; count < legsMax; count += 1) {
      const lease = this.#pool.takeUnready(binding);
      if (lease === null) break;
      const { leg, generation, port } = lease;
      this.#preparing.set(generation, lease);
      const local = { address: binding.address, port };
      const more = { dscp: binding.dscp, cname: this.#cname, isAwaited: true, settings: unused };
      outputs.push({ kind: "media", command: { kind: "open", leg, generation, local, ...more } });
    }
    return outputs;
  }

  /** Null when the event is of none of these. */
  mediaEvent(event: MediaEvent): MediaOutput[] | null {
    const lease = this.#preparing.get(event.generation);
    if (lease === undefined || (event.kind !== "opened" && event.kind !== "open-failed")) return null;
    this.#preparing.delete(event.generation);
    if (event.kind === "opened" && this.#pool.keepReady(lease, event.dscp)) return [closeCommand(lease, true)];
    this.#pool.giveBack(lease);
    return event.kind === "opened" ? [closeCommand(lease, false)] : [];
  }
}
