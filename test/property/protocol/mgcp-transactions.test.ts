/**
 * Two parties, each with its transactions and each commanding the other, over a network that loses, doubles, delays and
 * so reorders. Each executes a command after a while of its own, now and then refuses it, tells of its progress, or
 * sends the answer in one datagram with commands of its own. Everything is simulated time from one seed.
 */
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import type { Address } from "../../../firmware/protocol/address.js";
import type { OutgoingDatagram } from "../../../firmware/protocol/datagram.js";
import { earliest } from "../../../firmware/protocol/deadlines.js";
import {
  type MessageToSend,
  type ReplyHandle,
  type ResponseToSend,
  type TransactionOptions,
  type TransactionTurn,
  transactionDefaults,
} from "../../../firmware/protocol/mgcp/transaction-options.js";
import { MgcpTransactions } from "../../../firmware/protocol/mgcp/transactions.js";
import { seededRandom } from "../../support/seeded-random.js";

interface Weather {
  readonly loss: number;
  readonly duplication: number;
  readonly delayMaxMs: number;
  readonly executionMaxMs: number;
}

/** What became of one command: how often it was executed, what it was answered, and how it ended for its sender. */
interface Fate {
  executions: number;
  answeredCode: number | null;
  readonly ends: (number | "failed")[];
}

class Party {
  readonly address: Address;
  readonly transactions: MgcpTransactions;
  readonly executing: { atMs: number; reply: ReplyHandle; callId: string; isProgress: boolean }[] = [];
  /** Call id of each command of ours, by its number. */
  readonly callIds = new Map<number, string>();

  constructor(address: Address, options: TransactionOptions, random: () => number) {
    this.address = address;
    this.transactions = new MgcpTransactions(options, random);
  }
}

class Play {
  readonly fates = new Map<string, Fate>();
  /** Call ids of what was sent together, and of what was executed, in their orders. */
  readonly bundles: string[][] = [];
  readonly order: string[] = [];
  readonly parties: readonly [Party, Party];
  readonly #weather: Weather;
  readonly #random: () => number;
  readonly #flying: { atMs: number; bytes: Uint8Array; from: Party }[] = [];
  #commandsLeft: number;
  #nowMs = 0;

  constructor(weather: Weather, seed: number, commands: number, options: Partial<TransactionOptions> = {}) {
    this.#weather = weather;
    this.#random = seededRandom(seed);
    this.#commandsLeft = commands;
    const party = (host: number) =>
      new Party({ address: `192.0.2.${host}`, port: 2427 }, { ...transactionDefaults, ...options }, this.#random);
    this.parties = [party(1), party(2)];
  }

  /** One command from each side to begin with; more go with answers or by themselves. Until nothing is under way. */
  run(): void {
    for (const party of this.parties) this.#command(party);
    for (let steps = 0; ; steps++) {
      if (steps > 50_000) throw new Error("it never comes to an end");
      const executing = this.parties.flatMap((party) => party.executing);
      const moments = [...this.#flying, ...executing].map(({ atMs }) => atMs);
      const nextMs = earliest(...this.parties.map(({ transactions }) => transactions.next()), ...moments);
      if (nextMs === null) return;
      this.#nowMs = Math.max(this.#nowMs, nextMs);
      this.#step();
    }
  }

  #step(): void {
    for (const { bytes, from } of takeDue(this.#flying, this.#nowMs)) {
      const to = this.#other(from);
      this.#turn(to, to.transactions.receive(bytes, from.address, this.#nowMs));
    }
    for (const party of this.parties) {
      for (const { reply, callId, isProgress } of takeDue(party.executing, this.#nowMs)) {
        if (isProgress) this.#fly(party.transactions.respond(reply, response(100), this.#nowMs), party);
        else this.#answer(party, reply, callId);
      }
      this.#turn(party, party.transactions.tick(this.#nowMs));
      if (this.#commandsLeft > 0 && this.#random() < 0.2) this.#command(party);
    }
  }

  #turn(party: Party, { sends, events }: TransactionTurn): void {
    this.#fly(sends, party);
    for (const event of events) {
      if (event.kind === "command") this.#execute(party, event.command.parameters.callId ?? "", event.reply);
      const fate = "transactionId" in event ? this.#fateOf(party.callIds.get(event.transactionId) ?? "") : null;
      if (event.kind === "response") fate?.ends.push(event.response.code);
      if (event.kind === "failed") fate?.ends.push("failed");
    }
  }

  #execute(party: Party, callId: string, reply: ReplyHandle): void {
    this.#fateOf(callId).executions += 1;
    this.order.push(callId);
    const atMs = this.#nowMs + this.#random() * this.#weather.executionMaxMs;
    if (this.#random() < 0.3) party.executing.push({ atMs: (this.#nowMs + atMs) / 2, reply, callId, isProgress: true });
    party.executing.push({ atMs, reply, callId, isProgress: false });
  }

  #answer(party: Party, reply: ReplyHandle, callId: string): void {
    const code = this.#random() < 0.2 ? 403 : 200;
    this.#fateOf(callId).answeredCode = code;
    if (this.#commandsLeft < 2 || this.#random() < 0.5) {
      this.#fly(party.transactions.respond(reply, response(code), this.#nowMs), party);
      return;
    }
    const callIds = [this.#newCall(), this.#newCall()];
    const messages: MessageToSend[] = [{ kind: "response", reply, response: response(code) }];
    for (const one of callIds) messages.push({ kind: "command", command: command(one) });
    const sent = party.transactions.sendTogether(messages, this.#other(party).address, this.#nowMs);
    // The answer was given by the transactions themselves before: 406 at T-HIST.
    if (sent === null) for (const one of callIds) this.fates.delete(one);
    else this.#bundle(party, callIds, sent);
  }

  #bundle(
    party: Party,
    callIds: string[],
    sent: { readonly transactionIds: readonly number[]; readonly sends: OutgoingDatagram[] },
  ): void {
    this.bundles.push(callIds);
    for (const [index, id] of sent.transactionIds.entries()) party.callIds.set(id, callIds[index] ?? "");
    this.#fly(sent.sends, party);
  }

  #command(party: Party): void {
    const callId = this.#newCall();
    const { transactionId, sends } = party.transactions.send(command(callId), this.#other(party).address, this.#nowMs);
    if (transactionId === null) this.fates.delete(callId);
    else party.callIds.set(transactionId, callId);
    this.#fly(sends, party);
  }

  #newCall(): string {
    this.#commandsLeft -= 1;
    const callId = (this.fates.size + 1).toString(16);
    this.#fateOf(callId);
    return callId;
  }

  #fateOf(callId: string): Fate {
    const known = this.fates.get(callId);
    const fate = known ?? { executions: 0, answeredCode: null, ends: [] };
    if (known === undefined) this.fates.set(callId, fate);
    return fate;
  }

  #other(party: Party): Party {
    return this.parties[0] === party ? this.parties[1] : this.parties[0];
  }

  #fly(sends: readonly OutgoingDatagram[], from: Party): void {
    for (const { bytes } of sends) {
      const copies = this.#random() < this.#weather.duplication ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        if (this.#random() < this.#weather.loss) continue;
        this.#flying.push({ atMs: this.#nowMs + this.#random() * this.#weather.delayMaxMs, bytes, from });
      }
    }
  }
}

function command(callId: string) {
  const endpoint = { local: "aaln/1", domain: "gw" };
  return { verb: "CRCX" as const, endpoint, parameters: { callId }, session: null };
}

function response(code: number): ResponseToSend {
  return { code, comment: "", parameters: {}, sessions: [] };
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
  executionMaxMs: fc.constantFrom(0, 400, 8_000, 40_000),
});

const someOptions = fc.constantFrom<Partial<TransactionOptions>>(
  {},
  { confirmsResponses: true },
  { executingMax: 1 },
  { queueHighWater: 1, queueLowWater: 0 },
  { responsesMax: 1, confirmsResponses: true },
  { historyMax: 2 },
);

/** Codes that the transactions give by themselves: T-HIST is over, or too much is going on. */
const ownCodes = [406, 409];

test.prop([aWeather, fc.integer(), fc.integer({ min: 2, max: 12 }), someOptions], { numRuns: 250 })(
  "every command is executed at most once and ends exactly once, with its executor's answer or failed",
  (weather, seed, commands, options) => {
    const play = new Play(weather, seed, commands, options);
    play.run();
    for (const [callId, { executions, answeredCode, ends }] of play.fates) {
      const told = JSON.stringify({ callId, executions, answeredCode, ends });
      expect(executions, told).toBeLessThanOrEqual(1);
      expect(ends.length, told).toBe(1);
      const [end = "failed"] = ends;
      if (end === "failed") continue;
      // With room to remember, what was refused for want of room is not executed by a late copy either.
      if (end === 409 && options.historyMax === undefined) expect(executions, told).toBe(0);
      if (!ownCodes.includes(end)) expect([executions, end], told).toEqual([1, answeredCode]);
    }
    for (const { transactions } of play.parties)
      expect([transactions.outstanding, transactions.next()]).toEqual([0, null]);
  },
);

test.prop([aWeather, fc.integer(), fc.integer({ min: 4, max: 12 })], { numRuns: 150 })(
  "what was sent together is executed in its order, whatever was lost or came late",
  (weather, seed, commands) => {
    const play = new Play(weather, seed, commands);
    play.run();
    for (const bundle of play.bundles) {
      const executed = play.order.filter((callId) => bundle.includes(callId));
      expect(executed).toEqual(bundle.slice(0, executed.length));
    }
  },
);

test.prop([fc.integer()], { numRuns: 50 })("up to a third of loss commands are answered", (seed) => {
  const play = new Play({ loss: 0.33, duplication: 0.1, delayMaxMs: 50, executionMaxMs: 100 }, seed, 10);
  play.run();
  const failed = [...play.fates.values()].filter(({ ends }) => ends[0] === "failed").length;
  // Seven repetitions, each there and back: one command in a hundred fails, three of twelve never do.
  expect(failed).toBeLessThan(3);
});
