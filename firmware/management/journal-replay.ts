/**
 * Reads a journal file back after a start: the entries nobody acknowledged, and of each connection that was up or answered
 * when the gateway died an entry that it ended then. It died after the last record and before the next sign of life was due: so
 * the connections are told as ended at the last record, and as much as one checkpoint interval later.
 *
 * Where the machine went on, moments count by the same monotonic clock and ages are exact. After a restart of the machine
 * they are carried over by its wall clock, all by the same difference, so that durations stay exact even then.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import type { SequenceRange } from "#protocol/sequence-ranges.js";
import { type JournalEntry, type KeptJournal, sequenceOf } from "./journal-entry.js";
import { type JournalRecord, type JournalStart, journalFormatVersion, readRecord } from "./journal-record.js";

export interface ReplayOptions {
  /** The domain name its connections are told under. */
  readonly gateway: string;
  readonly entriesMax: number;
  readonly checkpointMs: number;
}

export type ReadingMoment = Omit<JournalStart, "bootId">;

export interface ReplayedJournal extends KeptJournal {
  /** Lines that were torn or damaged, and passed over. */
  readonly damaged: number;
  /** Connections that were up when the gateway died. */
  readonly cutOff: number;
}

/** `now`: when it is read, and on which run of the machine. Refused: a file that is no journal, or is of a later version. */
export function replayJournal(
  bytes: Uint8Array,
  now: ReadingMoment,
  options: ReplayOptions,
): ParseResult<ReplayedJournal> {
  const lines = new TextDecoder("latin1").decode(bytes).split("\n");
  const records: JournalRecord[] = [];
  let damaged = 0;
  for (const line of lines) {
    const record = readRecord(line, options.gateway);
    if (record.ok) records.push(record.value);
    else if (line !== "") damaged += 1;
  }
  const [format, start] = records;
  if (format?.kind !== "format") return refused("is no journal; move it away to start without one");
  if (format.version > journalFormatVersion)
    return refused(`is a journal of format ${format.version}; this program knows ${journalFormatVersion}`);
  if (start?.kind !== "start") return refused("is a journal without its start; move it away to start without one");
  const reading = new Reading(start.start, options);
  for (const record of records.slice(2)) reading.take(record);
  return parsed({ ...reading.end(now), damaged });
}

class Reading {
  readonly #start: JournalStart;
  readonly #options: ReplayOptions;
  readonly #entries = new Map<number, JournalEntry>();
  readonly #active = new Map<string, { readonly atMs: number; readonly connection: ActiveConnection }>();
  #lastSequence = 0;
  /** Moment and wall clock of the same instant, the latest there is. */
  #clocks: { readonly atMs: number; readonly wallMs: number };
  #signOfLifeMs: number;

  constructor(start: JournalStart, options: ReplayOptions) {
    this.#start = start;
    this.#options = options;
    this.#clocks = start;
    this.#signOfLifeMs = start.atMs;
  }

  take(record: JournalRecord): void {
    if ("atMs" in record) this.#signOfLifeMs = Math.max(this.#signOfLifeMs, record.atMs);
    const { bootId } = this.#start;
    switch (record.kind) {
      case "line-event": {
        const { ageMs: _, ...event } = record.event;
        this.#put({ kind: "line-event", atMs: record.atMs, event: { bootId, ...event } });
        return;
      }
      case "ended": {
        const { endedAgeMs: _, ...ended } = record.ended;
        this.#active.delete(ended.connection.connectionId);
        this.#put({ kind: "ended", atMs: record.atMs, ended: { bootId, ...ended } });
        return;
      }
      case "active":
        this.#active.set(record.connection.connectionId, record);
        return;
      case "alive":
        this.#clocks = record;
        return;
      case "acknowledged":
        forget(this.#entries, record.ranges);
        return;
      case "last-sequence":
        this.#lastSequence = Math.max(this.#lastSequence, record.sequence);
        return;
      case "format":
      case "start":
        return;
    }
  }

  end(now: ReadingMoment): KeptJournal & { readonly cutOff: number } {
    const cutOff = this.#active.size;
    const atMs = this.#signOfLifeMs;
    for (const active of this.#active.values()) {
      const { connection, atMs: toldAtMs } = active;
      const carriedMedia = connection.startedWallMs !== null;
      const durationMs = carriedMedia ? connection.durationMs + Math.max(0, atMs - toldAtMs) : 0;
      const sequence = this.#lastSequence + 1;
      const last: ActiveConnection = { ...connection, state: "ended", durationMs };
      const { bootId } = this.#start;
      const { checkpointMs: errorMs } = this.#options;
      this.#put({
        kind: "ended",
        atMs,
        ended: { sequence, connection: last, reason: "gateway", bootId, errorMs },
      });
    }
    const shiftMs = this.#shiftMs(now);
    const moved = [...this.#entries.values()].map((entry) => ({ ...entry, atMs: entry.atMs + shiftMs }));
    const entries = moved.sort((a, b) => sequenceOf(a) - sequenceOf(b));
    return { entries, lastSequence: this.#lastSequence, cutOff };
  }

  /** From that run's clock to this one's; nothing has happened after now, whatever the wall clocks say. */
  #shiftMs(now: ReadingMoment): number {
    const isSameMachineRun = this.#start.machine !== "" && this.#start.machine === now.machine;
    const { atMs, wallMs } = this.#clocks;
    const shiftMs = isSameMachineRun ? 0 : now.atMs - now.wallMs - (atMs - wallMs);
    return Math.min(shiftMs, now.atMs - this.#signOfLifeMs);
  }

  #put(entry: JournalEntry): void {
    const sequence = sequenceOf(entry);
    this.#entries.set(sequence, entry);
    this.#lastSequence = Math.max(this.#lastSequence, sequence);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#options.entriesMax && oldest !== undefined) this.#entries.delete(oldest);
  }
}

/** Takes these sequences out, whichever way is shorter. */
function forget(entries: Map<number, JournalEntry>, ranges: readonly SequenceRange[]): void {
  for (const { first, last } of ranges) {
    if (last - first < entries.size)
      for (let sequence = first; sequence <= last; sequence += 1) entries.delete(sequence);
    else
      for (const sequence of [...entries.keys()]) if (first <= sequence && sequence <= last) entries.delete(sequence);
  }
}
