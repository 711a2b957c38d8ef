/** The connections that the backup has been told of, for the live table: a poll tells what changed, an audit all. */
import { type ActiveConnection, type AuditProtocol, auditProtocols } from "#protocol/active-connection.js";
import { listConnections, mergeConnections } from "../connection-list.js";
import type { ProgramEvent } from "./program.js";

interface ShownRow {
  readonly connection: ActiveConnection;
  readonly toldAtMs: number;
}

interface ShownGateway {
  readonly via: AuditProtocol;
  readonly rows: Map<string, ShownRow>;
}

export class ShownConnections {
  readonly #gateways = new Map<string, ShownGateway>();

  /** False: the event is about something else. */
  take(event: ProgramEvent): boolean {
    const via = auditProtocols.find((protocol) => protocol === event.via);
    const { gateway, monotonicMs } = event;
    if (via === undefined || typeof gateway !== "string" || event.ok !== true) return false;
    const known = event.event === "poll" ? this.#gateways.get(gateway)?.rows : undefined;
    const rows = known ?? new Map<string, ShownRow>();
    const toldAtMs = typeof monotonicMs === "number" ? monotonicMs : 0;
    for (const connectionId of listOf<string>(event.gone)) rows.delete(connectionId);
    for (const connection of toldIn(event)) rows.set(connection.connectionId, { connection, toldAtMs });
    this.#gateways.set(gateway, { via, rows });
    return true;
  }

  /** As they are at that moment: what is up goes on. */
  lines(atMs: number): string[] {
    const answers = [...this.#gateways.values()].map(({ via, rows }) => ({
      via,
      connections: [...rows.values()].map((row) => aged(row, atMs)),
    }));
    return listConnections(mergeConnections(answers));
  }
}

/** Of an audit all connections, of a poll those that changed: our own program printed them a moment ago. */
export function toldIn(event: ProgramEvent): ActiveConnection[] {
  return listOf<ActiveConnection>(event.event === "poll" ? event.changed : event.connections);
}

function aged({ connection, toldAtMs }: ShownRow, atMs: number): ActiveConnection {
  if (connection.startedWallMs === null) return connection;
  return { ...connection, durationMs: connection.durationMs + Math.max(0, atMs - toldAtMs) };
}

/** Its shape is what the program that wrote it makes it; what is no list is empty. */
function listOf<Row>(value: unknown): Row[] {
  return Array.isArray(value) ? value : [];
}
