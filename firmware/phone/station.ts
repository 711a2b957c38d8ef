/**
 * A telephone station without I/O: telephone, SIP transactions and handset in one, told datagrams and the time. Its three
 * ports are SIP, RTP and RTCP; io/phone-station gives them sockets, a simulation a network of its own.
 */
import type { Address } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import { earliest } from "#protocol/deadlines.js";
import { SipTransactions, type SipTurn } from "#protocol/sip/transactions.js";
import { Handset, type HandsetCounts } from "./handset.js";
import { Telephone, type TelephoneEvent, type TelephoneOptions, type TelephoneTurn } from "./telephone.js";

export interface StationOptions extends TelephoneOptions {
  /** Samples of 8000 Hz: what is said in every call. */
  readonly speech: Int16Array;
  readonly repeats: boolean;
}

export const stationPorts = ["sip", "rtp", "rtcp"] as const;
export type StationPort = (typeof stationPorts)[number];

/** Monotonic, for all waiting; wall clock, for RTCP's reports. */
export interface StationMoment {
  readonly nowMs: number;
  readonly wallMs: number;
}

/** What the telephone said of itself; with the sound's figures when a call ended that had sound. */
export type StationEvent = TelephoneEvent & { readonly sound: HandsetCounts | null };

export interface StationTurn {
  readonly sends: readonly { readonly port: StationPort; readonly datagram: OutgoingDatagram }[];
  /** Played to the ear. */
  readonly heard: Int16Array;
  readonly events: readonly StationEvent[];
}

interface Turn {
  readonly at: StationMoment;
  readonly sends: { port: StationPort; datagram: OutgoingDatagram }[];
  readonly events: StationEvent[];
  heard: Int16Array;
}

export class TelephoneStation {
  readonly #options: StationOptions;
  readonly #transactions: SipTransactions;
  readonly #telephone: Telephone;
  readonly #handset: Handset;
  #remote: Address | null = null;

  constructor(options: StationOptions, random: Random) {
    const { number, sip, speech, repeats } = options;
    this.#options = options;
    this.#transactions = new SipTransactions({ sentBy: sip }, random);
    this.#telephone = new Telephone(options, random);
    this.#handset = new Handset({ cname: `${number}@${sip.address}`.slice(0, 64), speech, repeats }, random);
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

  dial(number: string, at: StationMoment): StationTurn {
    return this.#act(this.#telephone.dial(number, at.nowMs), at);
  }

  answer(at: StationMoment): StationTurn {
    return this.#act(this.#telephone.answer(at.nowMs), at);
  }

  hangUp(at: StationMoment): StationTurn {
    return this.#act(this.#telephone.hangUp(at.nowMs), at);
  }

  receive(port: StationPort, bytes: Uint8Array, from: Address, at: StationMoment): StationTurn {
    const turn = newTurn(at);
    if (port === "sip") this.#sip(this.#transactions.receive(bytes, from, at.nowMs), turn);
    else if (port === "rtp") this.#handset.receiveRtp(bytes, from, at.nowMs);
    else this.#handset.receiveRtcp(bytes, from, at.nowMs);
    return turn;
  }

  tick(at: StationMoment): StationTurn {
    const turn = newTurn(at);
    this.#frames(turn);
    this.#sip(this.#transactions.tick(at.nowMs), turn);
    this.#telephoned(this.#telephone.tick(at.nowMs), turn);
    return turn;
  }

  next(): number | null {
    return earliest(this.#transactions.next(), this.#telephone.next(), this.#handset.next());
  }

  #act(done: TelephoneTurn, at: StationMoment): StationTurn {
    const turn = newTurn(at);
    this.#telephoned(done, turn);
    return turn;
  }

  #sip(received: SipTurn, turn: Turn): void {
    for (const datagram of received.sends) turn.sends.push({ port: "sip", datagram });
    for (const event of received.events) this.#telephoned(this.#telephone.sipEvent(event, turn.at.nowMs), turn);
  }

  #telephoned(done: TelephoneTurn, turn: Turn): void {
    for (const event of done.events) {
      const sound = event.kind === "hung-up" ? this.#handset.counts : null;
      if (event.kind === "talking") this.#lift(event.remote, turn);
      else if (event.kind === "hung-up") this.#replace(turn);
      turn.events.push({ ...event, sound });
    }
    if (done.sip.length > 0) this.#sip(this.#transactions.perform(done.sip, turn.at.nowMs), turn);
  }

  #lift(remote: Address, turn: Turn): void {
    this.#remote = remote;
    this.#handset.lift(remote, turn.at.nowMs);
    this.#frames(turn);
  }

  #frames(turn: Turn): void {
    const { rtp, rtcp, heard } = this.#handset.turn(turn.at.nowMs, turn.at.wallMs);
    for (const bytes of rtp) this.#sound("rtp", bytes, turn);
    for (const bytes of rtcp) this.#sound("rtcp", bytes, turn);
    turn.heard = heard.length === 0 ? turn.heard : heard;
  }

  #replace(turn: Turn): void {
    this.#frames(turn);
    for (const bytes of this.#handset.replace(turn.at.nowMs, turn.at.wallMs)) this.#sound("rtcp", bytes, turn);
    this.#remote = null;
  }

  #sound(port: "rtp" | "rtcp", bytes: Uint8Array, turn: Turn): void {
    const remote = this.#remote;
    if (remote === null) return;
    const to = port === "rtp" ? remote : { ...remote, port: remote.port + 1 };
    turn.sends.push({ port, datagram: { bytes, to } });
  }
}

function newTurn(at: StationMoment): Turn {
  return { at, sends: [], events: [], heard: new Int16Array(0) };
}
