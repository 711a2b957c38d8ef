/** An entry of the journal: what it holds in memory and what it writes to the disk. */
import type { EndedConnection, LineEventRecord } from "#protocol/active-connection.js";

/** `atMs`: monotonic; of an entry from before a restart of the machine below what this run ever saw. */
export type JournalEntry =
  | { readonly kind: "line-event"; readonly atMs: number; readonly event: Omit<LineEventRecord, "ageMs"> }
  | { readonly kind: "ended"; readonly atMs: number; readonly ended: Omit<EndedConnection, "endedAgeMs"> };

/** What the disk still had from before this start. */
export interface KeptJournal {
  /** In the order of their sequence. */
  readonly entries: readonly JournalEntry[];
  readonly lastSequence: number;
}

export const emptyJournal: KeptJournal = { entries: [], lastSequence: 0 };

export function sequenceOf(entry: JournalEntry): number {
  return entry.kind === "ended" ? entry.ended.sequence : entry.event.sequence;
}

export function lineEventOf(entry: Extract<JournalEntry, { kind: "line-event" }>, nowMs: number): LineEventRecord {
  return { ...entry.event, ageMs: Math.round(nowMs - entry.atMs) };
}

export function endedOf(entry: Extract<JournalEntry, { kind: "ended" }>, nowMs: number): EndedConnection {
  return { ...entry.ended, endedAgeMs: Math.round(nowMs - entry.atMs) };
}
