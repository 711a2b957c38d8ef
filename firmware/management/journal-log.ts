/**
 * The journal on its way to the disk: records to append, and now and then the whole file anew without what is settled.
 * It also holds the connections that carry media or were answered, as they last changed, and tells from time to time that
 * they are there still, in one short record for all of them: of a gateway that dies the file then says up to when they
 * were. What is written is a file's text; writing it is io/journal-file's.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import { SequenceRanges } from "#protocol/sequence-ranges.js";
import type { JournalEntry } from "./journal-entry.js";
import { type JournalStart, journalFormatVersion, recordedRangesMax, writeRecord } from "./journal-record.js";

export interface JournalLogOptions {
  /** While connections are up, at least so often a record says so: what is lost of a call when the gateway dies. */
  readonly checkpointMs: number;
  /** The file is written anew when it is above this and above twice what must be kept; characters. */
  readonly fileCharactersLeast: number;
}

export const journalFileCharactersLeast = 2 ** 20;

/** What the file gets: `text` behind what it holds, or, where that is not null, `whole` in place of all, `text` included. */
export interface JournalWrite {
  readonly text: string;
  readonly whole: string | null;
}

interface When {
  readonly nowMs: number;
  readonly wallMs: number;
}

export class JournalLog {
  readonly #options: JournalLogOptions;
  readonly #start: JournalStart;
  /** Records as written, by sequence. */
  readonly #entries = new Map<number, string>();
  /** Records as written, by connection id. */
  readonly #active = new Map<string, string>();
  #pending: string[] = [];
  #lastSequence = 0;
  #fileCharacters = Number.POSITIVE_INFINITY;
  #keptCharacters = 0;
  #signOfLifeMs: number;

  /** The first write is the whole file: what it held before has been taken over. */
  constructor(options: JournalLogOptions, start: JournalStart) {
    this.#options = options;
    this.#start = start;
    this.#signOfLifeMs = start.atMs;
  }

  entry(sequence: number, entry: JournalEntry): void {
    const record = writeRecord(
      entry.kind === "ended"
        ? { kind: "ended", atMs: entry.atMs, ended: { ...entry.ended, endedAgeMs: 0 } }
        : { kind: "line-event", atMs: entry.atMs, event: { ...entry.event, ageMs: 0 } },
    );
    this.#entries.set(sequence, record);
    this.#lastSequence = Math.max(this.#lastSequence, sequence);
    if (entry.kind === "ended") this.#active.delete(entry.ended.connection.connectionId);
    this.#write(record, entry.atMs);
  }

  /** A reader forgets the oldest by itself. */
  pushedOut(sequence: number): void {
    this.#entries.delete(sequence);
  }

  acknowledged(sequences: readonly number[]): void {
    const acknowledged = new SequenceRanges();
    for (const sequence of sequences) {
      this.#entries.delete(sequence);
      acknowledged.add(sequence, sequence);
    }
    for (let from = 0; from < acknowledged.all.length; from += recordedRangesMax) {
      const ranges = acknowledged.all.slice(from, from + recordedRangesMax);
      this.#pending.push(writeRecord({ kind: "acknowledged", ranges }));
    }
  }

  /** A connection that carries media or was answered, as it is now. Its end is an entry. */
  active(connection: ActiveConnection, nowMs: number): void {
    const record = writeRecord({ kind: "active", atMs: nowMs, connection });
    this.#active.set(connection.connectionId, record);
    this.#write(record, nowMs);
  }

  /** Whether this connection was given to `active` and has not ended. */
  holds(connectionId: string): boolean {
    return this.#active.has(connectionId);
  }

  /** When the next sign of life is due; null while nothing is up. */
  next(): number | null {
    return this.#active.size === 0 ? null : this.#signOfLifeMs + this.#options.checkpointMs;
  }

  tick(at: When): void {
    const next = this.next();
    if (next !== null && at.nowMs >= next) this.checkpoint(at);
  }

  /** Everything that is up is so still. */
  checkpoint({ nowMs, wallMs }: When): void {
    this.#write(writeRecord({ kind: "alive", atMs: nowMs, wallMs }), nowMs);
  }

  /** What is to be written now; null: nothing. */
  take(at: When): JournalWrite | null {
    if (this.#pending.length === 0 && Number.isFinite(this.#fileCharacters)) return null;
    const text = this.#pending.join("");
    this.#pending = [];
    const { fileCharactersLeast } = this.#options;
    const isWhole = this.#fileCharacters + text.length > Math.max(fileCharactersLeast, 2 * this.#keptCharacters);
    this.#fileCharacters += text.length;
    return { text, whole: isWhole ? this.#whole(at) : null };
  }

  #write(record: string, atMs: number): void {
    this.#pending.push(record);
    this.#signOfLifeMs = Math.max(this.#signOfLifeMs, atMs);
  }

  #whole({ nowMs, wallMs }: When): string {
    const head = [
      writeRecord({ kind: "format", version: journalFormatVersion }),
      writeRecord({ kind: "start", start: this.#start }),
      writeRecord({ kind: "last-sequence", sequence: this.#lastSequence }),
      writeRecord({ kind: "alive", atMs: nowMs, wallMs }),
    ];
    const text = [...head, ...this.#entries.values(), ...this.#active.values()].join("");
    this.#signOfLifeMs = nowMs;
    this.#fileCharacters = text.length;
    this.#keptCharacters = text.length;
    return text;
  }
}
