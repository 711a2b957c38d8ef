/**
 * The records of active connections: this server's latest word on every gateway, from polls and audits. What a gateway
 * did not tell is not guessed; what this record is worth is in `heardAtWallMs` and `via`.
 */
import type { ActiveConnection, AuditProtocol, GatewayAudit } from "#protocol/active-connection.js";

export interface GatewayRecord {
  readonly gateway: string;
  readonly via: AuditProtocol;
  /** Wall clock when the answer came. */
  readonly heardAtWallMs: number;
  readonly bootId: string | null;
  readonly counter: number | null;
  readonly connections: readonly ActiveConnection[];
}

export class ConnectionRecords {
  readonly #records = new Map<string, GatewayRecord>();

  /** `kept`: what the store still had from before this start. */
  constructor(kept: readonly GatewayRecord[]) {
    for (const record of kept) this.#records.set(record.gateway, record);
  }

  /** Takes an audit in. A tag that this protocol does not carry is kept from the record before. */
  learn(audit: GatewayAudit, wallMs: number): GatewayRecord {
    const before = new Map(this.connections(audit.gateway).map((connection) => [connection.connectionId, connection]));
    const connections = audit.connections.map((connection) => {
      const known = before.get(connection.connectionId);
      const isSame = known?.callId === connection.callId;
      return connection.tag === "" && isSame ? { ...connection, tag: known?.tag ?? "" } : connection;
    });
    const { gateway, via, bootId, counter } = audit;
    const record = { gateway, via, bootId, counter, connections, heardAtWallMs: Math.round(wallMs) };
    this.#records.set(gateway, record);
    return record;
  }

  of(gateway: string): GatewayRecord | undefined {
    return this.#records.get(gateway);
  }

  connections(gateway: string): readonly ActiveConnection[] {
    return this.#records.get(gateway)?.connections ?? [];
  }

  /** Of all gateways. */
  all(): ActiveConnection[] {
    return [...this.#records.values()].flatMap((record) => record.connections);
  }

  ofCall(callId: string): ActiveConnection[] {
    return this.all().filter((connection) => connection.callId === callId);
  }
}
