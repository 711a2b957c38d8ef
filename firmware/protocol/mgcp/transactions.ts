/**
 * MGCP transactions (RFC 3435 sections 3.5 and 4.3), both directions in one core: commands we send, repeated until
 * answered, and commands we are sent, executed at most once. No I/O: it is told bytes and time, and returns datagrams
 * and events. Not here: who may command (management), disconnected procedure and DNS (section 4.4.7), piggybacking of
 * what we send.
 *
 *   ours:    waiting --1xx--> proceeding --2xx..8xx--> answered      |  T-MAX or 2 x T-HIST --> failed
 *   theirs:  executing --respond--> answered --T-HIST or K:--> gone  |  executing for T-HIST --> 406, answered
 */
import { type Address, formatAddress } from "../address.js";
import type { Random } from "../chance.js";
import type { OutgoingDatagram } from "../datagram.js";
import { Deadlines, earliest } from "../deadlines.js";
import type { EndpointName, MgcpCommand, MgcpParameters, MgcpResponse, MgcpVerb } from "./message.js";
import { datagramBytesMax, parseDatagram, type RefusedMessage } from "./parse.js";
import { writeMessage } from "./write.js";

export interface TransactionOptions {
  /** First wait for an answer; doubled with each repetition up to retransmitMaxMs (RTO-MAX, 4 s). */
  readonly retransmitFirstMs: number;
  readonly retransmitMaxMs: number;
  /** T-MAX (20 s): a command is repeated, and without a provisional answer waited for, so long. */
  readonly giveUpAfterMs: number;
  /** T-HIST (30 s): an answer is kept so long for repetitions of its command. */
  readonly historyMs: number;
  /** Commands of ours waiting for their answers; above it `send` refuses. */
  readonly outstandingMax: number;
  /** Commands of theirs being executed, or answered within T-HIST; above it a new one gets 409. */
  readonly responsesMax: number;
}

/** Section 3.5 and 4.3's suggestions, and room for a gateway with some thousand calls. */
export const transactionDefaults: TransactionOptions = {
  retransmitFirstMs: 200,
  retransmitMaxMs: 4_000,
  giveUpAfterMs: 20_000,
  historyMs: 30_000,
  outstandingMax: 10_000,
  responsesMax: 50_000,
};

/** LONGTRAN-TIMER (section 3.5.6): how often a command is repeated once a provisional answer came. */
export const longTransactionMs = 5_000;

export interface CommandToSend {
  readonly verb: MgcpVerb;
  readonly endpoint: EndpointName;
  readonly parameters: MgcpParameters;
  readonly session: string | null;
}

export interface ResponseToSend {
  /** 100..199 is provisional and may be followed by another; everything else is final. */
  readonly code: number;
  /** With 8xx: the package whose code it is. */
  readonly packageName?: string | null;
  readonly comment: string;
  readonly parameters: MgcpParameters;
  readonly sessions: readonly string[];
}

/** Names a command to be answered; valid until it was answered. */
export interface ReplyHandle {
  readonly transactionId: number;
  readonly from: Address;
}

export type TransactionEvent =
  /** To be executed, once, and answered by `respond`. */
  | { readonly kind: "command"; readonly command: MgcpCommand; readonly from: Address; readonly reply: ReplyHandle }
  /** The final answer to a command of ours. */
  | {
      readonly kind: "response";
      readonly transactionId: number;
      readonly response: MgcpResponse;
      readonly from: Address;
    }
  | {
      readonly kind: "provisional";
      readonly transactionId: number;
      readonly response: MgcpResponse;
      readonly from: Address;
    }
  /** No final answer came in time: what became of the command is not known. */
  | { readonly kind: "failed"; readonly transactionId: number; readonly reason: string }
  /** Something that was not a message; to be counted. A command among it was answered already. */
  | { readonly kind: "refused"; readonly from: Address; readonly code: number; readonly reason: string };

export interface TransactionTurn {
  readonly sends: OutgoingDatagram[];
  readonly events: TransactionEvent[];
}

interface Outstanding {
  readonly bytes: Uint8Array;
  readonly to: Address;
  readonly sentAtMs: number;
  /** T-DELAY of section 3.5.3, doubled after each repetition. */
  delayMs: number;
  proceeding: boolean;
}

type Served =
  | { readonly name: "executing"; readonly from: Address; readonly provisional: boolean }
  | { readonly name: "answered"; readonly from: Address; readonly bytes: Uint8Array; readonly untilMs: number }
  /** Confirmed by K: or 000: only the number is kept, and repetitions are dropped (section 3.5.1). */
  | { readonly name: "confirmed" };

/** An answer that asked to be acknowledged (section 3.5.6) and was not yet. */
interface Unacknowledged {
  readonly sentAtMs: number;
  delayMs: number;
}

export class MgcpTransactions {
  readonly #options: TransactionOptions;
  readonly #random: Random;
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #resend = new Deadlines<number>();
  readonly #served = new Map<string, Served>();
  readonly #forget = new Deadlines<string>();
  readonly #unacknowledged = new Map<string, Unacknowledged>();
  readonly #repeat = new Deadlines<string>();
  #lastId: number;

  constructor(options: TransactionOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#lastId = 0;
  }

  /** Commands of ours that have no final answer yet. */
  get outstanding(): number {
    return this.#outstanding.size;
  }

  /** Null when outstandingMax is reached, or the command is too large for a datagram: nothing was sent. */
  send(
    command: CommandToSend,
    to: Address,
    nowMs: number,
  ): { transactionId: number; sends: OutgoingDatagram[] } | { transactionId: null; sends: [] } {
    if (this.#outstanding.size >= this.#options.outstandingMax) return { transactionId: null, sends: [] };
    const transactionId = this.#nextId();
    const bytes = writeMessage({ kind: "command", transactionId, ...command });
    if (bytes.length > datagramBytesMax) return { transactionId: null, sends: [] };
    const delayMs = this.#options.retransmitFirstMs;
    this.#outstanding.set(transactionId, { bytes, to, sentAtMs: nowMs, delayMs, proceeding: false });
    this.#resend.set(transactionId, nowMs + delayMs);
    return { transactionId, sends: [{ bytes, to }] };
  }

  /** Gives a command up without an event: nobody waits for its answer any more. */
  forget(transactionId: number): void {
    this.#outstanding.delete(transactionId);
    this.#resend.clear(transactionId);
  }

  receive(bytes: Uint8Array, from: Address, nowMs: number): TransactionTurn {
    const turn: TransactionTurn = { sends: [], events: [] };
    for (const result of parseDatagram(bytes)) {
      if (!result.ok) this.#receiveRefused(result, from, turn, nowMs);
      else if (result.message.kind === "command") this.#receiveCommand(result.message, from, nowMs, turn);
      else this.#receiveResponse(result.message, from, nowMs, turn);
    }
    return turn;
  }

  /** An unknown or already answered handle gives nothing. An answer too large for a datagram becomes 533. */
  respond(reply: ReplyHandle, response: ResponseToSend, nowMs: number): OutgoingDatagram[] {
    const key = keyOf(reply.from, reply.transactionId);
    const served = this.#served.get(key);
    if (served === undefined || served.name !== "executing") return [];
    const provisional = response.code >= 100 && response.code < 200;
    const asksAcknowledgement = served.provisional && !provisional;
    const parameters = asksAcknowledgement ? { ...response.parameters, responseAck: [] } : response.parameters;
    const bytes = writeResponse(reply.transactionId, { ...response, parameters });
    if (provisional) this.#served.set(key, { ...served, provisional: true });
    else this.#answered(key, reply.from, bytes, asksAcknowledgement, nowMs);
    return [{ bytes, to: reply.from }];
  }

  tick(nowMs: number): TransactionTurn {
    const turn: TransactionTurn = { sends: [], events: [] };
    for (const transactionId of this.#resend.takeDue(nowMs)) this.#resendCommand(transactionId, nowMs, turn);
    for (const key of this.#repeat.takeDue(nowMs)) this.#repeatAnswer(key, nowMs, turn);
    for (const key of this.#forget.takeDue(nowMs)) this.#forgetServed(key, nowMs, turn);
    return turn;
  }

  next(): number | null {
    return earliest(this.#resend.next(), this.#repeat.next(), this.#forget.next());
  }

  /** Numbers follow one another from a random start, so none comes again for longer than three minutes (3.2.1.2). */
  #nextId(): number {
    if (this.#lastId === 0) this.#lastId = Math.floor(this.#random() * transactionIdMax);
    do this.#lastId = (this.#lastId % transactionIdMax) + 1;
    while (this.#outstanding.has(this.#lastId));
    return this.#lastId;
  }

  #receiveRefused(refusal: RefusedMessage, from: Address, turn: TransactionTurn, nowMs: number): void {
    const { code, reason, transactionId } = refusal;
    turn.events.push({ kind: "refused", from, code, reason });
    if (!refusal.isCommand || transactionId === null) return;
    const key = keyOf(from, transactionId);
    if (this.#repetition(key, transactionId, turn)) return;
    const bytes = writeResponse(transactionId, { code, comment: reason, parameters: {}, sessions: [] });
    if (this.#served.size < this.#options.responsesMax) this.#answered(key, from, bytes, false, nowMs);
    turn.sends.push({ bytes, to: from });
  }

  #receiveCommand(command: MgcpCommand, from: Address, nowMs: number, turn: TransactionTurn): void {
    const { transactionId } = command;
    const key = keyOf(from, transactionId);
    if (this.#repetition(key, transactionId, turn)) return;
    this.#confirm(command.parameters.responseAck ?? [], from);
    if (this.#served.size >= this.#options.responsesMax) {
      const overload = { code: 409, comment: "too many transactions", parameters: {}, sessions: [] };
      turn.sends.push({ bytes: writeResponse(transactionId, overload), to: from });
      return;
    }
    this.#served.set(key, { name: "executing", from, provisional: false });
    this.#forget.set(key, nowMs + this.#options.historyMs);
    turn.events.push({ kind: "command", command, from, reply: { transactionId, from } });
  }

  /** Section 3.5.1: whether the command was seen before, and if so what it gets. */
  #repetition(key: string, transactionId: number, turn: TransactionTurn): boolean {
    const served = this.#served.get(key);
    if (served === undefined) return false;
    if (served.name === "answered") turn.sends.push({ bytes: served.bytes, to: served.from });
    if (served.name === "executing") {
      this.#served.set(key, { ...served, provisional: true });
      const bytes = writeResponse(transactionId, { code: 100, comment: "executing", parameters: {}, sessions: [] });
      turn.sends.push({ bytes, to: served.from });
    }
    return true;
  }

  /** Section 3.5.2. What a stranger's wide range costs is bounded. */
  #confirm(ranges: readonly { readonly first: number; readonly last: number }[], from: Address): void {
    let left = confirmedIdsMax;
    for (const { first, last } of ranges) {
      for (let id = first; id <= last && left > 0; id++, left--) this.#confirmOne(keyOf(from, id));
    }
  }

  #confirmOne(key: string): void {
    if (this.#served.get(key)?.name !== "answered") return;
    this.#served.set(key, { name: "confirmed" });
    this.#unacknowledged.delete(key);
    this.#repeat.clear(key);
  }

  #receiveResponse(response: MgcpResponse, from: Address, nowMs: number, turn: TransactionTurn): void {
    const { transactionId, code } = response;
    if (code === 0) {
      this.#confirmOne(keyOf(from, transactionId));
      return;
    }
    const outstanding = this.#outstanding.get(transactionId);
    if (code >= 100 && code < 200) {
      if (outstanding === undefined) return;
      outstanding.proceeding = true;
      this.#resend.set(transactionId, this.#nextAttempt(outstanding, nowMs));
      turn.events.push({ kind: "provisional", transactionId, response, from });
      return;
    }
    // A final answer that came again lost our acknowledgement: it is given again (section 3.5.6).
    if (response.parameters.responseAck !== undefined) {
      const acknowledgement = { code: 0, comment: "", parameters: {}, sessions: [] };
      turn.sends.push({ bytes: writeResponse(transactionId, acknowledgement), to: from });
    }
    if (outstanding === undefined) return;
    this.forget(transactionId);
    turn.events.push({ kind: "response", transactionId, response, from });
  }

  #answered(key: string, from: Address, bytes: Uint8Array, asksAcknowledgement: boolean, nowMs: number): void {
    this.#served.set(key, { name: "answered", from, bytes, untilMs: nowMs + this.#options.historyMs });
    this.#forget.set(key, nowMs + this.#options.historyMs);
    if (!asksAcknowledgement) return;
    this.#unacknowledged.set(key, { sentAtMs: nowMs, delayMs: this.#options.retransmitFirstMs });
    this.#repeat.set(key, nowMs + this.#options.retransmitFirstMs);
  }

  #resendCommand(transactionId: number, nowMs: number, turn: TransactionTurn): void {
    const outstanding = this.#outstanding.get(transactionId);
    if (outstanding === undefined) return;
    const ageMs = nowMs - outstanding.sentAtMs;
    if (ageMs >= this.#waitMs(outstanding)) {
      this.#outstanding.delete(transactionId);
      const reason = `no ${outstanding.proceeding ? "final " : ""}answer from ${formatAddress(outstanding.to)}`;
      turn.events.push({ kind: "failed", transactionId, reason: `${reason} within ${Math.round(ageMs)} ms` });
      return;
    }
    if (ageMs < this.#options.giveUpAfterMs) turn.sends.push({ bytes: outstanding.bytes, to: outstanding.to });
    outstanding.delayMs *= 2;
    this.#resend.set(transactionId, this.#nextAttempt(outstanding, nowMs));
  }

  /** Section 3.5.6: with a provisional answer the final one is waited for twice T-HIST. */
  #waitMs(outstanding: Outstanding): number {
    return outstanding.proceeding ? 2 * this.#options.historyMs : this.#options.giveUpAfterMs;
  }

  #nextAttempt(outstanding: Outstanding, nowMs: number): number {
    const waitMs = outstanding.proceeding ? longTransactionMs : this.#backOffMs(outstanding.delayMs);
    return Math.min(nowMs + waitMs, outstanding.sentAtMs + this.#waitMs(outstanding));
  }

  /** Section 3.5.3: uniformly between half of T-DELAY and T-DELAY, at most RTO-MAX. */
  #backOffMs(delayMs: number): number {
    const boundedMs = Math.min(delayMs, 2 * this.#options.retransmitMaxMs);
    return Math.min(boundedMs * (0.5 + this.#random() / 2), this.#options.retransmitMaxMs);
  }

  #repeatAnswer(key: string, nowMs: number, turn: TransactionTurn): void {
    const served = this.#served.get(key);
    const waiting = this.#unacknowledged.get(key);
    if (served?.name !== "answered" || waiting === undefined) return;
    if (nowMs - waiting.sentAtMs >= this.#options.giveUpAfterMs) {
      this.#unacknowledged.delete(key);
      return;
    }
    turn.sends.push({ bytes: served.bytes, to: served.from });
    waiting.delayMs *= 2;
    this.#repeat.set(key, nowMs + this.#backOffMs(waiting.delayMs));
  }

  /** T-HIST is over. What is still being executed then is answered for its executor (section 3.5.6, code 406). */
  #forgetServed(key: string, nowMs: number, turn: TransactionTurn): void {
    const served = this.#served.get(key);
    if (served?.name === "executing") {
      const transactionId = Number(key.slice(0, key.indexOf(" ")));
      const timeOut = { code: 406, comment: "transaction time-out", parameters: {}, sessions: [] };
      turn.sends.push(...this.respond({ transactionId, from: served.from }, timeOut, nowMs));
      return;
    }
    this.#served.delete(key);
    this.#unacknowledged.delete(key);
    this.#repeat.clear(key);
  }
}

const transactionIdMax = 999_999_999;

/** Numbers of one K: that are looked up; the answers beyond are kept until T-HIST. */
const confirmedIdsMax = 256;

/**
 * Section 3.2.1.2 has call agents share one number space; several that do not (an operator's audit beside a call
 * server) are told apart by where they speak from.
 */
function keyOf(from: Address, transactionId: number): string {
  return `${transactionId} ${formatAddress(from)}`;
}

function writeResponse(transactionId: number, response: ResponseToSend): Uint8Array {
  const { code, comment, parameters, sessions, packageName = null } = response;
  const bytes = writeMessage({ kind: "response", transactionId, code, packageName, comment, parameters, sessions });
  if (bytes.length <= datagramBytesMax) return bytes;
  const tooLarge = { code: 533, packageName: null, comment: "response too large", parameters: {}, sessions: [] };
  return writeMessage({ kind: "response", transactionId, ...tooLarge });
}
