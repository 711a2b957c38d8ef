/** The exchange of call detail records with the peer, with its hands: what came is stored before it is answered for. */
import type { Address } from "#protocol/address.js";
import type { CallDetailRecord } from "../cdr/call-detail-record.js";
import { type ExchangeParts, RecordExchange } from "../cdr/record-exchange.js";
import type { Moment } from "../moment.js";
import type { Outbox } from "../server-output.js";
import type { PeerWatchOptions } from "./peer-watch.js";

/** Refused datagrams are told of, but not each of a flood. */
const refusalPauseMs = 10_000;

/** `watched`: the peer; null for a server that stands alone. */
export function recordSharingOf(watched: PeerWatchOptions | null, parts: ExchangeParts, outbox: Outbox): RecordSharing {
  if (watched === null) return new RecordSharing(null, outbox);
  return new RecordSharing(new RecordExchange({ ...watched, retryMs: watched.heartbeatMs / 2 }, parts), outbox);
}

export class RecordSharing {
  /** Null for a server that stands alone. */
  readonly #exchange: RecordExchange | null;
  readonly #outbox: Outbox;
  #refusalToldMs = Number.NEGATIVE_INFINITY;

  constructor(exchange: RecordExchange | null, outbox: Outbox) {
    this.#exchange = exchange;
    this.#outbox = outbox;
  }

  /** Behind the order to store it. */
  written(record: CallDetailRecord, at: Moment): void {
    for (const datagram of this.#exchange?.written(record, at.nowMs) ?? []) this.#send(datagram);
  }

  isAwaited(callId: string, at: Moment): boolean {
    return this.#exchange?.isAwaited(callId, at.nowMs) ?? false;
  }

  /** True when the peer has a record that it had not. */
  receive(bytes: Uint8Array, from: Address, at: Moment): boolean {
    const turn = this.#exchange?.receive(bytes, from, at.nowMs);
    if (turn === undefined) return false;
    if (!turn.ok) {
      this.#refused(turn.reason, at);
      return false;
    }
    for (const record of turn.value.received) this.#outbox.push({ kind: "store-peer-cdr", record });
    for (const record of turn.value.shared) this.#outbox.push({ kind: "cdr-shared", record });
    for (const datagram of turn.value.sends) this.#send(datagram);
    return turn.value.shared.length > 0;
  }

  tick(isPeerHeard: boolean, at: Moment): void {
    for (const datagram of this.#exchange?.tick(isPeerHeard, at.nowMs) ?? []) this.#send(datagram);
  }

  next(): number | null {
    return this.#exchange?.next() ?? null;
  }

  #send(datagram: { readonly bytes: Uint8Array; readonly to: Address }): void {
    this.#outbox.push({ kind: "send-peer", datagram });
  }

  #refused(reason: string, at: Moment): void {
    if (at.nowMs - this.#refusalToldMs < refusalPauseMs) return;
    this.#refusalToldMs = at.nowMs;
    this.#outbox.log({ event: "trouble", about: "a record of the peer", reason });
  }
}
