/**
 * What happened that a call server must still learn, kept until it is acknowledged: line events and ended connections.
 * Written whether or not a Notify of it was sent, lost or quarantined (RFC 3435 section 4.4.1 drops those of a dead
 * call agent, and its events carry no time). What of it goes to the disk is journal-log's.
 */
import type { ActiveConnection, EndedConnection, LineEventKind, LineEventRecord } from "#protocol/active-connection.js";
import type { SequenceRange } from "#protocol/sequence-ranges.js";
import { type Counted, CounterLog } from "./counter-log.js";
import {
  emptyJournal,
  endedOf,
  type JournalEntry,
  type KeptJournal,
  lineEventOf,
  sequenceOf,
} from "./journal-entry.js";
import type { JournalLog } from "./journal-log.js";

export interface JournalOptions {
  /** Entries beyond this push out the oldest, which is counted as lost. */
  readonly entriesMax: number;
}

export class Journal {
  readonly #options: JournalOptions;
  readonly #log: JournalLog | null;
  /** By sequence. */
  readonly #entries = new CounterLog<JournalEntry>();
  #sequence: number;
  /** None is below it. */
  #oldest: number;
  #lost = 0;

  /** `log`: null where nothing outlives the program. */
  constructor(options: JournalOptions, kept: KeptJournal = emptyJournal, log: JournalLog | null = null) {
    this.#options = options;
    this.#log = log;
    this.#sequence = kept.lastSequence;
    const [oldest] = kept.entries;
    this.#oldest = oldest === undefined ? kept.lastSequence + 1 : sequenceOf(oldest);
    for (const entry of kept.entries) this.#put(entry);
  }

  lineEvent(endpoint: string, kind: LineEventKind, callId: string, nowMs: number): void {
    const event = { sequence: this.#nextSequence(), endpoint, kind, callId };
    this.#put({ kind: "line-event", atMs: nowMs, event });
  }

  ended(connection: ActiveConnection, reason: EndedConnection["reason"], nowMs: number): void {
    const ended = { sequence: this.#nextSequence(), connection, reason };
    this.#put({ kind: "ended", atMs: nowMs, ended });
  }

  /** Forgets the entries of these ranges. */
  acknowledge(ranges: readonly SequenceRange[]): void {
    const forgotten: number[] = [];
    for (const { first, last } of ranges) {
      for (const { counter } of this.#entries.behind(first - 1)) {
        if (counter > last) break;
        forgotten.push(counter);
      }
    }
    for (const sequence of forgotten) this.#entries.drop(sequence);
    if (forgotten.length > 0) this.#log?.acknowledged(forgotten);
  }

  /** Entries that were pushed out before anyone acknowledged them. */
  get lost(): number {
    return this.#lost;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** In the order of their sequence, from behind this one on. */
  behind(sequence: number): Generator<Counted<JournalEntry>> {
    return this.#entries.behind(sequence);
  }

  lineEvents(nowMs: number): LineEventRecord[] {
    const events: LineEventRecord[] = [];
    for (const { value } of this.behind(0)) if (value.kind === "line-event") events.push(lineEventOf(value, nowMs));
    return events;
  }

  endedConnections(nowMs: number): EndedConnection[] {
    const ended: EndedConnection[] = [];
    for (const { value } of this.behind(0)) if (value.kind === "ended") ended.push(endedOf(value, nowMs));
    return ended;
  }

  #nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  #put(entry: JournalEntry): void {
    const sequence = sequenceOf(entry);
    this.#entries.put(sequence, entry);
    this.#log?.entry(sequence, entry);
    if (this.#entries.size <= this.#options.entriesMax) return;
    const [oldest] = this.#entries.behind(this.#oldest - 1);
    if (oldest === undefined) return;
    this.#oldest = oldest.counter;
    this.#entries.drop(oldest.counter);
    this.#log?.pushedOut(oldest.counter);
    this.#lost += 1;
  }
}
