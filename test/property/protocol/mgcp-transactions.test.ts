/**
 * A call agent and a gateway, each with its transactions, over a network that loses, doubles and delays. The gateway
 * executes each command after a while of its own. Everything is simulated time from one seed.
 */
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import type { Address } from "../../../firmware/protocol/address.js";
import type { OutgoingDatagram } from "../../../firmware/protocol/datagram.js";
import { earliest } from "../../../firmware/protocol/deadlines.js";
import {
  type ReplyHandle,
  type TransactionTurn,
  transactionDefaults,
} from "../../../firmware/protocol/mgcp/transaction-options.js";
import { MgcpTransactions } from "../../../firmware/protocol/mgcp/transactions.js";

const agentAddress = { address: "192.0.2.1", port: 2727 };
const gatewayAddress = { address: "192.0.2.2", port: 2427 };

interface Weather {
  readonly loss: number;
  readonly duplication: number;
  readonly delayMaxMs: number;
  readonly executionMaxMs: number;
}

/** A generator of chance from a seed (mulberry32), so that a failing run is repeated by its numbers. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

class Play {
  readonly executed = new Map<string, number>();
  readonly ends = new Map<number, string[]>();
  readonly #weather: Weather;
  readonly #random: () => number;
  readonly #agent: MgcpTransactions;
  readonly #gateway: MgcpTransactions;
  readonly #flying: { atMs: number; bytes: Uint8Array; from: Address }[] = [];
  readonly #executing: { atMs: number; reply: ReplyHandle }[] = [];
  #nowMs = 0;

  constructor(weather: Weather, seed: number) {
    this.#weather = weather;
    this.#random = seeded(seed);
    this.#agent = new MgcpTransactions(transactionDefaults, this.#random);
    this.#gateway = new MgcpTransactions(transactionDefaults, this.#random);
  }

  command(callId: string): void {
    const endpoint = { local: "aaln/1", domain: "gw" };
    const command = { verb: "CRCX" as const, endpoint, parameters: { callId }, session: null };
    const { transactionId, sends } = this.#agent.send(command, gatewayAddress, this.#nowMs);
    if (transactionId !== null) this.ends.set(transactionId, []);
    this.#fly(sends, agentAddress);
  }

  /** Until nothing is under way any more. */
  run(): void {
    for (let steps = 0; ; steps++) {
      if (steps > 20_000) throw new Error("it never comes to an end");
      const moments = [...this.#flying, ...this.#executing].map(({ atMs }) => atMs);
      const nextMs = earliest(this.#agent.next(), this.#gateway.next(), ...moments);
      if (nextMs === null) return;
      this.#nowMs = Math.max(this.#nowMs, nextMs);
      this.#step();
    }
  }

  #step(): void {
    for (const { bytes, from } of takeDue(this.#flying, this.#nowMs)) {
      if (from === agentAddress) this.#atGateway(this.#gateway.receive(bytes, from, this.#nowMs));
      else this.#atAgent(this.#agent.receive(bytes, from, this.#nowMs));
    }
    for (const { reply } of takeDue(this.#executing, this.#nowMs)) {
      const response = { code: 200, comment: "OK", parameters: {}, sessions: [] };
      this.#fly(this.#gateway.respond(reply, response, this.#nowMs), gatewayAddress);
    }
    this.#atGateway(this.#gateway.tick(this.#nowMs));
    this.#atAgent(this.#agent.tick(this.#nowMs));
  }

  #atGateway({ sends, events }: TransactionTurn): void {
    this.#fly(sends, gatewayAddress);
    for (const event of events) {
      if (event.kind !== "command") continue;
      const callId = event.command.parameters.callId ?? "";
      this.executed.set(callId, (this.executed.get(callId) ?? 0) + 1);
      this.#executing.push({ atMs: this.#nowMs + this.#random() * this.#weather.executionMaxMs, reply: event.reply });
    }
  }

  #atAgent({ sends, events }: TransactionTurn): void {
    this.#fly(sends, agentAddress);
    for (const event of events) {
      if (event.kind === "response" || event.kind === "failed") this.ends.get(event.transactionId)?.push(event.kind);
    }
  }

  #fly(sends: readonly OutgoingDatagram[], from: Address): void {
    for (const { bytes } of sends) {
      const copies = this.#random() < this.#weather.duplication ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        if (this.#random() < this.#weather.loss) continue;
        this.#flying.push({ atMs: this.#nowMs + this.#random() * this.#weather.delayMaxMs, bytes, from });
      }
    }
  }
}

function takeDue<T extends { readonly atMs: number }>(waiting: T[], nowMs: number): T[] {
  const due = waiting.filter(({ atMs }) => atMs <= nowMs);
  const kept = waiting.filter(({ atMs }) => atMs > nowMs);
  waiting.splice(0, waiting.length, ...kept);
  return due.sort((a, b) => a.atMs - b.atMs);
}

const aWeather = fc.record({
  loss: fc.constantFrom(0, 0.1, 0.3, 0.7),
  duplication: fc.constantFrom(0, 0.3),
  delayMaxMs: fc.constantFrom(1, 300, 9_000),
  executionMaxMs: fc.constantFrom(0, 400, 8_000),
});

test.prop([aWeather, fc.integer(), fc.integer({ min: 1, max: 8 })], { numRuns: 150 })(
  "every command is executed at most once and ends exactly once, answered or failed",
  (weather, seed, commands) => {
    const play = new Play(weather, seed);
    for (let call = 1; call <= commands; call++) play.command(call.toString(16));
    play.run();
    expect([...play.ends.values()].map((ends) => ends.length)).toEqual(Array.from({ length: commands }, () => 1));
    for (const times of play.executed.values()) expect(times).toBe(1);
  },
);

test.prop([fc.integer()], { numRuns: 50 })("up to a third of loss every command is answered", (seed) => {
  const play = new Play({ loss: 0.33, duplication: 0.1, delayMaxMs: 50, executionMaxMs: 100 }, seed);
  for (let call = 1; call <= 5; call++) play.command(call.toString(16));
  play.run();
  const answered = [...play.ends.values()].filter(([end]) => end === "response").length;
  // Eight repetitions, each there and back: one command in 200 fails, three of five never do.
  expect(answered).toBeGreaterThanOrEqual(3);
  expect(play.executed.size).toBeGreaterThanOrEqual(answered);
});
