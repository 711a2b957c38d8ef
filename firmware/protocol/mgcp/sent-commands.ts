/**
 * Commands of ours until they are answered (RFC 3435 sections 3.5.3, 3.5.6 and 4.3): repeated with growing waits that
 * follow the peer's delays, suspected after Max1 repetitions, no more repeated after Max2 or T-MAX, failed in the end.
 *
 *   paced --slot--> waiting --1xx--> proceeding --2xx..8xx--> answered   |  T-MAX or 2 x T-HIST --> failed
 *
 * Commands sent together (section 3.5.5) are one transmission: those still unanswered are repeated together, in their
 * order, and with the answers of ours that were among them.
 */
import { type Address, formatAddress, sameAddress } from "../address.js";
import type { Random } from "../chance.js";
import { Deadlines } from "../deadlines.js";
import type { MgcpResponse } from "./message.js";
import type { Peer, Peers } from "./peers.js";
import type { TransactionOptions, TransactionTurn } from "./transaction-options.js";
import { joinMessages } from "./write.js";

export interface PartToSend {
  /** Null for an answer of ours. */
  readonly transactionId: number | null;
  readonly bytes: Uint8Array;
}

interface SentCommand {
  readonly transactionId: number;
  readonly transmission: Transmission;
  isProceeding: boolean;
}

/** One datagram on its way until all of its commands are answered. */
interface Transmission {
  to: Address;
  peer: Peer;
  /** In their order. What is answered leaves. */
  parts: readonly PartToSend[];
  /** Null while the peer's pace holds it back. */
  sentAtMs: number | null;
  /** T-DELAY of section 3.5.3, doubled after each repetition. */
  delayMs: number;
  /** The wait that is running. */
  waitMs: number;
  /** To the present address. */
  repetitions: number;
  /** To any address. */
  wasRepeated: boolean;
}

export class SentCommands {
  readonly #options: TransactionOptions;
  readonly #random: Random;
  readonly #peers: Peers;
  readonly #commands = new Map<number, SentCommand>();
  readonly #due = new Deadlines<Transmission>();

  constructor(options: TransactionOptions, random: Random, peers: Peers) {
    this.#options = options;
    this.#random = random;
    this.#peers = peers;
  }

  get size(): number {
    return this.#commands.size;
  }

  has(transactionId: number): boolean {
    return this.#commands.has(transactionId);
  }

  /** At atMs, which is now or where the peer's pace has put it. */
  send(parts: readonly PartToSend[], to: Address, atMs: number, nowMs: number, turn: TransactionTurn): void {
    const peer = this.#peers.of(to);
    const delayMs = this.#takeFirstWaitMs(peer);
    const fresh = { sentAtMs: null, delayMs, waitMs: delayMs, repetitions: 0, wasRepeated: false };
    const transmission: Transmission = { to, peer, parts, ...fresh };
    for (const { transactionId } of parts) {
      if (transactionId === null) continue;
      this.#commands.set(transactionId, { transactionId, transmission, isProceeding: false });
    }
    peer.pace.take(atMs);
    if (atMs <= nowMs) this.#first(transmission, nowMs, turn);
    else this.#due.set(transmission, atMs);
  }

  /** Gives a command up without an event. */
  forget(transactionId: number): void {
    const command = this.#commands.get(transactionId);
    if (command !== undefined) this.#leave(command);
  }

  /** Section 4.3: to another address, at once, as if it were the first; T-MAX still counts from the first sending. */
  redirect(transactionId: number, to: Address, nowMs: number, turn: TransactionTurn): void {
    const transmission = this.#commands.get(transactionId)?.transmission;
    if (transmission === undefined || sameAddress(transmission.to, to)) return;
    transmission.to = to;
    transmission.peer = this.#peers.of(to);
    // Answers of ours stay with those who commanded.
    transmission.parts = transmission.parts.filter((part) => part.transactionId !== null);
    transmission.delayMs = this.#options.retransmitFirstMs;
    transmission.waitMs = transmission.delayMs;
    transmission.repetitions = 0;
    if (transmission.sentAtMs === null) this.#first(transmission, nowMs, turn);
    else if (nowMs - transmission.sentAtMs < this.#options.giveUpAfterMs) {
      transmission.wasRepeated = true;
      this.#transmit(transmission, nowMs, turn);
    }
  }

  /** The network says that nobody is there (section 4.3); it may be lying, so nothing but suspicion follows. */
  unreachable(address: Address, turn: TransactionTurn): void {
    for (const { transactionId, transmission } of this.#commands.values()) {
      if (transmission.sentAtMs === null || !sameAddress(transmission.to, address)) continue;
      turn.events.push({ kind: "suspected", transactionId, to: address, cause: "unreachable" });
    }
  }

  /** 100..199. */
  provisional(response: MgcpResponse, from: Address, nowMs: number, turn: TransactionTurn): void {
    const command = this.#commands.get(response.transactionId);
    if (command === undefined) return;
    const { transmission, transactionId } = command;
    this.#learn(command, nowMs);
    if (response.code === transactionQueued) transmission.peer.pace.overloaded();
    command.isProceeding = true;
    if (this.#isProceeding(transmission)) this.#wait(transmission, this.#options.longTransactionMs, nowMs);
    turn.events.push({ kind: "provisional", transactionId, response, from });
  }

  /** Everything from 200 on. */
  final(response: MgcpResponse, from: Address, nowMs: number, turn: TransactionTurn): void {
    const command = this.#commands.get(response.transactionId);
    if (command === undefined) return;
    const { transactionId, transmission } = command;
    const { pace, roundTrip, confirmations } = transmission.peer;
    this.#learn(command, nowMs);
    const isSlow = (roundTrip.averageMs ?? 0) > this.#options.slowAnswerMs;
    if (response.code === overloaded || isSlow) pace.overloaded();
    else pace.relieved();
    if (this.#options.confirmsResponses) confirmations.received(transactionId, nowMs);
    this.#leave(command);
    turn.events.push({ kind: "response", transactionId, response, from });
  }

  tick(nowMs: number, turn: TransactionTurn): void {
    for (const transmission of this.#due.takeDue(nowMs)) {
      if (transmission.sentAtMs === null) this.#first(transmission, nowMs, turn);
      else this.#again(transmission, nowMs - transmission.sentAtMs, nowMs, turn);
    }
  }

  next(): number | null {
    return this.#due.next();
  }

  #first(transmission: Transmission, nowMs: number, turn: TransactionTurn): void {
    transmission.sentAtMs = nowMs;
    this.#transmit(transmission, nowMs, turn);
  }

  #transmit(transmission: Transmission, nowMs: number, turn: TransactionTurn): void {
    turn.sends.push({ bytes: joinMessages(transmission.parts.map(({ bytes }) => bytes)), to: transmission.to });
    this.#wait(transmission, transmission.waitMs, nowMs);
  }

  /** A wait is over: repeat, or not any more. */
  #again(transmission: Transmission, ageMs: number, nowMs: number, turn: TransactionTurn): void {
    this.#fail(transmission, ageMs, turn);
    if (transmission.parts.every((part) => part.transactionId === null)) return;
    const { suspectAfter, repetitionsMax, giveUpAfterMs, longTransactionMs } = this.#options;
    const isProceeding = this.#isProceeding(transmission);
    const isEnough = !isProceeding && transmission.repetitions >= repetitionsMax;
    if (!isProceeding && transmission.repetitions === suspectAfter) this.#suspect(transmission, "max1", turn);
    if (isEnough) this.#suspect(transmission, "max2", turn);
    if (isEnough || ageMs >= giveUpAfterMs) {
      this.#wait(transmission, Number.POSITIVE_INFINITY, nowMs);
      return;
    }
    transmission.repetitions += 1;
    transmission.wasRepeated = true;
    transmission.delayMs *= 2;
    transmission.waitMs = isProceeding ? longTransactionMs : this.#backOffMs(transmission);
    this.#transmit(transmission, nowMs, turn);
  }

  #suspect({ parts, to }: Transmission, cause: "max1" | "max2", turn: TransactionTurn): void {
    for (const { transactionId } of parts) {
      if (transactionId !== null) turn.events.push({ kind: "suspected", transactionId, to, cause });
    }
  }

  /** The commands whose answers are not waited for any longer. */
  #fail(transmission: Transmission, ageMs: number, turn: TransactionTurn): void {
    for (const command of this.#commandsOf(transmission)) {
      if (ageMs < this.#patienceMs(command)) continue;
      this.#leave(command);
      const which = command.isProceeding ? "final answer" : "answer";
      const reason = `no ${which} from ${formatAddress(transmission.to)} within ${Math.round(ageMs)} ms`;
      turn.events.push({ kind: "failed", transactionId: command.transactionId, reason });
    }
  }

  /** Section 3.5.6: with a provisional answer the final one is waited for twice T-HIST. */
  #patienceMs({ isProceeding }: SentCommand): number {
    return isProceeding ? 2 * this.#options.historyMs : this.#options.giveUpAfterMs;
  }

  /** At most until the first of its commands fails. */
  #wait(transmission: Transmission, waitMs: number, nowMs: number): void {
    const patienceMs = Math.min(...this.#commandsOf(transmission).map((command) => this.#patienceMs(command)));
    this.#due.set(transmission, Math.min(nowMs + waitMs, (transmission.sentAtMs ?? nowMs) + patienceMs));
  }

  #commandsOf({ parts }: Transmission): SentCommand[] {
    return parts.flatMap(({ transactionId }) => this.#commands.get(transactionId ?? 0) ?? []);
  }

  #isProceeding(transmission: Transmission): boolean {
    return this.#commandsOf(transmission).every(({ isProceeding }) => isProceeding);
  }

  /** The first answer of a command, provisional or not, is what the delay is measured by. */
  #learn({ transmission, isProceeding }: SentCommand, nowMs: number): void {
    if (isProceeding || transmission.sentAtMs === null) return;
    if (transmission.wasRepeated) transmission.peer.roundTrip.repeated(transmission.waitMs);
    else transmission.peer.roundTrip.measured(nowMs - transmission.sentAtMs);
  }

  #leave({ transactionId, transmission }: SentCommand): void {
    this.#commands.delete(transactionId);
    transmission.parts = transmission.parts.filter((part) => part.transactionId !== transactionId);
    if (transmission.parts.every((part) => part.transactionId === null)) this.#due.clear(transmission);
  }

  #takeFirstWaitMs(peer: Peer): number {
    const { retransmitFirstMs, retransmitMaxMs } = this.#options;
    return peer.roundTrip.takeFirstWaitMs({ leastMs: retransmitFirstMs, mostMs: retransmitMaxMs });
  }

  /** Section 3.5.3: between half of T-DELAY and T-DELAY, and N times the deviation, at most RTO-MAX. */
  #backOffMs({ delayMs, peer }: Transmission): number {
    const randomMs = delayMs * (0.5 + this.#random() / 2);
    return Math.min(randomMs + peer.roundTrip.marginMs, this.#options.retransmitMaxMs);
  }
}

const transactionQueued = 101;
const overloaded = 409;
