/**
 * Commands of theirs, executed at most once (RFC 3435 sections 3.5.1, 3.5.2 and 3.5.6).
 *
 *   executing --respond--> answered --K: or 000--> confirmed --T-HIST--> gone
 *       | executing for T-HIST: 406 --^    \--T-HIST--> gone
 *
 * executing: a repetition gets 100. answered: it gets the same answer again. confirmed: only the number is kept, for the
 * rest of T-HIST, and a repetition is dropped. An answer that followed a provisional one asks for its acknowledgement and is repeated until
 * that comes.
 */
import { type Address, sameAddress } from "../address.js";
import type { Random } from "../chance.js";
import { Deadlines, earliest } from "../deadlines.js";
import { AnswerHistory } from "./answer-history.js";
import type { NumberRange } from "./message.js";
import { datagramBytesMax } from "./parse.js";
import { commentOf } from "./return-codes.js";
import { SourceNumbers } from "./source-numbers.js";
import type { ReplyHandle, ResponseToSend, TransactionOptions, TransactionTurn } from "./transaction-options.js";
import { writeMessage } from "./write.js";

interface Executing {
  readonly transactionId: number;
  readonly from: Address;
  readonly source: number;
  readonly untilMs: number;
  hadProvisional: boolean;
}

/** An answer that asked to be acknowledged (section 3.5.6) and was not yet. */
interface Unacknowledged {
  readonly transactionId: number;
  readonly from: Address;
  readonly sentAtMs: number;
  delayMs: number;
  repetitions: number;
}

/** Numbers of one K: that are looked up; the answers beyond are kept until T-HIST. */
const confirmedIdsMax = 256;

/** What is only forgotten is forgotten in good time, not on the millisecond. */
const sweepMs = 1_000;

/** Above all transaction ids (section 3.2.1.2). */
const keysPerSource = 2 ** 30;

/** Of an entry that nothing is kept of. */
const noKey = -1;

export class ReceivedCommands {
  readonly #options: TransactionOptions;
  readonly #random: Random;
  readonly #sources = new SourceNumbers();
  readonly #history: AnswerHistory;
  /** By key, as what follows. T-HIST is the same for all, so they are in the order in which they end. */
  readonly #executing = new Map<number, Executing>();
  readonly #unacknowledged = new Map<number, Unacknowledged>();
  readonly #repeat = new Deadlines<number>();
  #isQueueing = false;

  constructor(options: TransactionOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#history = new AnswerHistory(options, random);
  }

  /** Whether the command was seen before, and if so it got what it deserves (section 3.5.1). */
  repetition(transactionId: number, from: Address, turn: TransactionTurn): boolean {
    const source = this.#sources.find(from);
    if (source === null) return false;
    const entry = this.#history.find(source, transactionId);
    if (entry !== null) {
      const bytes = this.#history.answer(entry);
      if (bytes !== null) turn.sends.push({ bytes, to: from });
      return true;
    }
    const executing = this.#executing.get(keyOf(source, transactionId));
    if (executing !== undefined) this.#provisional(executing, turn);
    return executing !== undefined;
  }

  /** False: refused with 409, as too many are being executed or remembered. */
  begin(transactionId: number, from: Address, nowMs: number, turn: TransactionTurn): boolean {
    const { executingMax, historyMax, historyMs, queueHighWater } = this.#options;
    const executingCount = this.#executing.size;
    if (executingCount >= executingMax || this.#history.size + executingCount >= historyMax) {
      // Remembered, that no late copy of it is executed after all.
      const bytes = this.refused(transactionId, from, response(409, "too many transactions"), nowMs);
      turn.sends.push({ bytes, to: from });
      return false;
    }
    const source = this.#sources.hold(from);
    const executing = { transactionId, from, source, untilMs: nowMs + historyMs, hadProvisional: false };
    this.#executing.set(keyOf(source, transactionId), executing);
    this.#isQueueing ||= this.#executing.size >= queueHighWater;
    if (this.#isQueueing) this.#provisional(executing, turn);
    return true;
  }

  /**
   * Null for a handle that is unknown or was answered. An answer too large for a datagram becomes 533. datagram: what
   * the answer goes in with others, and will again: fate is shared by repetitions too (section 3.5.5).
   */
  respond(
    reply: ReplyHandle,
    answer: ResponseToSend,
    nowMs: number,
    datagram: Uint8Array | null = null,
  ): Uint8Array | null {
    const { transactionId, from } = reply;
    const key = this.#keyOf(reply);
    const executing = this.#executing.get(key);
    if (executing === undefined) return null;
    if (isProvisional(answer.code)) {
      executing.hadProvisional = true;
      return writeResponse(transactionId, answer);
    }
    const bytes = datagram ?? writeResponse(transactionId, finalAnswer(executing, answer));
    this.#executing.delete(key);
    if (this.#executing.size <= this.#options.queueLowWater) this.#isQueueing = false;
    this.#history.put(executing.source, transactionId, bytes, nowMs + this.#options.historyMs);
    if (executing.hadProvisional) this.#askAcknowledgement(key, transactionId, from, nowMs);
    return bytes;
  }

  /** What `respond` would send to this address; null where it would send nothing. */
  preview(reply: ReplyHandle, answer: ResponseToSend, to: Address): Uint8Array | null {
    const executing = this.#executing.get(this.#keyOf(reply));
    if (executing === undefined || !sameAddress(reply.from, to)) return null;
    return writeResponse(reply.transactionId, finalAnswer(executing, answer));
  }

  /** A command that was refused as it came in. */
  refused(transactionId: number, from: Address, answer: ResponseToSend, nowMs: number): Uint8Array {
    const bytes = writeResponse(transactionId, answer);
    const { historyMax, historyMs } = this.#options;
    if (this.#history.size < historyMax)
      this.#history.put(this.#sources.hold(from), transactionId, bytes, nowMs + historyMs);
    return bytes;
  }

  /** Section 3.5.2: K: of a command. What a wide range costs is bounded. */
  confirm(ranges: readonly NumberRange[], from: Address): void {
    let left = confirmedIdsMax;
    for (const { first, last } of ranges) {
      for (let id = first; id <= last && left > 0; id++, left--) this.confirmOne(id, from);
    }
  }

  confirmOne(transactionId: number, from: Address): void {
    const source = this.#sources.find(from);
    const entry = source === null ? null : this.#history.find(source, transactionId);
    if (source === null || entry === null) return;
    this.#history.forgetAnswer(entry);
    this.#acknowledged(keyOf(source, transactionId));
  }

  tick(nowMs: number, turn: TransactionTurn): void {
    for (const key of this.#repeat.takeDue(nowMs)) this.#repeatAnswer(key, nowMs, turn);
    for (const { transactionId, from, untilMs } of this.#executing.values()) {
      if (untilMs > nowMs) break;
      // Section 3.5.6: nothing runs for ever; the executor's own answer comes too late.
      const bytes = this.respond({ transactionId, from }, response(406, "transaction time-out"), nowMs);
      if (bytes !== null) turn.sends.push({ bytes, to: from });
    }
    while ((this.#history.oldestUntilMs ?? Infinity) <= nowMs) {
      this.#sources.release(this.#history.oldestSource ?? 0);
      this.#history.forgetOldest();
    }
  }

  next(): number | null {
    const historyUntilMs = this.#history.oldestUntilMs;
    return earliest(
      this.#repeat.next(),
      this.#oldestExecutingUntilMs(),
      historyUntilMs === null ? null : historyUntilMs + sweepMs,
    );
  }

  #oldestExecutingUntilMs(): number | null {
    for (const { untilMs } of this.#executing.values()) return untilMs;
    return null;
  }

  #keyOf({ transactionId, from }: ReplyHandle): number {
    const source = this.#sources.find(from);
    return source === null ? noKey : keyOf(source, transactionId);
  }

  #provisional(executing: Executing, turn: TransactionTurn): void {
    executing.hadProvisional = true;
    const answer = this.#isQueueing ? response(101, "queued") : response(100, "executing");
    turn.sends.push({ bytes: writeResponse(executing.transactionId, answer), to: executing.from });
  }

  #acknowledged(key: number): void {
    this.#unacknowledged.delete(key);
    this.#repeat.clear(key);
  }

  #askAcknowledgement(key: number, transactionId: number, from: Address, nowMs: number): void {
    const delayMs = this.#options.retransmitFirstMs;
    this.#unacknowledged.set(key, { transactionId, from, sentAtMs: nowMs, delayMs, repetitions: 0 });
    this.#repeat.set(key, nowMs + delayMs);
  }

  #repeatAnswer(key: number, nowMs: number, turn: TransactionTurn): void {
    const waiting = this.#unacknowledged.get(key);
    if (waiting === undefined) return;
    const { giveUpAfterMs, repetitionsMax, retransmitMaxMs } = this.#options;
    const isOver = nowMs - waiting.sentAtMs >= giveUpAfterMs || waiting.repetitions >= repetitionsMax;
    const { transactionId, from } = waiting;
    if (isOver || !this.repetition(transactionId, from, turn)) {
      this.#unacknowledged.delete(key);
      return;
    }
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
function keyOf(source: number, transactionId: number): number {
  return source * keysPerSource + transactionId;
}

/** An error that says nothing of its own says what its code means. */
export function writeResponse(transactionId: number, answer: ResponseToSend): Uint8Array {
  const { code, parameters, sessions, packageName = null } = answer;
  const comment = answer.comment === "" && code >= 400 ? commentOf(code) : answer.comment;
  const bytes = writeMessage({ kind: "response", transactionId, code, packageName, comment, parameters, sessions });
  return bytes.length <= datagramBytesMax ? bytes : writeResponse(transactionId, response(533, "response too large"));
}
