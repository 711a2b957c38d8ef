/**
 * What a poll tells that the one before did not: a server with ten thousand calls says each second what changed, not all
 * there is. Durations and statistics change always, and are no news.
 */
import type { ActiveConnection, GatewayAudit } from "#protocol/active-connection.js";

export interface PollFacts {
  /** How many there are, and how many of them are up. */
  readonly connections: number;
  readonly up: number;
  /** Those that are new or have changed; with the first poll of a gateway since the start, or after its own, all. */
  readonly changed: readonly ActiveConnection[];
  /** Ids of those that are gone. */
  readonly gone: readonly string[];
}

export const nothingPolled: PollFacts = { connections: 0, up: 0, changed: [], gone: [] };

interface Told {
  readonly bootId: string | null;
  readonly counter: number | null;
  readonly rows: ReadonlyMap<string, ActiveConnection>;
  readonly up: number;
}

export class PollNews {
  /** By gateway. */
  readonly #told = new Map<string, Told>();

  /** The whole audit of a poll, once. isPartial: what it does not list may be there all the same. */
  of({ gateway, bootId, counter, connections }: GatewayAudit, isPartial: boolean): PollFacts {
    const before = this.#told.get(gateway);
    const isSameLife = before?.bootId === bootId;
    if (before !== undefined && isSameLife && counter !== null && before.counter === counter) {
      return { connections: before.rows.size, up: before.up, changed: [], gone: [] };
    }
    const known = isSameLife ? before?.rows : undefined;
    const rows = new Map(isPartial ? known : []);
    for (const row of connections) rows.set(row.connectionId, row);
    const changed = connections.filter((row) => !isAsTold(row, known?.get(row.connectionId)));
    const gone = [...(before?.rows.keys() ?? [])].filter((connectionId) => !rows.has(connectionId));
    const up = [...rows.values()].filter(({ state }) => state === "up").length;
    this.#told.set(gateway, { bootId, counter, rows, up });
    return { connections: rows.size, up, changed, gone };
  }
}

function isAsTold(row: ActiveConnection, known: ActiveConnection | undefined): boolean {
  if (row === known) return true;
  if (known === undefined || row.changedAt !== known.changedAt) return false;
  // A gateway that counts its changes has said all by that.
  return row.changedAt > 0 || settingsOf(row) === settingsOf(known);
}

function settingsOf(row: ActiveConnection): string {
  const { callId, endpoint, mode, state, sendCoding, receiveCoding, qos, localMedia, remoteMedia } = row;
  return JSON.stringify([callId, endpoint, mode, state, sendCoding, receiveCoding, qos, localMedia, remoteMedia]);
}
