/**
 * What happened that a call server must still learn, kept until it is acknowledged: line events and ended connections.
 * Written whether or not a Notify of it was sent, lost or quarantined (RFC 3435 section 4.4.1 drops those of a dead
 * call agent, and its events carry no time). Held in memory here; what is kept across a restart is the edge's affair.
 */
import type { ActiveConnection, EndedConnection, LineEventKind, LineEventRecord } from "#protocol/active-connection.js";

export interface JournalOptions {
  /** Entries beyond this push out the oldest, which is counted as lost. */
  readonly entriesMax: number;
}

type JournalEntry =
  | {
      readonly kind: "line-event";
      readonly sequence: number;
      readonly atMs: number;
      readonly endpoint: string;
      readonly event: LineEventKind;
      readonly callId: string;
    }
  | {
      readonly kind: "ended";
      readonly sequence: number;
      readonly atMs: number;
      readonly connection: ActiveConnection;
      readonly reason: EndedConnection["reason"];
    };

export class Journal {
  readonly #options: JournalOptions;
  #entries: JournalEntry[] = [];
  #sequence = 0;
  #lost = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  lineEvent(endpoint: string, event: LineEventKind, callId: string, nowMs: number): void {
    this.#append({ kind: "line-event", sequence: this.#nextSequence(), atMs: nowMs, endpoint, event, callId });
  }

  ended(connection: ActiveConnection, reason: EndedConnection["reason"], nowMs: number): void {
    this.#append({ kind: "ended", sequence: this.#nextSequence(), atMs: nowMs, connection, reason });
  }

  /** Forgets everything up to and with this sequence number. */
  acknowledge(sequence: number): void {
    this.#entries = this.#entries.filter((entry) => entry.sequence > sequence);
  }

  /** Entries that were pushed out before anyone acknowledged them. */
  get lost(): number {
    return this.#lost;
  }

  get size(): number {
    return this.#entries.length;
  }

  lineEvents(nowMs: number): LineEventRecord[] {
    return this.#entries.flatMap((entry) =>
      entry.kind === "line-event"
        ? [
            {
              sequence: entry.sequence,
              endpoint: entry.endpoint,
              kind: entry.event,
              ageMs: Math.round(nowMs - entry.atMs),
              callId: entry.callId,
            },
          ]
        : [],
    );
  }

  endedConnections(nowMs: number): EndedConnection[] {
    return this.#entries.flatMap((entry) =>
      entry.kind === "ended"
        ? [
            {
              sequence: entry.sequence,
              connection: entry.connection,
              endedAgeMs: Math.round(nowMs - entry.atMs),
              reason: entry.reason,
            },
          ]
        : [],
    );
  }

  #nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  #append(entry: JournalEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > this.#options.entriesMax) {
      this.#entries.shift();
      this.#lost += 1;
    }
  }
}
