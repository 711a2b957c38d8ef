/**
 * What is remembered of those that commands are sent to, by address: their delays, their pace, what is to be
 * confirmed.
 */
import { type Address, formatAddress } from "../address.js";
import { Confirmations } from "./confirmations.js";
import { RoundTrip } from "./round-trip.js";
import { type PaceOptions, SendingPace } from "./sending-pace.js";

export interface Peer {
  readonly roundTrip: RoundTrip;
  readonly pace: SendingPace;
  readonly confirmations: Confirmations;
}

/** The one that was not heard of for longest is forgotten beyond; it starts afresh. */
export const peersMax = 4_096;

export class Peers {
  readonly #pace: PaceOptions;
  /** The one used last is the last. */
  readonly #peers = new Map<string, Peer>();

  constructor(pace: PaceOptions) {
    this.#pace = pace;
  }

  of(address: Address): Peer {
    const key = formatAddress(address);
    const known = this.#peers.get(key);
    const peer = known ?? {
      roundTrip: new RoundTrip(),
      pace: new SendingPace(this.#pace),
      confirmations: new Confirmations(),
    };
    if (known !== undefined) this.#peers.delete(key);
    this.#peers.set(key, peer);
    if (this.#peers.size > peersMax) this.#forgetOldest();
    return peer;
  }

  #forgetOldest(): void {
    for (const key of this.#peers.keys()) {
      this.#peers.delete(key);
      return;
    }
  }
}
