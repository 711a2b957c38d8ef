/**
 * What the gateways' journals have told this server and it has not yet settled: line events and ended connections by
 * call, with their instants. It also knows how far each journal may be acknowledged: sequences are dense, so only up to
 * the first entry that was not seen, or that belongs to a call without its record yet.
 */
import type { ActiveConnection, GatewaySnapshot, LineEventKind } from "#protocol/active-connection.js";
import { type AuditSpan, betterInstant, type CallInstant, journalledInstant } from "./call-time.js";

export interface JournalledEvent {
  readonly gateway: string;
  readonly endpoint: string;
  readonly kind: LineEventKind;
  readonly callId: string;
  readonly instant: CallInstant;
}

export interface JournalledEnd {
  readonly connection: ActiveConnection;
  readonly instant: CallInstant;
}

interface GatewayJournal {
  bootId: string;
  /** Everything up to and with this is settled or was never ours to see. */
  settledUpTo: number;
  readonly events: Map<number, JournalledEvent>;
  readonly ends: Map<number, JournalledEnd>;
}

/** Entries held of one gateway; a gateway that has more unsettled is not acknowledged beyond. */
export const entriesHeldMax = 100_000;

export class JournalBook {
  readonly #journals = new Map<string, GatewayJournal>();
  /** Of boots that are over: nothing to acknowledge, but calls that ended with them may still need a record. */
  #former: GatewayJournal[] = [];

  /** `whole`: the audit was of all endpoints, so what stands before its first entry is gone from the gateway. */
  learn(snapshot: GatewaySnapshot, span: AuditSpan, whole: boolean): void {
    const { gateway, bootId } = snapshot;
    if (bootId === null) return;
    const journal = this.#journalOf(gateway, bootId);
    const instantOf = (ageMs: number) => journalledInstant(ageMs, span, snapshot);
    for (const { sequence, endpoint, kind, callId, ageMs } of snapshot.lineEvents) {
      if (!admits(journal, sequence)) continue;
      const instant = betterInstant(journal.events.get(sequence)?.instant ?? null, instantOf(ageMs));
      if (instant !== null) journal.events.set(sequence, { gateway, endpoint, kind, callId, instant });
    }
    for (const { sequence, connection, endedAgeMs } of snapshot.ended) {
      if (!admits(journal, sequence)) continue;
      const instant = betterInstant(journal.ends.get(sequence)?.instant ?? null, instantOf(endedAgeMs));
      if (instant !== null) journal.ends.set(sequence, { connection, instant });
    }
    if (!whole) return;
    const sequences = [...snapshot.lineEvents, ...snapshot.ended].map(({ sequence }) => sequence);
    if (sequences.length > 0) journal.settledUpTo = Math.max(journal.settledUpTo, Math.min(...sequences) - 1);
  }

  eventsOf(callId: string): JournalledEvent[] {
    return this.#all().flatMap(({ events }) => [...events.values()].filter((event) => event.callId === callId));
  }

  endsOf(callId: string): JournalledEnd[] {
    return this.#all().flatMap(({ ends }) =>
      [...ends.values()].filter(({ connection }) => connection.callId === callId),
    );
  }

  /** Calls that any journal entry speaks of. */
  callIds(): Set<string> {
    const callIds = new Set<string>();
    for (const { events, ends } of this.#all()) {
      for (const { callId } of events.values()) if (callId !== "") callIds.add(callId);
      for (const { connection } of ends.values()) callIds.add(connection.callId);
    }
    return callIds;
  }

  /** The newest hook event of a line; null when the journal has none. */
  lastEvent(gateway: string, endpoint: string): JournalledEvent | null {
    let last: { readonly sequence: number; readonly event: JournalledEvent } | null = null;
    for (const [sequence, event] of this.#journals.get(gateway)?.events ?? []) {
      if (event.endpoint === endpoint && (last === null || sequence > last.sequence)) last = { sequence, event };
    }
    return last?.event ?? null;
  }

  /** Another server is in charge now: it settles what is open, and acknowledges it. */
  forget(): void {
    this.#journals.clear();
    this.#former = [];
  }

  bootIdOf(gateway: string): string | null {
    return this.#journals.get(gateway)?.bootId ?? null;
  }

  /**
   * Settles what belongs to no open call, and says up to where the gateway may forget it. Null: nothing new since the
   * last time. What is known of a call is kept together until all of it is settled: half of it would tell another story.
   */
  settle(gateway: string, isOpen: (callId: string) => boolean): { bootId: string; sequence: number } | null {
    const journal = this.#journals.get(gateway);
    const before = journal?.settledUpTo ?? 0;
    if (journal !== undefined) journal.settledUpTo = settledUpTo(journal, isOpen);
    this.#forgetSettled(isOpen);
    if (journal === undefined || journal.settledUpTo === before) return null;
    return { bootId: journal.bootId, sequence: journal.settledUpTo };
  }

  #forgetSettled(isOpen: (callId: string) => boolean): void {
    const needed = new Set<string>();
    for (const journal of this.#journals.values()) {
      for (const [sequence, callId] of entriesOf(journal)) if (sequence > journal.settledUpTo) needed.add(callId);
    }
    const isNeeded = (callId: string) => needed.has(callId) || isOpen(callId);
    for (const journal of this.#all()) {
      for (const [sequence, callId] of entriesOf(journal)) {
        if ((sequence > journal.settledUpTo && !this.#former.includes(journal)) || isNeeded(callId)) continue;
        journal.events.delete(sequence);
        journal.ends.delete(sequence);
      }
    }
    this.#former = this.#former.filter(({ events, ends }) => events.size + ends.size > 0);
  }

  #all(): GatewayJournal[] {
    return [...this.#journals.values(), ...this.#former];
  }

  /** A restarted gateway's new journal begins empty. */
  #journalOf(gateway: string, bootId: string): GatewayJournal {
    const known = this.#journals.get(gateway);
    if (known?.bootId === bootId) return known;
    const journal = { bootId, settledUpTo: 0, events: new Map(), ends: new Map() };
    if (known !== undefined) this.#former.push(known);
    this.#journals.set(gateway, journal);
    return journal;
  }
}

/** Sequences are dense: the first one that is open, or was not seen, is the end. */
function settledUpTo(journal: GatewayJournal, isOpen: (callId: string) => boolean): number {
  for (let sequence = journal.settledUpTo; ; sequence += 1) {
    const next = journal.events.get(sequence + 1)?.callId ?? journal.ends.get(sequence + 1)?.connection.callId;
    if (next === undefined || isOpen(next)) return sequence;
  }
}

/** A snapshot, so that entries may be deleted while it is gone through. */
function entriesOf({ events, ends }: GatewayJournal): [sequence: number, callId: string][] {
  return [
    ...[...events].map(([sequence, { callId }]): [number, string] => [sequence, callId]),
    ...[...ends].map(([sequence, { connection }]): [number, string] => [sequence, connection.callId]),
  ];
}

function admits(journal: GatewayJournal, sequence: number): boolean {
  return sequence > journal.settledUpTo && journal.events.size + journal.ends.size < entriesHeldMax;
}
