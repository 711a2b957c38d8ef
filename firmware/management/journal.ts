/**
 * What happened that a call server must still learn, kept until it is acknowledged: line events and ended connections.
 * Written whether or not a Notify of it was sent, lost or quarantined (RFC 3435 section 4.4.1 drops those of a dead
 * call agent, and its events carry no time). What of it goes to the disk is journal-log's.
 */
import type { ActiveConnection, EndedConnection, LineEventKind, LineEventRecord } from "#protocol/active-connection.js";
import type { SequenceRange } from "#protocol/sequence-ranges.js";
import {
  emptyJournal,
  endedOf,
  forget,
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
  /** By sequence, ascending. */
  readonly #entries = new Map<number, JournalEntry>();
  #sequence: number;
  /** None is below it. A map finds its first entry by stepping over all that were deleted before it. */
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
    const forgotten = forget(this.#entries, ranges);
    if (forgotten.length > 0) this.#log?.acknowledged(forgotten);
  }

  /** Entries that were pushed out before anyone acknowledged them. */
  get lost(): number {
    return this.#lost;
  }

  get size(): number {
    return this.#entries.size;
  }

  lineEvents(nowMs: number): LineEventRecord[] {
    const events: LineEventRecord[] = [];
    for (const entry of this.#entries.values()) if (entry.kind === "line-event") events.push(lineEventOf(entry, nowMs));
    return events;
  }

  endedConnections(nowMs: number): EndedConnection[] {
    const ended: EndedConnection[] = [];
    for (const entry of this.#entries.values()) if (entry.kind === "ended") ended.push(endedOf(entry, nowMs));
    return ended;
  }

  #nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  #put(entry: JournalEntry): void {
    const sequence = sequenceOf(entry);
    this.#entries.set(sequence, entry);
    this.#log?.entry(sequence, entry);
    if (this.#entries.size <= this.#options.entriesMax) return;
    while (!this.#entries.delete(this.#oldest)) this.#oldest += 1;
    this.#log?.pushedOut(this.#oldest);
    this.#lost += 1;
  }
}
