/**
 * Brings every call detail record to the other call server, and takes its own. What the peer has not said it stored is
 * sent again while it lives; what it could not be told stays marked in the store, and is told when it is back. Sending,
 * loss, repetition and order change nothing: records merge (call-detail-record.ts).
 *
 *   written here ──► unshared ──sent, and again──► `stored` from the peer ──► shared
 *   heard from the peer ──► merged on disk ──► `stored` to the peer; unshared where it knew less than this server
 *
 * While the peer lives a gateway's journal is not told to forget a call whose record the peer has not got. A peer that
 * is dead, or answers no record at all (an earlier version), is not waited for.
 */
import type { Address } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { type CallDetailRecord, recordKey } from "./call-detail-record.js";
import { parseRecordDatagram, recordBytesMax, writeRecordDatagram } from "./record-datagram.js";

export interface RecordExchangeOptions {
  readonly server: string;
  readonly peer: { readonly server: string; readonly heartbeat: Address };
  readonly secret: string;
  /** A record that was not answered for is sent again after this. */
  readonly retryMs: number;
}

/** What the store still has to tell the peer. */
export interface UnsharedRecords {
  unshared(count: number): readonly CallDetailRecord[];
}

export interface ExchangeParts {
  readonly store: UnsharedRecords;
  readonly readRecord: (json: string) => ParseResult<CallDetailRecord>;
  readonly random: Random;
}

export interface ExchangeTurn {
  /** From the peer; to be merged on disk before anything in `sends` is sent. */
  readonly received: CallDetailRecord[];
  /** The peer has these, as they stand here. */
  readonly shared: CallDetailRecord[];
  readonly sends: OutgoingDatagram[];
}

/** Sent and not answered for at one time. */
export const windowMax = 32;
/** Calls whose gateways are kept waiting at one time; beyond, the store alone remembers what the peer has not got. */
export const waitedForMax = 10_000;
/** A peer that lives and has answered no record for so long does not take any. */
export const unansweredMaxMs = 30_000;

interface Sent {
  readonly record: CallDetailRecord;
  readonly number: number;
  readonly datagram: OutgoingDatagram;
  againAtMs: number;
}

export class RecordExchange {
  readonly #options: RecordExchangeOptions;
  readonly #store: UnsharedRecords;
  readonly #readRecord: (json: string) => ParseResult<CallDetailRecord>;
  readonly #start: number;
  readonly #window = new Map<string, Sent>();
  /** Record keys by call id. */
  readonly #waitedFor = new Map<string, string>();
  #number = 0;
  /** The store may have more than the window. */
  #hasMore = true;
  #isPeerHeard = false;
  /** Since when records are sent and none is answered for; null: all are. */
  #unansweredSinceMs: number | null = null;

  constructor(options: RecordExchangeOptions, parts: ExchangeParts) {
    this.#options = options;
    this.#store = parts.store;
    this.#readRecord = parts.readRecord;
    this.#start = Math.floor(parts.random() * 2 ** 48);
  }

  /** A record was written here and is on its way to the disk. */
  written(record: CallDetailRecord, nowMs: number): OutgoingDatagram[] {
    const key = recordKey(record);
    if (this.#waitedFor.size < waitedForMax) this.#waitedFor.set(record.callId, key);
    if (this.#isPeerHeard && (this.#window.has(key) || this.#window.size < windowMax)) return this.#send(record, nowMs);
    this.#hasMore = true;
    return [];
  }

  /** Whether a gateway should go on remembering this call, until the peer has its record too. */
  isAwaited(callId: string, nowMs: number): boolean {
    return this.#isPeerHeard && !this.#isUnanswered(nowMs) && this.#waitedFor.has(callId);
  }

  receive(bytes: Uint8Array, from: Address, nowMs: number): ParseResult<ExchangeTurn> {
    const { peer, secret, server } = this.#options;
    const datagram = parseRecordDatagram(bytes, secret);
    if (!datagram.ok) return datagram;
    const { kind, start, number, json } = datagram.value;
    if (datagram.value.server !== peer.server || from.address !== peer.heartbeat.address) {
      return refused(`record from ${datagram.value.server} at ${from.address}`);
    }
    if (kind === "stored") return parsed(this.#stored(start, number, nowMs));
    const record = this.#readRecord(json);
    if (!record.ok) return record;
    // What this server knows better goes back.
    this.#hasMore = true;
    const answer = writeRecordDatagram({ kind: "stored", server, start, number, json: "" }, secret);
    return parsed({ received: [record.value], shared: [], sends: [{ bytes: answer, to: peer.heartbeat }] });
  }

  /** `isPeerHeard`: by its heartbeats. */
  tick(isPeerHeard: boolean, nowMs: number): OutgoingDatagram[] {
    if (isPeerHeard !== this.#isPeerHeard) {
      this.#isPeerHeard = isPeerHeard;
      this.#hasMore = true;
      this.#unansweredSinceMs = null;
      this.#window.clear();
    }
    if (!isPeerHeard) return [];
    const sends: OutgoingDatagram[] = [];
    for (const sent of this.#window.values()) {
      if (nowMs < sent.againAtMs) continue;
      sent.againAtMs = nowMs + this.#options.retryMs;
      sends.push(sent.datagram);
    }
    if (this.#window.size > 0 || !this.#hasMore) return sends;
    const more = this.#store.unshared(windowMax);
    this.#hasMore = more.length === windowMax;
    return [...sends, ...more.flatMap((record) => this.#send(record, nowMs))];
  }

  /** `hasMore` needs no time of its own: the next input looks. */
  next(): number | null {
    let nextMs: number | null = null;
    for (const { againAtMs } of this.#window.values()) if (nextMs === null || againAtMs < nextMs) nextMs = againAtMs;
    return nextMs;
  }

  #isUnanswered(nowMs: number): boolean {
    return this.#unansweredSinceMs !== null && nowMs >= this.#unansweredSinceMs + unansweredMaxMs;
  }

  #send(record: CallDetailRecord, nowMs: number): OutgoingDatagram[] {
    const { server, secret, peer, retryMs } = this.#options;
    const key = recordKey(record);
    const json = JSON.stringify(record);
    if (Buffer.byteLength(json) > recordBytesMax) {
      this.#waitedFor.delete(record.callId);
      return [];
    }
    this.#number += 1;
    const number = this.#number;
    const bytes = writeRecordDatagram({ kind: "record", server, start: this.#start, number, json }, secret);
    const datagram = { bytes, to: peer.heartbeat };
    this.#window.set(key, { record, number, datagram, againAtMs: nowMs + retryMs });
    this.#unansweredSinceMs ??= nowMs;
    return [datagram];
  }

  #stored(start: number, number: number, nowMs: number): ExchangeTurn {
    const turn: ExchangeTurn = { received: [], shared: [], sends: [] };
    if (start !== this.#start) return turn;
    for (const [key, sent] of this.#window) {
      if (sent.number !== number) continue;
      this.#window.delete(key);
      if (this.#waitedFor.get(sent.record.callId) === key) this.#waitedFor.delete(sent.record.callId);
      turn.shared.push(sent.record);
    }
    this.#unansweredSinceMs = this.#window.size === 0 ? null : nowMs;
    turn.sends.push(...this.tick(this.#isPeerHeard, nowMs));
    // Not before `shared` is done: the disk may know a record better than it was sent, and then has it to tell still.
    if (this.#window.size === 0) this.#hasMore = true;
    return turn;
  }
}
