/** A telephone station on the simulated network. It has no sound: the simulated engine has no sockets. */
import { type StationTurn, TelephoneStation } from "../../firmware/phone/station.js";
import type { Address } from "../../firmware/protocol/address.js";
import type { Random } from "../../firmware/protocol/chance.js";
import type { SimulatedMoment, SimulatedNetwork, SimulatedNode } from "./simulated-network.js";

export class SimulatedTelephone implements SimulatedNode {
  readonly said: {
    readonly kind: string;
    /** Who answered or hung up: near, far … */
    readonly by: string | null;
    /** Who makes it ring, or whom it calls. */
    readonly other: string | null;
    readonly atMs: number;
  }[] = [];
  readonly #station: TelephoneStation;
  readonly #network: SimulatedNetwork;
  readonly #address: string;

  constructor(
    place: {
      readonly number: string;
      readonly address: string;
      readonly gateway: Address;
      readonly answerAfterMs: number | null;
    },
    network: SimulatedNetwork,
    random: Random,
  ) {
    this.#network = network;
    this.#address = place.address;
    this.#station = new TelephoneStation(
      {
        number: place.number,
        sip: { address: place.address, port: sipPort },
        media: { address: place.address, port: 40_000 },
        gateway: place.gateway,
        answerAfterMs: place.answerAfterMs,
        hangUpAfterMs: null,
      },
      random,
    );
    network.listen({ address: place.address, port: sipPort }, (bytes, from, at) =>
      this.#act(this.#station.receive(bytes, from, at.nowMs), at),
    );
    network.add(this);
  }

  get state(): TelephoneStation["state"] {
    return this.#station.state;
  }

  dial(number: string): void {
    this.#act(this.#station.dial(number, this.#network.at.nowMs), this.#network.at);
  }

  answer(): void {
    this.#act(this.#station.answer(this.#network.at.nowMs), this.#network.at);
  }

  hangUp(): void {
    this.#act(this.#station.hangUp(this.#network.at.nowMs), this.#network.at);
  }

  next(): number | null {
    return this.#station.next();
  }

  tick(at: SimulatedMoment): void {
    this.#act(this.#station.tick(at.nowMs), at);
  }

  #act(turn: StationTurn, at: SimulatedMoment): void {
    for (const event of turn.events)
      this.said.push({
        kind: event.kind,
        by: "by" in event ? event.by : null,
        other: "from" in event ? event.from : "to" in event ? event.to : null,
        atMs: at.nowMs,
      });
    for (const { bytes, to } of turn.sends) this.#network.send({ address: this.#address, port: sipPort }, to, bytes);
  }
}

const sipPort = 5060;
