/**
 * The transaction layer (RFC 3261 section 17 with RFC 6026) over datagrams and streams: retransmissions, the absorbing of those of
 * the far side, and the matching of responses, ACK and CANCEL to what they belong to. It is told bytes and the time and
 * gives datagrams to send and events for the user. One for each socket; the gateway and every telephone and query own
 * theirs.
 *
 *     bytes ─► parse ─┬► client-transactions ─┬► events, datagrams
 *                     └► server-transactions ─┘
 */
import type { Address } from "../address.js";
import type { Random } from "../chance.js";
import type { OutgoingDatagram } from "../datagram.js";
import { Deadlines } from "../deadlines.js";
import { type ClientEvent, ClientTransactions } from "./client-transactions.js";
import { messageBytesMax, type SipRequest, type SipResponse } from "./message.js";
import { parseSip } from "./parse.js";
import { type ServerEvent, ServerTransactions } from "./server-transactions.js";
import type { SipOutput, SipPeer, TransactionKey } from "./sip-output.js";
import { type TransactionTimes, transactionTimes } from "./transaction-steps.js";
import { type DeadlineName, timerOf } from "./transaction-turn.js";

export interface SipTransactionsOptions {
  /** Via's sent-by: the address and port this socket listens on. */
  readonly sentBy: Address;
  /** Of clients and of servers, each; transactionsMaxDefault unless told. */
  readonly transactionsMax?: number;
  readonly times?: TransactionTimes;
  /** The longest message of a stream, either way; streamBytesMaxDefault unless told. */
  readonly streamBytesMax?: number;
}

export const transactionsMaxDefault = 5_000;
export const streamBytesMaxDefault = messageBytesMax;

export type SipEvent =
  | ClientEvent
  | ServerEvent
  | { readonly kind: "malformed"; readonly reason: string; readonly from: Address };

/** What to send and what happened, in order. */
export interface SipTurn {
  readonly sends: readonly OutgoingDatagram[];
  readonly events: readonly SipEvent[];
}

export class SipTransactions {
  readonly #deadlines = new Deadlines<DeadlineName>();
  readonly #clients: ClientTransactions;
  readonly #servers: ServerTransactions;
  readonly #streamBytesMax: number;

  constructor(options: SipTransactionsOptions, random: Random) {
    const limits = { transactionsMax: transactionsMaxDefault, streamBytesMax: streamBytesMaxDefault };
    const complete = { ...limits, times: transactionTimes, ...options };
    this.#streamBytesMax = complete.streamBytesMax;
    this.#clients = new ClientTransactions(complete, random, this.#deadlines);
    this.#servers = new ServerTransactions(complete, random, this.#deadlines);
  }

  /**
   * Starts a client transaction. The request has no Via; this transaction's is put on it. A `failed` event is among
   * the events when it cannot be sent. The reference comes back in every event of it.
   */
  request(request: SipRequest, to: SipPeer, nowMs: number, reference = ""): SipTurn & { readonly key: TransactionKey } {
    const turn = newTurn(nowMs);
    const key = this.#clients.start(request, to, reference, turn);
    return { ...turn, key };
  }

  /** Answers a server transaction; an unknown or already answered one is left alone. */
  respond(key: TransactionKey, response: SipResponse, nowMs: number): readonly OutgoingDatagram[] {
    const turn = newTurn(nowMs);
    this.#servers.respond(key, response, turn);
    return turn.sends;
  }

  /** Carries out what users of this layer want done, in order. */
  perform(outputs: readonly SipOutput[], nowMs: number): SipTurn {
    const turn = newTurn(nowMs);
    for (const output of outputs) {
      switch (output.kind) {
        case "respond":
          this.#servers.respond(output.key, output.response, turn);
          break;
        case "request":
          this.#clients.start(output.request, output.to, output.reference, turn);
          break;
        case "ack":
          this.#clients.sendAlone(output.request, output.to, turn);
          break;
        case "cancel":
          this.#clients.cancel(output.reference, turn);
          break;
      }
    }
    return turn;
  }

  /** One datagram, or one whole message of a stream (then `reliable`). */
  receive(bytes: Uint8Array, from: Address, nowMs: number, reliable = false): SipTurn {
    const turn = newTurn(nowMs);
    const message = parseSip(bytes, reliable ? this.#streamBytesMax : messageBytesMax);
    if (!message.ok) {
      turn.events.push({ kind: "malformed", reason: message.reason, from });
      if (message.refusal !== null) this.#servers.sendAlone(message.refusal, from, reliable, turn);
    } else if (message.value.kind === "response") this.#clients.receive(message.value, from, turn);
    else this.#servers.receive(message.value, from, reliable, turn);
    return turn;
  }

  tick(nowMs: number): SipTurn {
    const turn = newTurn(nowMs);
    for (const name of this.#deadlines.takeDue(nowMs)) {
      const due = timerOf(name);
      if (due === null) continue;
      this.#clients.timer(due.key, due.timer, turn);
      this.#servers.timer(due.key, due.timer, turn);
    }
    return turn;
  }

  next(): number | null {
    return this.#deadlines.next();
  }

  /** Transactions held at this moment, clients and servers. */
  get size(): number {
    return this.#clients.size + this.#servers.size;
  }
}

function newTurn(nowMs: number) {
  const sends: OutgoingDatagram[] = [];
  const events: SipEvent[] = [];
  return { nowMs, sends, events };
}
