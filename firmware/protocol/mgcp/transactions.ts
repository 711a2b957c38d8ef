/**
 * MGCP transactions (RFC 3435 sections 3.5, 4.3 and 4.4.8), both directions in one core: commands we send, repeated
 * until answered (sent-commands.ts), and commands we are sent, executed at most once (received-commands.ts). No I/O: it
 * is told bytes and time, and returns datagrams and events. Not here: who may command (management), the disconnected
 * procedure and DNS (section 4.4.7), which commands wait for which (command-order.ts).
 */
import type { Address } from "../address.js";
import type { Random } from "../chance.js";
import type { OutgoingDatagram } from "../datagram.js";
import { earliest } from "../deadlines.js";
import type { MgcpCommand, MgcpResponse } from "./message.js";
import { datagramBytesMax, messagesPerDatagramMax, parseDatagram, type RefusedMessage } from "./parse.js";
import { Peers } from "./peers.js";
import { ReceivedCommands, writeResponse } from "./received-commands.js";
import { type PartToSend, SentCommands } from "./sent-commands.js";
import { TransactionIds } from "./transaction-ids.js";
import type {
  CommandToSend,
  MessageToSend,
  ReplyHandle,
  ResponseToSend,
  TransactionOptions,
  TransactionTurn,
} from "./transaction-options.js";
import { joinMessages, writeMessage } from "./write.js";

/** Section 3.5.4: what every implementation takes, and so what is sent together at most. */
export const togetherBytesMax = 4_000;

export class MgcpTransactions {
  readonly #options: TransactionOptions;
  readonly #ids: TransactionIds;
  readonly #peers: Peers;
  readonly #sent: SentCommands;
  readonly #received: ReceivedCommands;

  constructor(options: TransactionOptions, random: Random, ids: TransactionIds = new TransactionIds(random)) {
    this.#options = options;
    this.#ids = ids;
    this.#peers = new Peers(options.pace);
    this.#sent = new SentCommands(options, random, this.#peers);
    this.#received = new ReceivedCommands(options, random);
  }

  /** Commands of ours that have no final answer yet. */
  get outstanding(): number {
    return this.#sent.size;
  }

  /**
   * Null when outstandingMax is reached, the peer is overloaded for longer than pacedMaxMs, or the command is too large
   * for a datagram: nothing was sent. Without datagrams but with a number the peer's pace sends it later.
   */
  send(
    command: CommandToSend,
    to: Address,
    nowMs: number,
  ): { transactionId: number; sends: OutgoingDatagram[] } | { transactionId: null; sends: [] } {
    const nothing = { transactionId: null, sends: [] } as const;
    if (this.#sent.size >= this.#options.outstandingMax) return { ...nothing, sends: [] };
    const peer = this.#peers.of(to);
    const slotMs = peer.pace.slotMs(nowMs);
    if (slotMs - nowMs > this.#options.pacedMaxMs) return { ...nothing, sends: [] };
    const transactionId = this.#nextId();
    const bytes = this.#writeCommand(transactionId, command, to, nowMs);
    if (bytes.length > datagramBytesMax) return { ...nothing, sends: [] };
    const turn = emptyTurn();
    this.#sent.send([{ transactionId, bytes }], to, slotMs, nowMs, turn);
    return { transactionId, sends: turn.sends };
  }

  /**
   * Section 3.5.5: several messages in one datagram, processed in their order or not at all, also when it is repeated.
   * Null, and nothing was sent or answered, when there are more than messagesPerDatagramMax, they exceed
   * togetherBytesMax, outstandingMax would be exceeded, or a reply handle is another's than `to` or was answered
   * already. The numbers are those of the commands, in their order. It does not wait for the peer's pace, as answers do
   * not.
   */
  sendTogether(
    messages: readonly MessageToSend[],
    to: Address,
    nowMs: number,
  ): { transactionIds: readonly number[]; sends: OutgoingDatagram[] } | null {
    const parts = this.#partsOf(messages, to, nowMs);
    if (parts === null) return null;
    const datagram = joinMessages(parts.map(({ bytes }) => bytes));
    for (const message of messages) {
      if (message.kind === "response") this.#received.respond(message.reply, message.response, nowMs, datagram);
    }
    const transactionIds = parts.flatMap(({ transactionId }) => transactionId ?? []);
    const turn = emptyTurn();
    if (transactionIds.length > 0) this.#sent.send(parts, to, nowMs, nowMs, turn);
    else turn.sends.push({ bytes: datagram, to });
    return { transactionIds, sends: turn.sends };
  }

  /**
   * Section 4.3: sends a command of ours, and what went with it, to another address of its receiver, or to a new one.
   * Nothing where it is answered already, or T-MAX is over.
   */
  redirect(transactionId: number, to: Address, nowMs: number): OutgoingDatagram[] {
    const turn = emptyTurn();
    this.#sent.redirect(transactionId, to, nowMs, turn);
    return turn.sends;
  }

  /** The network (ICMP) says that nobody is at this address: commands on their way there become suspected. */
  unreachable(address: Address): TransactionTurn {
    const turn = emptyTurn();
    this.#sent.unreachable(address, turn);
    return turn;
  }

  /** Gives a command up without an event: nobody waits for its answer any more. */
  forget(transactionId: number): void {
    this.#sent.forget(transactionId);
  }

  receive(bytes: Uint8Array, from: Address, nowMs: number): TransactionTurn {
    const turn = emptyTurn();
    for (const result of parseDatagram(bytes)) {
      if (!result.ok) this.#receiveRefused(result, from, turn, nowMs);
      else if (result.message.kind === "command") this.#receiveCommand(result.message, from, nowMs, turn);
      else this.#receiveResponse(result.message, from, nowMs, turn);
    }
    return turn;
  }

  /** An unknown or already answered handle gives nothing. An answer too large for a datagram becomes 533. */
  respond(reply: ReplyHandle, response: ResponseToSend, nowMs: number): OutgoingDatagram[] {
    const bytes = this.#received.respond(reply, response, nowMs);
    return bytes === null ? [] : [{ bytes, to: reply.from }];
  }

  tick(nowMs: number): TransactionTurn {
    const turn = emptyTurn();
    this.#sent.tick(nowMs, turn);
    this.#received.tick(nowMs, turn);
    return turn;
  }

  next(): number | null {
    return earliest(this.#sent.next(), this.#received.next());
  }

  #nextId(): number {
    return this.#ids.next((transactionId) => this.#sent.has(transactionId));
  }

  /** Confirms answers of this peer where that is wanted and the command does not do so itself. */
  #writeCommand(transactionId: number, command: CommandToSend, to: Address, nowMs: number): Uint8Array {
    const { confirmsResponses, historyMs } = this.#options;
    const isOwn = command.parameters.responseAck !== undefined;
    const ranges = confirmsResponses && !isOwn ? this.#peers.of(to).confirmations.take(nowMs, historyMs) : [];
    const parameters = ranges.length === 0 ? command.parameters : { ...command.parameters, responseAck: ranges };
    return writeMessage({ kind: "command", transactionId, ...command, parameters });
  }

  #partsOf(messages: readonly MessageToSend[], to: Address, nowMs: number): PartToSend[] | null {
    const commands = messages.filter(({ kind }) => kind === "command").length;
    if (messages.length === 0 || messages.length > messagesPerDatagramMax) return null;
    if (this.#sent.size + commands > this.#options.outstandingMax) return null;
    const parts: PartToSend[] = [];
    let length = 0;
    for (const message of messages) {
      const part =
        message.kind === "command" ? this.#commandPart(message.command, to, nowMs) : this.#answerPart(message, to);
      if (part === null) return null;
      parts.push(part);
      length += part.bytes.length;
    }
    return length <= togetherBytesMax ? parts : null;
  }

  #commandPart(command: CommandToSend, to: Address, nowMs: number): PartToSend {
    const transactionId = this.#nextId();
    return { transactionId, bytes: this.#writeCommand(transactionId, command, to, nowMs) };
  }

  #answerPart(message: MessageToSend & { readonly kind: "response" }, to: Address): PartToSend | null {
    const bytes = this.#received.preview(message.reply, message.response, to);
    return bytes === null ? null : { transactionId: null, bytes };
  }

  #receiveRefused(refusal: RefusedMessage, from: Address, turn: TransactionTurn, nowMs: number): void {
    const { code, reason, transactionId } = refusal;
    turn.events.push({ kind: "refused", from, code, reason });
    if (!refusal.isCommand || transactionId === null) return;
    if (this.#received.repetition(transactionId, from, turn)) return;
    const answer = { code, comment: reason, parameters: {}, sessions: [] };
    turn.sends.push({ bytes: this.#received.refused(transactionId, from, answer, nowMs), to: from });
  }

  #receiveCommand(command: MgcpCommand, from: Address, nowMs: number, turn: TransactionTurn): void {
    const { transactionId } = command;
    if (this.#received.repetition(transactionId, from, turn)) return;
    this.#received.confirm(command.parameters.responseAck ?? [], from);
    if (!this.#received.begin(transactionId, from, nowMs, turn)) return;
    turn.events.push({ kind: "command", command, from, reply: { transactionId, from } });
  }

  /** Section 2.4: what is not known counts as the first of its hundred. */
  #receiveResponse(response: MgcpResponse, from: Address, nowMs: number, turn: TransactionTurn): void {
    const { transactionId, code } = response;
    if (code < 100) this.#received.confirmOne(transactionId, from);
    else if (code < 200) this.#sent.provisional(response, from, nowMs, turn);
    else {
      // A final answer that came again lost our acknowledgement: it is given again (section 3.5.6).
      if (response.parameters.responseAck !== undefined) {
        const acknowledgement = { code: 0, comment: "", parameters: {}, sessions: [] };
        turn.sends.push({ bytes: writeResponse(transactionId, acknowledgement), to: from });
      }
      this.#sent.final(response, from, nowMs, turn);
    }
  }
}

function emptyTurn(): TransactionTurn {
  return { sends: [], events: [] };
}
