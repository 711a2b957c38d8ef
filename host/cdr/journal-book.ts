/**
 * What the gateways' journals have told this server and it has not yet settled: line events and ended connections by
 * call, with their instants. It also knows which entries each journal may forget: all but those of a call without its
 * record yet, so that a long call holds back nothing but what is its own.
 */
import type { ActiveConnection, GatewaySnapshot, LineEventKind } from "#protocol/active-connection.js";
import { type Acknowledgement, acknowledgedRangesMax } from "#protocol/mgcp/recovery-package.js";
import { SequenceRanges } from "#protocol/sequence-ranges.js";
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
  /** Its gateway died with it, and knows when only to one interval of its checkpoints. */
  readonly isLost: boolean;
}

interface GatewayJournal {
  readonly bootId: string;
  /** With a record, or never ours to see. */
  readonly settled: SequenceRanges;
  /** Of the settled ones: to be acknowledged, for the first time or again, as the gateway still tells of them. */
  unacknowledged: SequenceRanges;
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
    for (const { sequence, endpoint, kind, callId, ageMs, bootId: ofBoot = bootId } of snapshot.lineEvents) {
      if (!admits(journal, sequence)) continue;
      const told = journalledInstant({ ageMs, errorMs: 0, bootId: ofBoot }, span, snapshot);
      const instant = betterInstant(journal.events.get(sequence)?.instant ?? null, told);
      if (instant !== null) journal.events.set(sequence, { gateway, endpoint, kind, callId, instant });
    }
    for (const { sequence, connection, endedAgeMs, errorMs = 0, bootId: ofBoot = bootId } of snapshot.ended) {
      if (!admits(journal, sequence)) continue;
      const told = journalledInstant({ ageMs: endedAgeMs, errorMs, bootId: ofBoot }, span, snapshot);
      const instant = betterInstant(journal.ends.get(sequence)?.instant ?? null, told);
      if (instant !== null) journal.ends.set(sequence, { connection, instant, isLost: errorMs > 0 });
    }
    if (whole) settleGaps(journal, snapshot);
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
   * Settles what belongs to no open call, and says which entries the gateway may forget, in as many acknowledgements as
   * it takes. Each also names all that is settled from the first entry on, which is what a gateway of version 1 knows.
   */
  settle(gateway: string, isOpen: (callId: string) => boolean): Acknowledgement[] {
    const journal = this.#journals.get(gateway);
    const acknowledgements = journal === undefined ? [] : acknowledge(journal, isOpen);
    this.#forgetSettled(isOpen);
    return acknowledgements;
  }

  #forgetSettled(isOpen: (callId: string) => boolean): void {
    for (const journal of this.#all()) {
      const isFormer = this.#former.includes(journal);
      for (const [sequence, callId] of entriesOf(journal)) {
        if ((!isFormer && !journal.settled.has(sequence)) || isOpen(callId)) continue;
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
    const [settled, unacknowledged] = [new SequenceRanges(), new SequenceRanges()];
    const journal = { bootId, settled, unacknowledged, events: new Map(), ends: new Map() };
    if (known !== undefined) this.#former.push(known);
    this.#journals.set(gateway, journal);
    return journal;
  }
}

/** An audit of all endpoints: what is missing among its entries is gone from the gateway, and what is there is not. */
function settleGaps(journal: GatewayJournal, { lineEvents, ended }: GatewaySnapshot): void {
  const sequences = [...lineEvents, ...ended].map(({ sequence }) => sequence).sort((a, b) => a - b);
  let before = 0;
  for (const sequence of sequences) {
    journal.settled.add(before + 1, sequence - 1);
    if (journal.settled.has(sequence)) journal.unacknowledged.add(sequence, sequence);
    before = sequence;
  }
}

function acknowledge(journal: GatewayJournal, isOpen: (callId: string) => boolean): Acknowledgement[] {
  for (const [sequence, callId] of entriesOf(journal)) {
    if (journal.settled.has(sequence) || isOpen(callId)) continue;
    journal.settled.add(sequence, sequence);
    journal.unacknowledged.add(sequence, sequence);
  }
  const fresh = journal.unacknowledged.all;
  if (fresh.length === 0) return [];
  journal.unacknowledged = new SequenceRanges();
  const [start] = journal.settled.all;
  const upTo = start?.first === 1 ? start.last : 0;
  const beyond = fresh.filter(({ last }) => last > upTo);
  const head = upTo === 0 ? [] : [{ first: 1, last: upTo }];
  const acknowledgements: Acknowledgement[] = [];
  const step = acknowledgedRangesMax;
  for (let from = 0; from === 0 || from < beyond.length; from += step) {
    acknowledgements.push({ bootId: journal.bootId, ranges: [...head, ...beyond.slice(from, from + step)] });
  }
  return acknowledgements;
}

/** A snapshot, so that entries may be deleted while it is gone through. */
function entriesOf({ events, ends }: GatewayJournal): [sequence: number, callId: string][] {
  return [
    ...[...events].map(([sequence, { callId }]): [number, string] => [sequence, callId]),
    ...[...ends].map(([sequence, { connection }]): [number, string] => [sequence, connection.callId]),
  ];
}

function admits(journal: GatewayJournal, sequence: number): boolean {
  return !journal.settled.has(sequence) && journal.events.size + journal.ends.size < entriesHeldMax;
}
