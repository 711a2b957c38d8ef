/**
 * Whole gateways, telephones and call servers in one thread: a network that delivers datagrams after a while or not at
 * all, and one time for everybody. What a seed decides happens again with the same seed.
 */
import type { Address } from "../../firmware/protocol/address.js";
import { formatAddress } from "../../firmware/protocol/address.js";
import type { Random } from "../../firmware/protocol/chance.js";
import { earliest } from "../../firmware/protocol/deadlines.js";

export interface SimulatedMoment {
  readonly nowMs: number;
  readonly wallMs: number;
}

export interface SimulatedNode {
  next(): number | null;
  tick(at: SimulatedMoment): void;
}

/** 0 .. 1 of each datagram; the delay is uniform between the two. */
export interface Weather {
  readonly loss: number;
  readonly repetition: number;
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
}

export const fairWeather: Weather = { loss: 0, repetition: 0, delayMinMs: 1, delayMaxMs: 2 };

/** The clock goes on while a program works, so a sum that was rounded down does not keep its deadline ahead for ever. */
const workMs = 0.001;

type Receive = (bytes: Uint8Array, from: Address, at: SimulatedMoment) => void;

interface Flight {
  readonly atMs: number;
  readonly order: number;
  readonly bytes: Uint8Array;
  readonly from: Address;
  readonly to: Address;
}

/** Wall clock of the simulation's beginning. */
const wallStartMs = 1_700_000_000_000;

export class SimulatedNetwork {
  weather: Weather = fairWeather;
  /** Which ways have fair weather always. */
  isSheltered: (from: string, to: string) => boolean = () => false;
  /** Sees every datagram that is sent, before the weather does. */
  observe: (bytes: Uint8Array, from: Address, to: Address) => void = () => undefined;
  /** Which ways are cut, by IP address; none unless told. */
  isCut: (from: string, to: string) => boolean = () => false;
  /** Which datagrams a way does not take. */
  isLost: (bytes: Uint8Array, from: string, to: string) => boolean = () => false;
  readonly #random: Random;
  readonly #receivers = new Map<string, Receive>();
  readonly #nodes = new Set<SimulatedNode>();
  #flights: Flight[] = [];
  #nowMs = 1000;
  #order = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get at(): SimulatedMoment {
    return { nowMs: this.#nowMs, wallMs: wallStartMs + this.#nowMs };
  }

  add(node: SimulatedNode): void {
    this.#nodes.add(node);
  }

  /** The node is dead: it is given no time and its ports no datagrams. */
  remove(node: SimulatedNode, ports: readonly Address[]): void {
    this.#nodes.delete(node);
    for (const port of ports) this.#receivers.delete(formatAddress(port));
  }

  listen(port: Address, receive: Receive): void {
    this.#receivers.set(formatAddress(port), receive);
  }

  send(from: Address, to: Address, bytes: Uint8Array): void {
    this.observe(bytes, from, to);
    const weather = this.isSheltered(from.address, to.address) ? fairWeather : this.weather;
    const { loss, repetition } = weather;
    if (this.#random() < loss || this.isCut(from.address, to.address)) return;
    if (this.isLost(bytes, from.address, to.address)) return;
    this.#fly(from, to, bytes, weather);
    if (this.#random() < repetition) this.#fly(from, to, bytes, weather);
  }

  /** Lets the time go on. */
  run(forMs: number): void {
    this.runUntil(() => false, forMs);
  }

  /** Until it holds, looked at after every step; false when it did not within the time. */
  runUntil(holds: () => boolean, withinMs: number): boolean {
    const untilMs = this.#nowMs + withinMs;
    while (!holds()) {
      const [flight] = this.#flights;
      const dues = [...this.#nodes].map((node) => ({ node, atMs: node.next() }));
      const next = earliest(flight?.atMs ?? null, ...dues.map(({ atMs }) => atMs));
      if (next === null || next > untilMs) {
        this.#nowMs = untilMs;
        return holds();
      }
      this.#nowMs = next > this.#nowMs ? next : this.#nowMs + workMs;
      this.#deliver();
      // What becomes due by what was just delivered is done in the next step, at this same time.
      for (const { node, atMs } of dues) {
        if (atMs !== null && atMs <= this.#nowMs && this.#nodes.has(node)) node.tick(this.at);
      }
    }
    return true;
  }

  #fly(from: Address, to: Address, bytes: Uint8Array, { delayMinMs, delayMaxMs }: Weather): void {
    const atMs = this.#nowMs + delayMinMs + this.#random() * (delayMaxMs - delayMinMs);
    this.#order += 1;
    this.#flights.push({ atMs, order: this.#order, bytes, from, to });
    this.#flights.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
  }

  #deliver(): void {
    for (let flight = this.#flights[0]; flight !== undefined && flight.atMs <= this.#nowMs; flight = this.#flights[0]) {
      this.#flights.shift();
      this.#receivers.get(formatAddress(flight.to))?.(flight.bytes, flight.from, this.at);
    }
  }
}
