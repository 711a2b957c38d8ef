/**
 * Calls of this server that a gateway without our package had in one audit and not in the next, and that nobody has in
 * hand: they ended while this server was away. No journal tells of them; what is known is their tag, kept in this server's
 * own record, and the audits between which they began and ended.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import type { CallEvidence } from "../cdr/billing.js";
import { inferredInstant } from "../cdr/call-time.js";
import { endedCallEvidence } from "../cdr/ended-call.js";
import type { JournalBook } from "../cdr/journal-book.js";
import type { Moment } from "../moment.js";
import type { GatewayRecord } from "../registry/connection-records.js";
import { inferredAnswer } from "./adopted-call.js";
import { readCallTag } from "./call-tag.js";

/** Calls noted until they are billed; beyond it the oldest are forgotten. */
export const lostCallsMax = 10_000;

interface LostCall {
  readonly connections: readonly ActiveConnection[];
  readonly records: readonly GatewayRecord[];
  /** When an audit that showed none of it was answered, monotonic. */
  readonly goneByMs: number;
}

export class LostCalls {
  readonly #calls = new Map<string, LostCall>();

  /** `before` and `after`: two records of one gateway, the second just learnt. */
  note(before: GatewayRecord, after: GatewayRecord, nowMs: number): void {
    const present = new Set(after.connections.map(({ connectionId, callId }) => `${connectionId} ${callId}`));
    for (const connection of before.connections) {
      const { connectionId, callId, state, tag } = connection;
      const carriedMedia = state === "up" || state === "held";
      if (tag === "" || !carriedMedia || present.has(`${connectionId} ${callId}`)) continue;
      const known = this.#calls.get(callId);
      this.#calls.set(callId, {
        connections: [...(known?.connections ?? []), connection],
        records: [...(known?.records ?? []), before],
        goneByMs: known?.goneByMs ?? nowMs,
      });
      const [oldest] = this.#calls.keys();
      if (this.#calls.size > lostCallsMax && oldest !== undefined) this.#calls.delete(oldest);
    }
  }

  /** Those that are surely over, each once. */
  take(isOpen: (callId: string) => boolean, book: JournalBook, at: Moment): CallEvidence[] {
    return [...this.#calls].flatMap(([callId, lost]) => {
      if (isOpen(callId)) return [];
      this.#calls.delete(callId);
      return [evidenceOf(callId, lost, book, at)];
    });
  }

  forget(): void {
    this.#calls.clear();
  }
}

function evidenceOf(callId: string, { connections, records, goneByMs }: LostCall, book: JournalBook, at: Moment) {
  const tag = readCallTag(connections[0]?.tag ?? "");
  const sightings = records.flatMap((record) => record.sightings);
  const seenAtMs = Math.min(...records.map(({ askedAtWallMs }) => at.nowMs - (at.wallMs - askedAtWallMs)));
  return {
    ...endedCallEvidence(callId, book, connections, at),
    inferredAnswer: inferredAnswer(
      connections,
      tag.answerWallMs,
      ({ connectionId }) =>
        sightings.find((seen) => seen.connectionId === connectionId && seen.callId === callId) ?? null,
      at,
    ),
    wasFoundTalking: true,
    witnessedEnd: inferredInstant(seenAtMs, goneByMs),
  };
}
