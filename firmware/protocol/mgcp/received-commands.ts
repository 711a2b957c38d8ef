/**
 * Commands of theirs, executed at most once (RFC 3435 sections 3.5.1, 3.5.2 and 3.5.6).
 *
 *   executing --respond--> answered --K: or 000--> confirmed --T-HIST--> gone
 *       | executing for T-HIST: 406 --^    \--T-HIST--> gone
 *
 * executing: a repetition gets 100. answered: it gets the same answer again. confirmed: only the number is kept, and a
 * repetition is dropped. An answer that followed a provisional one asks for its acknowledgement and is repeated until
 * that comes.
 */
import { type Address, formatAddress, sameAddress } from "../address.js";
import type { Random } from "../chance.js";
import { Deadlines, earliest } from "../deadlines.js";
import { Fifo } from "../fifo.js";
import type { NumberRange } from "./message.js";
import { datagramBytesMax } from "./parse.js";
import { commentOf } from "./return-codes.js";
import type { ReplyHandle, ResponseToSend, TransactionOptions, TransactionTurn } from "./transaction-options.js";
import { writeMessage } from "./write.js";

interface Executing {
  readonly transactionId: number;
  readonly from: Address;
  readonly untilMs: number;
  hadProvisional: boolean;
}

interface Answered {
  readonly key: string;
  readonly from: Address;
  /** With whatever went in the same datagram: fate is shared by repetitions too (section 3.5.5). */
  bytes: Uint8Array;
  readonly untilMs: number;
}

interface Confirmed {
  readonly key: string;
  readonly untilMs: number;
}

/** An answer that asked to be acknowledged (section 3.5.6) and was not yet. */
interface Unacknowledged {
  readonly sentAtMs: number;
  delayMs: number;
  repetitions: number;
}

/** Numbers of one K: that are looked up; the answers beyond are kept until T-HIST. */
const confirmedIdsMax = 256;

/** What is only forgotten is forgotten in good time, not on the millisecond. */
const sweepMs = 1_000;

export class ReceivedCommands {
  readonly #options: TransactionOptions;
  readonly #random: Random;
  // T-HIST is the same for all, so each of these is in the order in which its entries end.
  readonly #executing = new Map<string, Executing>();
  readonly #answered = new Map<string, Answered>();
  readonly #confirmed = new Map<string, Confirmed>();
  // A map finds its first entry by stepping over all that were deleted before it; these know it. An entry that is no
  // longer the map's is passed over.
  readonly #answeredOrder = new Fifo<Answered>();
  readonly #confirmedOrder = new Fifo<Confirmed>();
  readonly #unacknowledged = new Map<string, Unacknowledged>();
  readonly #repeat = new Deadlines<string>();
  #isQueueing = false;

  constructor(options: TransactionOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** Whether the command was seen before, and if so it got what it deserves (section 3.5.1). */
  repetition(transactionId: number, from: Address, turn: TransactionTurn): boolean {
    const key = keyOf(from, transactionId);
    const answered = this.#answered.get(key);
    if (answered !== undefined) turn.sends.push({ bytes: answered.bytes, to: from });
    const executing = this.#executing.get(key);
    if (executing !== undefined) this.#provisional(executing, turn);
    return answered !== undefined || executing !== undefined || this.#confirmed.has(key);
  }

  /** False: refused with 409, as too many are being executed or remembered. */
  begin(transactionId: number, from: Address, nowMs: number, turn: TransactionTurn): boolean {
    const { executingMax, historyMax, historyMs, queueHighWater } = this.#options;
    const remembered = this.#answered.size + this.#confirmed.size;
    if (this.#executing.size >= executingMax || remembered + this.#executing.size >= historyMax) {
      // Remembered, that no late copy of it is executed after all.
      const bytes = this.refused(transactionId, from, response(409, "too many transactions"), nowMs);
      turn.sends.push({ bytes, to: from });
      return false;
    }
    const executing = { transactionId, from, untilMs: nowMs + historyMs, hadProvisional: false };
    this.#executing.set(keyOf(from, transactionId), executing);
    this.#isQueueing ||= this.#executing.size >= queueHighWater;
    if (this.#isQueueing) this.#provisional(executing, turn);
    return true;
  }

  /** Null for a handle that is unknown or was answered. An answer too large for a datagram becomes 533. */
  respond(reply: ReplyHandle, answer: ResponseToSend, nowMs: number): Uint8Array | null {
    const key = keyOf(reply.from, reply.transactionId);
    const executing = this.#executing.get(key);
    if (executing === undefined) return null;
    if (isProvisional(answer.code)) {
      executing.hadProvisional = true;
      return writeResponse(reply.transactionId, answer);
    }
    const { hadProvisional } = executing;
    const bytes = writeResponse(reply.transactionId, finalAnswer(executing, answer));
    this.#executing.delete(key);
    if (this.#executing.size <= this.#options.queueLowWater) this.#isQueueing = false;
    this.#remember({ key, from: reply.from, bytes, untilMs: nowMs + this.#options.historyMs });
    if (hadProvisional) this.#askAcknowledgement(key, nowMs);
    return bytes;
  }

  /** What `respond` would send to this address; null where it would send nothing. */
  preview(reply: ReplyHandle, answer: ResponseToSend, to: Address): Uint8Array | null {
    const executing = this.#executing.get(keyOf(reply.from, reply.transactionId));
    if (executing === undefined || !sameAddress(reply.from, to)) return null;
    return writeResponse(reply.transactionId, finalAnswer(executing, answer));
  }

  /** A command that was refused as it came in. */
  refused(transactionId: number, from: Address, answer: ResponseToSend, nowMs: number): Uint8Array {
    const bytes = writeResponse(transactionId, answer);
    if (this.#answered.size + this.#confirmed.size < this.#options.historyMax) {
      const key = keyOf(from, transactionId);
      this.#remember({ key, from, bytes, untilMs: nowMs + this.#options.historyMs });
    }
    return bytes;
  }

  /** This answer went with others in one datagram, and will again. */
  sentTogether(reply: ReplyHandle, bytes: Uint8Array): void {
    const answered = this.#answered.get(keyOf(reply.from, reply.transactionId));
    if (answered !== undefined) answered.bytes = bytes;
  }

  /** Section 3.5.2: K: of a command. What a wide range costs is bounded. */
  confirm(ranges: readonly NumberRange[], from: Address, nowMs: number): void {
    let left = confirmedIdsMax;
    for (const { first, last } of ranges) {
      for (let id = first; id <= last && left > 0; id++, left--) this.confirmOne(id, from, nowMs);
    }
  }

  confirmOne(transactionId: number, from: Address, nowMs: number): void {
    const key = keyOf(from, transactionId);
    if (!this.#answered.has(key)) return;
    this.#forgetAnswer(key);
    this.#confirm(key, nowMs + this.#options.historyMs);
  }

  tick(nowMs: number, turn: TransactionTurn): void {
    for (const key of this.#repeat.takeDue(nowMs)) this.#repeatAnswer(key, nowMs, turn);
    for (const { transactionId, from, untilMs } of this.#executing.values()) {
      if (untilMs > nowMs) break;
      // Section 3.5.6: nothing runs for ever; the executor's own answer comes too late.
      const bytes = this.respond({ transactionId, from }, response(406, "transaction time-out"), nowMs);
      if (bytes !== null) turn.sends.push({ bytes, to: from });
    }
    for (let oldest = this.#oldestAnswered(); (oldest?.untilMs ?? Infinity) <= nowMs; oldest = this.#oldestAnswered())
      if (oldest !== undefined) this.#forgetAnswer(oldest.key);
    for (let oldest = this.#oldestConfirmed(); (oldest?.untilMs ?? Infinity) <= nowMs; oldest = this.#oldestConfirmed())
      if (oldest !== undefined) this.#confirmed.delete(oldest.key);
  }

  next(): number | null {
    const [executing] = this.#executing.values();
    const answered = this.#oldestAnswered();
    const confirmed = this.#oldestConfirmed();
    return earliest(
      this.#repeat.next(),
      executing?.untilMs ?? null,
      answered === undefined ? null : answered.untilMs + sweepMs,
      confirmed === undefined ? null : confirmed.untilMs + sweepMs,
    );
  }

  #provisional(executing: Executing, turn: TransactionTurn): void {
    executing.hadProvisional = true;
    const answer = this.#isQueueing ? response(101, "queued") : response(100, "executing");
    turn.sends.push({ bytes: writeResponse(executing.transactionId, answer), to: executing.from });
  }

  #remember(answered: Answered): void {
    this.#answered.set(answered.key, answered);
    this.#answeredOrder.put(answered);
    const oldest = this.#answered.size > this.#options.responsesMax ? this.#oldestAnswered() : undefined;
    if (oldest === undefined) return;
    this.#forgetAnswer(oldest.key);
    this.#confirm(oldest.key, answered.untilMs);
  }

  #confirm(key: string, untilMs: number): void {
    const confirmed = { key, untilMs };
    this.#confirmed.set(key, confirmed);
    this.#confirmedOrder.put(confirmed);
  }

  #oldestAnswered(): Answered | undefined {
    for (let oldest = this.#answeredOrder.peek(); oldest !== undefined; oldest = this.#answeredOrder.peek()) {
      if (this.#answered.get(oldest.key) === oldest) return oldest;
      this.#answeredOrder.take();
    }
    return undefined;
  }

  #oldestConfirmed(): Confirmed | undefined {
    for (let oldest = this.#confirmedOrder.peek(); oldest !== undefined; oldest = this.#confirmedOrder.peek()) {
      if (this.#confirmed.get(oldest.key) === oldest) return oldest;
      this.#confirmedOrder.take();
    }
    return undefined;
  }

  #forgetAnswer(key: string): void {
    this.#answered.delete(key);
    this.#unacknowledged.delete(key);
    this.#repeat.clear(key);
  }

  #askAcknowledgement(key: string, nowMs: number): void {
    const delayMs = this.#options.retransmitFirstMs;
    this.#unacknowledged.set(key, { sentAtMs: nowMs, delayMs, repetitions: 0 });
    this.#repeat.set(key, nowMs + delayMs);
  }

  #repeatAnswer(key: string, nowMs: number, turn: TransactionTurn): void {
    const answered = this.#answered.get(key);
    const waiting = this.#unacknowledged.get(key);
    if (answered === undefined || waiting === undefined) return;
    const { giveUpAfterMs, repetitionsMax, retransmitMaxMs } = this.#options;
    if (nowMs - waiting.sentAtMs >= giveUpAfterMs || waiting.repetitions >= repetitionsMax) {
      this.#unacknowledged.delete(key);
      return;
    }
    turn.sends.push({ bytes: answered.bytes, to: answered.from });
    waiting.repetitions += 1;
    waiting.delayMs *= 2;
    this.#repeat.set(key, nowMs + Math.min(waiting.delayMs * (0.5 + this.#random() / 2), retransmitMaxMs));
  }
}

function isProvisional(code: number): boolean {
  return code >= 100 && code < 200;
}

/** Section 3.5.6: those, and only those, that follow a provisional one ask to be acknowledged. */
function finalAnswer({ hadProvisional }: Executing, answer: ResponseToSend): ResponseToSend {
  if (!hadProvisional || isProvisional(answer.code)) return answer;
  return { ...answer, parameters: { ...answer.parameters, responseAck: [] } };
}

function response(code: number, comment: string): ResponseToSend {
  return { code, comment, parameters: {}, sessions: [] };
}

/**
 * Section 3.2.1.2 has call agents share one number space; several that do not (an operator's audit beside a call
 * server) are told apart by where they speak from.
 */
function keyOf(from: Address, transactionId: number): string {
  return `${transactionId} ${formatAddress(from)}`;
}

/** An error that says nothing of its own says what its code means. */
export function writeResponse(transactionId: number, answer: ResponseToSend): Uint8Array {
  const { code, parameters, sessions, packageName = null } = answer;
  const comment = answer.comment === "" && code >= 400 ? commentOf(code) : answer.comment;
  const bytes = writeMessage({ kind: "response", transactionId, code, packageName, comment, parameters, sessions });
  return bytes.length <= datagramBytesMax ? bytes : writeResponse(transactionId, response(533, "response too large"));
}
