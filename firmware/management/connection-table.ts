/**
 * The one truth about which connections there are. call-control is its only writer; the three faces read snapshots.
 * Every creation, deletion and change bumps the change counter; statistics never do, they are read with the row.
 */
import {
  type ActiveConnection,
  type Coding,
  type ConnectionMode,
  type ConnectionState,
  type ConnectionStatistics,
  type Epoch,
  noStatistics,
  type OriginatingDevice,
} from "#protocol/active-connection.js";
import type { MediaDescription } from "#protocol/sdp.js";
import type { ReadLegStatistics } from "../media/media-port.js";
import { type Counted, CounterLog } from "./counter-log.js";
import type { LegLease } from "./leg-pool.js";

/** The other half of a local connection (RFC 3435 section 2.3.5), as it was made. */
export interface OtherHalf {
  readonly connectionId: string;
  readonly endpoint: string;
}

/** What was counted on legs that the connection had before: the counts are not reset (section 2.3.7). */
export type EarlierCounts = Pick<
  ConnectionStatistics,
  "packetsSent" | "octetsSent" | "packetsReceived" | "octetsReceived" | "packetsLost"
>;

export interface ConnectionRow {
  readonly connectionId: string;
  readonly callId: string;
  readonly endpoint: string;
  readonly mode: ConnectionMode;
  readonly lease: LegLease;
  readonly earlier: EarlierCounts;
  /** What was negotiated; null until the far description is known. */
  readonly sendCoding: Coding | null;
  readonly receiveCoding: Coding;
  readonly dscp: number;
  readonly local: MediaDescription;
  readonly remote: MediaDescription | null;
  /**
   * Of a local connection: its far side, in place of an address; the addresses in its descriptions say nothing. It may be
   * gone by now. Null: the far side is on the network.
   */
  readonly otherHalf: OtherHalf | null;
  readonly origin: OriginatingDevice;
  readonly tag: string;
  readonly epoch: Epoch | null;
  /** When it was made. */
  readonly madeAtMs: number;
  /** Set once: both descriptions and a mode that carries media. */
  readonly started: { readonly atMs: number; readonly wallMs: number } | null;
}

interface HeldRow {
  readonly row: ConnectionRow;
  readonly madeAt: number;
  readonly changedAt: number;
}

export interface ConnectionTableOptions {
  /** Ends of connections remembered by their change; who knows less than that is told of all connections. */
  readonly goneMax: number;
}

export const goneMax = 10_000;

const noRows: readonly ConnectionRow[] = [];

/** A connection that began to carry media, or one that did and is gone. */
export interface ConnectionTurn {
  readonly name: "started" | "ended";
  readonly row: ConnectionRow;
}

export class ConnectionTable {
  readonly #options: ConnectionTableOptions;
  readonly #held = new Map<string, HeldRow>();
  /** By endpoint, in the order they were made; an endpoint that had some stays. Never changed, but replaced. */
  readonly #onEndpoint = new Map<string, readonly ConnectionRow[]>();
  readonly #made = new CounterLog<string>();
  readonly #changed = new CounterLog<string>();
  readonly #gone = new CounterLog<string>();
  #goneForgottenUpTo = 0;
  #counter = 0;
  #turns: ConnectionTurn[] = [];

  constructor(options: ConnectionTableOptions = { goneMax }) {
    this.#options = options;
  }

  /** Grows by one with each change since the gateway started. */
  get counter(): number {
    return this.#counter;
  }

  get size(): number {
    return this.#held.size;
  }

  get(connectionId: string): ConnectionRow | undefined {
    return this.#held.get(connectionId)?.row;
  }

  /** The other half of a local connection, while both are each other's. */
  otherHalfOf({ connectionId, otherHalf }: ConnectionRow): ConnectionRow | null {
    const other = otherHalf === null ? undefined : this.get(otherHalf.connectionId);
    return other?.otherHalf?.connectionId === connectionId ? other : null;
  }

  onEndpoint(endpoint: string): readonly ConnectionRow[] {
    return this.#onEndpoint.get(endpoint) ?? noRows;
  }

  *rows(): Generator<ConnectionRow> {
    for (const { row } of this.#held.values()) yield row;
  }

  changedAt(connectionId: string): number {
    return this.#held.get(connectionId)?.changedAt ?? 0;
  }

  /** In the order in which they were made, those made after this value of the counter. */
  madeBehind(counter: number): Generator<Counted<ConnectionRow>> {
    return this.#rowsOf(this.#made.behind(counter));
  }

  /** In the order of their last change, those changed after this value of the counter. */
  changedBehind(counter: number): Generator<Counted<ConnectionRow>> {
    return this.#rowsOf(this.#changed.behind(counter));
  }

  /** Ids of connections that ended after this value of the counter; ask `remembersGone` first. */
  goneBehind(counter: number): Generator<Counted<string>> {
    return this.#gone.behind(counter);
  }

  /** Ends up to this value of the counter are not remembered. */
  get goneForgottenUpTo(): number {
    return this.#goneForgottenUpTo;
  }

  /** Whether all that ended after this value of the counter is remembered. */
  remembersGone(counter: number): boolean {
    return counter >= this.#goneForgottenUpTo && counter <= this.#counter;
  }

  /** Values of the counter between which about equally many connections were made. */
  partitions(counter: number, pieces: number, least: number): number[] {
    return this.#made.partitions(counter, pieces, least);
  }

  put(row: ConnectionRow): void {
    const { connectionId, endpoint } = row;
    const counter = this.#bump();
    const held = this.#held.get(connectionId);
    const others = this.onEndpoint(endpoint);
    if (row.started !== null && (held?.row.started ?? null) === null) this.#turns.push({ name: "started", row });
    if (held === undefined) {
      this.#made.put(counter, connectionId);
      this.#onEndpoint.set(endpoint, [...others, row]);
    } else {
      this.#changed.drop(held.changedAt);
      this.#onEndpoint.set(
        endpoint,
        others.map((other) => (other === held.row ? row : other)),
      );
    }
    this.#changed.put(counter, connectionId);
    this.#held.set(connectionId, { row, madeAt: held?.madeAt ?? counter, changedAt: counter });
  }

  remove(connectionId: string): void {
    const held = this.#held.get(connectionId);
    if (held === undefined) return;
    if (held.row.started !== null) this.#turns.push({ name: "ended", row: held.row });
    this.#held.delete(connectionId);
    const { endpoint } = held.row;
    const others = this.onEndpoint(endpoint);
    this.#onEndpoint.set(endpoint, others.length === 1 ? noRows : others.filter((other) => other !== held.row));
    this.#made.drop(held.madeAt);
    this.#changed.drop(held.changedAt);
    this.#gone.put(this.#bump(), connectionId);
    // Closed in steps, so that each costs little.
    if (this.#gone.size <= 2 * this.#options.goneMax) return;
    this.#goneForgottenUpTo = this.#gone.keepNewest(this.#options.goneMax) ?? this.#goneForgottenUpTo;
  }

  /** Since this was asked last, in their order; to be asked after every change. */
  takeTurns(): readonly ConnectionTurn[] {
    const turns = this.#turns;
    if (turns.length > 0) this.#turns = [];
    return turns;
  }

  /** Something changed that an audit tells of, but no row: a line event, the owner. */
  touch(): void {
    this.#bump();
  }

  #bump(): number {
    this.#counter += 1;
    return this.#counter;
  }

  *#rowsOf(ids: Iterable<Counted<string>>): Generator<Counted<ConnectionRow>> {
    for (const { counter, value } of ids) {
      const row = this.get(value);
      if (row !== undefined) yield { counter, value: row };
    }
  }
}

export interface RowContext {
  readonly gateway: string;
  readonly notifiedEntity: string;
  readonly changedAt: number;
  readonly readStatistics: ReadLegStatistics;
}

/** The row as a call server is told of it at this moment. */
export function activeConnection(row: ConnectionRow, context: RowContext, nowMs: number): ActiveConnection {
  const statistics = context.readStatistics(row.lease.leg, row.lease.generation);
  return {
    gateway: context.gateway,
    connectionId: row.connectionId,
    callId: row.callId,
    endpoint: row.endpoint,
    mode: row.mode,
    state: connectionState(row),
    origin: row.origin,
    durationMs: row.started === null ? 0 : Math.max(0, Math.round(nowMs - row.started.atMs)),
    startedWallMs: row.started === null ? null : Math.round(row.started.wallMs),
    sendCoding: row.sendCoding,
    receiveCoding: row.receiveCoding,
    qos: { dscp: row.dscp, reservation: "none" },
    localMedia: row.otherHalf === null ? row.local.media : null,
    remoteMedia: row.otherHalf === null ? (row.remote?.media ?? null) : null,
    learntMedia: statistics?.learntRemote ?? null,
    statistics: withEarlier(statistics === null ? noStatistics : connectionStatistics(statistics, nowMs), row.earlier),
    notifiedEntity: context.notifiedEntity,
    epoch: row.epoch,
    tag: row.tag,
    changedAt: context.changedAt,
  };
}

function withEarlier(now: ConnectionStatistics, earlier: EarlierCounts): ConnectionStatistics {
  return {
    ...now,
    packetsSent: now.packetsSent + earlier.packetsSent,
    octetsSent: now.octetsSent + earlier.octetsSent,
    packetsReceived: now.packetsReceived + earlier.packetsReceived,
    octetsReceived: now.octetsReceived + earlier.octetsReceived,
    packetsLost: now.packetsLost + earlier.packetsLost,
  };
}

function connectionState(row: ConnectionRow): ConnectionState {
  if (row.started === null) return "setting-up";
  return row.mode === "sendrecv" ? "up" : "held";
}

function connectionStatistics(leg: NonNullable<ReturnType<ReadLegStatistics>>, nowMs: number): ConnectionStatistics {
  return {
    packetsSent: leg.packetsSent,
    octetsSent: leg.octetsSent,
    packetsReceived: leg.packetsReceived,
    octetsReceived: leg.octetsReceived,
    packetsLost: leg.packetsLost,
    jitterMs: leg.jitterMs,
    roundTripMs: leg.roundTripMs,
    mos: null,
    lastMediaAgeMs: leg.lastReceivedAtMs === null ? null : Math.max(0, Math.round(nowMs - leg.lastReceivedAtMs)),
  };
}
