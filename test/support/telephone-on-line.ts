/**
 * One telephone and the gateway's end of its line in one thread, on simulated time, over a network that delays, loses,
 * repeats and thereby reorders datagrams as the test says. Sound is left out.
 */

import type { LineEvent } from "../../firmware/lines/line.js";
import type { LineTurn } from "../../firmware/lines/sip-phone.js";
import { SipPhones } from "../../firmware/lines/sip-phone.js";
import { Telephone, type TelephoneEvent, type TelephoneTurn } from "../../firmware/phone/telephone.js";
import type { Address } from "../../firmware/protocol/address.js";
import type { OutgoingDatagram } from "../../firmware/protocol/datagram.js";
import { earliest } from "../../firmware/protocol/deadlines.js";
import type { MediaDescription } from "../../firmware/protocol/sdp.js";
import { SipTransactions, type SipTurn } from "../../firmware/protocol/sip/transactions.js";
import { seededRandom } from "./seeded-random.js";

export const phoneAddress: Address = { address: "127.10.1.1", port: 5060 };
export const gatewayAddress: Address = { address: "127.10.0.11", port: 5060 };
export const line = "aaln/1";

export const gatewaySound: MediaDescription = {
  sessionId: "1",
  sessionVersion: "1",
  media: { address: "127.10.0.11", port: 30_000 },
  codings: [{ encoding: "PCMU", clockRateHz: 8000, payloadType: 0, ptimeMs: 20 }],
  telephoneEventPayloadType: null,
  formatParameters: [],
  direction: "sendrecv",
};

export interface Weather {
  /** 0 .. 1, of each datagram. */
  readonly loss: number;
  readonly repetition: number;
}

interface Flight {
  readonly atMs: number;
  readonly bytes: Uint8Array;
  readonly to: Address;
}

const latencyMaxMs = 60;

export class TelephoneOnLine {
  telephone: Telephone;
  readonly phones: SipPhones;
  /** Everything either end said, in order. */
  readonly said: (LineEvent | TelephoneEvent)[] = [];
  weather: Weather = { loss: 0, repetition: 0 };
  nowMs = 0;
  /** Bytes of every datagram sent, as text. */
  readonly wire: string[] = [];
  readonly #random: () => number;
  #phoneSip: SipTransactions;
  readonly #gatewaySip: SipTransactions;
  #flights: Flight[] = [];

  constructor(seed: number, answerAfterMs: number | null = null) {
    this.#random = seededRandom(seed);
    this.#phoneSip = new SipTransactions({ sentBy: phoneAddress }, this.#random);
    this.#gatewaySip = new SipTransactions({ sentBy: gatewayAddress }, this.#random);
    this.telephone = this.#newTelephone(answerAfterMs);
    const lines = [{ line, number: "101", phone: phoneAddress }];
    const { codings } = gatewaySound;
    this.phones = new SipPhones({ gatewayName: "gw1.example", address: gatewayAddress, lines, codings }, this.#random);
  }

  atPhone(act: (telephone: Telephone) => TelephoneTurn): void {
    this.#phoneTurn(act(this.telephone));
  }

  atGateway(act: (phones: SipPhones) => LineTurn): void {
    this.#gatewayTurn(act(this.phones));
  }

  /** Lets the time go on. */
  run(forMs: number): void {
    const untilMs = this.nowMs + forMs;
    for (;;) {
      const flight = this.#flights.reduce<number | null>((least, { atMs }) => earliest(least, atMs), null);
      const next = earliest(flight, this.#nextTick());
      if (next === null || next > untilMs) break;
      this.nowMs = Math.max(this.nowMs, next);
      this.#arrive();
      this.#tick();
    }
    this.nowMs = untilMs;
  }

  /** It lost its power and knows of no call; the gateway does not know that. */
  restartTelephone(): void {
    this.#phoneSip = new SipTransactions({ sentBy: phoneAddress }, this.#random);
    this.telephone = this.#newTelephone(null);
  }

  /** Both ends dead to the world: what is under way is gone. */
  forgetFlights(): void {
    this.#flights = [];
  }

  #newTelephone(answerAfterMs: number | null): Telephone {
    return new Telephone(
      {
        number: "101",
        sip: phoneAddress,
        media: { address: phoneAddress.address, port: 40_000 },
        gateway: gatewayAddress,
        answerAfterMs,
        hangUpAfterMs: null,
      },
      this.#random,
    );
  }

  #nextTick(): number | null {
    return earliest(this.#phoneSip.next(), this.#gatewaySip.next(), this.telephone.next(), this.phones.next());
  }

  #arrive(): void {
    const arrived = this.#flights.filter(({ atMs }) => atMs <= this.nowMs);
    this.#flights = this.#flights.filter(({ atMs }) => atMs > this.nowMs);
    for (const { bytes, to } of arrived) {
      if (to.address === phoneAddress.address)
        this.#phoneSipTurn(this.#phoneSip.receive(bytes, gatewayAddress, this.nowMs));
      else this.#gatewaySipTurn(this.#gatewaySip.receive(bytes, phoneAddress, this.nowMs));
    }
  }

  #tick(): void {
    this.#phoneSipTurn(this.#phoneSip.tick(this.nowMs));
    this.#gatewaySipTurn(this.#gatewaySip.tick(this.nowMs));
    this.#phoneTurn(this.telephone.tick(this.nowMs));
    this.#gatewayTurn(this.phones.tick(this.nowMs));
  }

  #phoneSipTurn(turn: SipTurn): void {
    this.#send(turn.sends);
    for (const event of turn.events) this.#phoneTurn(this.telephone.sipEvent(event, this.nowMs));
  }

  #gatewaySipTurn(turn: SipTurn): void {
    this.#send(turn.sends);
    for (const event of turn.events) this.#gatewayTurn(this.phones.sipEvent(event, this.nowMs));
  }

  #phoneTurn(turn: TelephoneTurn): void {
    this.said.push(...turn.events);
    if (turn.sip.length > 0) this.#phoneSipTurn(this.#phoneSip.perform(turn.sip, this.nowMs));
  }

  #gatewayTurn(turn: LineTurn): void {
    this.said.push(...turn.events);
    if (turn.sip.length > 0) this.#gatewaySipTurn(this.#gatewaySip.perform(turn.sip, this.nowMs));
  }

  #send(sends: readonly OutgoingDatagram[]): void {
    for (const { bytes, to } of sends) {
      this.wire.push(new TextDecoder().decode(bytes));
      const copies = this.#random() < this.weather.repetition ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) {
        if (this.#random() < this.weather.loss) continue;
        this.#flights.push({ atMs: this.nowMs + 1 + this.#random() * latencyMaxMs, bytes, to });
      }
    }
  }
}
