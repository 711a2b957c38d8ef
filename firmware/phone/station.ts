/**
 * A telephone station's signalling without I/O: telephone and SIP transactions in one, told datagrams and the time. Its
 * sound is handset.ts, lifted by the event "talking" and replaced by "hung-up"; io/phone-station brings the two together.
 */
import type { Address } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import { earliest } from "#protocol/deadlines.js";
import { SipTransactions, type SipTurn } from "#protocol/sip/transactions.js";
import { Telephone, type TelephoneEvent, type TelephoneOptions, type TelephoneTurn } from "./telephone.js";

export interface StationTurn {
  readonly sends: readonly OutgoingDatagram[];
  readonly events: readonly TelephoneEvent[];
}

interface Turn {
  readonly nowMs: number;
  readonly sends: OutgoingDatagram[];
  readonly events: TelephoneEvent[];
}

export class TelephoneStation {
  readonly #options: TelephoneOptions;
  readonly #transactions: SipTransactions;
  readonly #telephone: Telephone;

  constructor(options: TelephoneOptions, random: Random) {
    this.#options = options;
    this.#transactions = new SipTransactions({ sentBy: options.sip }, random);
    this.#telephone = new Telephone(options, random);
  }

  get number(): string {
    return this.#options.number;
  }

  get address(): Address {
    return this.#options.sip;
  }

  get state(): Telephone["state"] {
    return this.#telephone.state;
  }

  get isSettled(): boolean {
    return this.#telephone.isSettled;
  }

  dial(number: string, nowMs: number): StationTurn {
    return this.#act(this.#telephone.dial(number, nowMs), nowMs);
  }

  answer(nowMs: number): StationTurn {
    return this.#act(this.#telephone.answer(nowMs), nowMs);
  }

  hangUp(nowMs: number): StationTurn {
    return this.#act(this.#telephone.hangUp(nowMs), nowMs);
  }

  /** A datagram of SIP. */
  receive(bytes: Uint8Array, from: Address, nowMs: number): StationTurn {
    const turn = newTurn(nowMs);
    this.#sip(this.#transactions.receive(bytes, from, nowMs), turn);
    return turn;
  }

  tick(nowMs: number): StationTurn {
    const turn = newTurn(nowMs);
    this.#sip(this.#transactions.tick(nowMs), turn);
    this.#telephoned(this.#telephone.tick(nowMs), turn);
    return turn;
  }

  next(): number | null {
    return earliest(this.#transactions.next(), this.#telephone.next());
  }

  #act(done: TelephoneTurn, nowMs: number): StationTurn {
    const turn = newTurn(nowMs);
    this.#telephoned(done, turn);
    return turn;
  }

  #sip(received: SipTurn, turn: Turn): void {
    turn.sends.push(...received.sends);
    for (const event of received.events) this.#telephoned(this.#telephone.sipEvent(event, turn.nowMs), turn);
  }

  #telephoned(done: TelephoneTurn, turn: Turn): void {
    turn.events.push(...done.events);
    if (done.sip.length > 0) this.#sip(this.#transactions.perform(done.sip, turn.nowMs), turn);
  }
}

function newTurn(nowMs: number): Turn {
  return { nowMs, sends: [], events: [] };
}
