/** A telephone station on the simulated network; its sound goes nowhere, its hook is real. */
import { type StationTurn, stationPorts, TelephoneStation } from "../../firmware/phone/station.js";
import type { Address } from "../../firmware/protocol/address.js";
import type { Random } from "../../firmware/protocol/chance.js";
import type { SimulatedMoment, SimulatedNetwork, SimulatedNode } from "./simulated-network.js";

const soundStepMs = 500;

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
        sip: { address: place.address, port: 5060 },
        media: { address: place.address, port: 40_000 },
        gateway: place.gateway,
        answerAfterMs: place.answerAfterMs,
        hangUpAfterMs: null,
        speech: new Int16Array(0),
        repeats: false,
      },
      random,
    );
    for (const port of stationPorts)
      network.listen({ address: place.address, port: portNumbers[port] }, (bytes, from, at) =>
        this.#act(this.#station.receive(port, bytes, from, at), at),
      );
    network.add(this);
  }

  get state(): TelephoneStation["state"] {
    return this.#station.state;
  }

  dial(number: string): void {
    this.#act(this.#station.dial(number, this.#network.at), this.#network.at);
  }

  answer(): void {
    this.#act(this.#station.answer(this.#network.at), this.#network.at);
  }

  hangUp(): void {
    this.#act(this.#station.hangUp(this.#network.at), this.#network.at);
  }

  /** While it talks it has a frame to send every 20 ms, which nobody would hear: it is woken less often. */
  next(): number | null {
    const nextMs = this.#station.next();
    if (nextMs === null || this.state !== "talking") return nextMs;
    return Math.ceil(nextMs / soundStepMs) * soundStepMs;
  }

  tick(at: SimulatedMoment): void {
    this.#act(this.#station.tick(at), at);
  }

  #act(turn: StationTurn, at: SimulatedMoment): void {
    for (const event of turn.events)
      this.said.push({
        kind: event.kind,
        by: "by" in event ? event.by : null,
        other: "from" in event ? event.from : "to" in event ? event.to : null,
        atMs: at.nowMs,
      });
    // Its sound would reach nobody, for the simulated engine has no sockets.
    for (const { port, datagram } of turn.sends.filter((send) => send.port === "sip"))
      this.#network.send({ address: this.#address, port: portNumbers[port] }, datagram.to, datagram.bytes);
  }
}

const portNumbers = { sip: 5060, rtp: 40_000, rtcp: 40_001 } as const;
