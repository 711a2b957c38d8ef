/**
 * The records of active connections: this server's latest word on every gateway, from polls and audits. What a gateway
 * did not tell is not guessed; what this record is worth is in `heardAtWallMs` and `via`. A connection that did not change
 * since stays as it was last told, its duration and statistics too: since when it is up is in `startedWallMs`. Where it does not tell since when
 * a connection carries media, the audits between which it began to are kept instead.
 */
import type { ActiveConnection, AuditProtocol, GatewayAudit } from "#protocol/active-connection.js";

/** Of a connection that carries media: when an audit first showed it so, and the one before did not. Wall clocks. */
export interface Sighting {
  readonly connectionId: string;
  readonly callId: string;
  /** When the audit before was asked; null: there was none. */
  readonly afterWallMs: number | null;
  readonly byWallMs: number;
}

/** When an audit was asked and answered, wall clock. */
export interface AuditTimes {
  readonly askedAtWallMs: number;
  readonly heardAtWallMs: number;
}

export interface GatewayRecord {
  readonly gateway: string;
  readonly via: AuditProtocol;
  /** Wall clock when the answer came. */
  readonly heardAtWallMs: number;
  readonly askedAtWallMs: number;
  readonly bootId: string | null;
  readonly counter: number | null;
  /** Since its start, when it told this. */
  readonly upMs: number | null;
  readonly connections: readonly ActiveConnection[];
  readonly sightings: readonly Sighting[];
}

export class ConnectionRecords {
  readonly #records = new Map<string, GatewayRecord>();
  /** The connections of each record by their ids. */
  readonly #rows = new Map<string, ReadonlyMap<string, ActiveConnection>>();

  /** `kept`: what the store still had from before this start. */
  constructor(kept: readonly GatewayRecord[]) {
    for (const record of kept) this.#put(record);
  }

  /**
   * Takes an audit in. A tag that this protocol does not carry is kept from the record before; and what carried media once
   * is held, where the gateway neither counts nor tells since when, so that by itself it looks as if it never had.
   */
  learn(audit: GatewayAudit, times: AuditTimes): GatewayRecord {
    const before = this.#rows.get(audit.gateway);
    const connections = audit.connections.map((connection) => {
      const known = before?.get(connection.connectionId);
      if (known === undefined || known === connection || known.callId !== connection.callId) return connection;
      const { tag, state } = connection;
      const isHeld = state === "setting-up" && (known.state === "up" || known.state === "held");
      return { ...connection, tag: tag === "" ? known.tag : tag, state: isHeld ? "held" : state };
    });
    const { gateway, via, bootId, counter, upMs } = audit;
    const [heardAtWallMs, askedAtWallMs] = [Math.round(times.heardAtWallMs), Math.floor(times.askedAtWallMs)];
    const sightings = sightingsOf(connections, this.#records.get(gateway), heardAtWallMs);
    const record = { gateway, via, bootId, counter, upMs, connections, heardAtWallMs, askedAtWallMs, sightings };
    this.#put(record);
    return record;
  }

  #put(record: GatewayRecord): void {
    this.#records.set(record.gateway, record);
    this.#rows.set(record.gateway, new Map(record.connections.map((row) => [row.connectionId, row])));
  }

  /** From where on an audit need tell only what changed; null: there is nothing to add it to. */
  since(gateway: string, via: AuditProtocol): { readonly bootId: string; readonly counter: number } | null {
    const record = this.#records.get(gateway);
    if (record === undefined || record.via !== via || record.bootId === null || record.counter === null) return null;
    return { bootId: record.bootId, counter: record.counter };
  }

  /** An audit of what changed, with everything that did not; null where that is not known any more. */
  completed(audit: GatewayAudit): GatewayAudit | null {
    const { since, gone = [], ...whole } = audit;
    if (since === undefined) return audit;
    const record = this.#records.get(audit.gateway);
    if (record === undefined || record.bootId !== audit.bootId || audit.counter === null) return null;
    // What an audit that was asked later has told is not undone.
    if (record.counter === null || record.counter < since || record.counter > audit.counter) return null;
    const connections = new Map(this.#rows.get(audit.gateway));
    for (const connectionId of gone) connections.delete(connectionId);
    for (const connection of audit.connections) connections.set(connection.connectionId, connection);
    return { ...whole, connections: [...connections.values()] };
  }

  of(gateway: string): GatewayRecord | undefined {
    return this.#records.get(gateway);
  }

  connections(gateway: string): readonly ActiveConnection[] {
    return this.#records.get(gateway)?.connections ?? [];
  }

  /** Null where the gateway tells itself since when the connection carries media, or it does not yet. */
  sightingOf({ gateway, connectionId, callId }: ActiveConnection): Sighting | null {
    const sightings = this.#records.get(gateway)?.sightings ?? [];
    return sightings.find((seen) => seen.connectionId === connectionId && seen.callId === callId) ?? null;
  }

  /** Of all gateways. */
  all(): ActiveConnection[] {
    return [...this.#records.values()].flatMap((record) => record.connections);
  }

  ofCall(callId: string): ActiveConnection[] {
    return this.all().filter((connection) => connection.callId === callId);
  }
}

function sightingsOf(
  connections: readonly ActiveConnection[],
  before: GatewayRecord | undefined,
  heardAtWallMs: number,
): Sighting[] {
  const known = new Map(before?.sightings.map((sighting) => [`${sighting.connectionId} ${sighting.callId}`, sighting]));
  const afterWallMs = before?.askedAtWallMs ?? null;
  return connections
    .filter(({ startedWallMs, state }) => startedWallMs === null && (state === "up" || state === "held"))
    .map(({ connectionId, callId }) => {
      const seen = known.get(`${connectionId} ${callId}`);
      return seen ?? { connectionId, callId, afterWallMs, byWallMs: heardAtWallMs };
    });
}
