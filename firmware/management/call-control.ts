/**
 * Connections: made, changed, deleted. The only writer of the connection table. It speaks no protocol: mgcp-face turns
 * commands into these calls and these outcomes into return codes.
 *
 * A connection is a network leg; on a line it is coupled with the station's leg, each the source of what the other sends.
 * Making one takes a turn of the media engine (the ports must be open before anyone is told of them), so `create` ends
 * in a `created` or `not-created` output.
 */
import type {
  ActiveConnection,
  Coding,
  ConnectionMode,
  EndedConnection,
  Epoch,
  OriginatingDevice,
} from "#protocol/active-connection.js";
import { type Random, randomHex } from "#protocol/chance.js";
import { parseTag } from "#protocol/mgcp/recovery-tag.js";
import type { MediaDescription } from "#protocol/sdp.js";
import type { LegSettings, MediaCommand, MediaEvent, ReadLegStatistics } from "../media/media-port.js";
import { activeConnection, type ConnectionRow, type ConnectionTable } from "./connection-table.js";
import type { Journal } from "./journal.js";
import type { LegLease, LegPool } from "./leg-pool.js";
import { commonCoding, type LineStations, type StationOutput } from "./line-stations.js";

export interface CallControlOptions {
  readonly gateway: string;
  /** IP literal the network legs are bound to. */
  readonly mediaAddress: string;
  readonly cname: string;
  /** What the gateway can code, the preferred first. */
  readonly codings: readonly Coding[];
  readonly dscp: number;
  readonly connectionsMax: number;
  readonly connectionsPerLineMax: number;
  readonly openTriesMax: number;
}

export interface CreateRequest {
  readonly endpoint: string;
  readonly callId: string;
  readonly mode: ConnectionMode;
  /** Encoding names the call agent allows, the preferred first; empty: any of ours. */
  readonly encodings: readonly string[];
  readonly ptimeMs: number | null;
  readonly dscp: number | null;
  readonly remote: MediaDescription | null;
  readonly tag: string;
  readonly epoch: Epoch | null;
}

/** What is null stays as it is. */
export interface ModifyRequest {
  readonly mode: ConnectionMode | null;
  readonly remote: MediaDescription | null;
  readonly tag: string | null;
  readonly epoch: Epoch | null;
}

/** Code: RFC 3435 section 2.4, so that the reason is not lost on the way to the face. */
export interface Refusal {
  readonly kind: "refused";
  readonly code: number;
  readonly reason: string;
}

export type ControlOutput =
  | StationOutput
  | { readonly kind: "created"; readonly row: ConnectionRow }
  | { readonly kind: "not-created"; readonly connectionId: string; readonly code: number; readonly reason: string };

interface Pending {
  readonly row: ConnectionRow;
  readonly tries: number;
}

export interface Moment {
  /** Monotonic: all waiting and every duration. */
  readonly nowMs: number;
  /** Wall clock: records and logs only. */
  readonly wallMs: number;
}

export class CallControl {
  readonly #options: CallControlOptions;
  readonly #table: ConnectionTable;
  readonly #journal: Journal;
  readonly #stations: LineStations;
  readonly #pool: LegPool;
  readonly #readStatistics: ReadLegStatistics;
  readonly #random: Random;
  readonly #pending = new Map<number, Pending>();

  constructor(
    options: CallControlOptions,
    parts: {
      readonly table: ConnectionTable;
      readonly journal: Journal;
      readonly stations: LineStations;
      readonly pool: LegPool;
      readonly readStatistics: ReadLegStatistics;
      readonly random: Random;
    },
  ) {
    this.#options = options;
    this.#table = parts.table;
    this.#journal = parts.journal;
    this.#stations = parts.stations;
    this.#pool = parts.pool;
    this.#readStatistics = parts.readStatistics;
    this.#random = parts.random;
  }

  create(
    request: CreateRequest,
    at: Moment,
  ): Refusal | { readonly kind: "pending"; readonly connectionId: string; readonly outputs: ControlOutput[] } {
    const receiveCoding = this.#receiveCoding(request);
    if (receiveCoding === null)
      return { kind: "refused", code: 534, reason: `none of ${request.encodings.join(";")} can be coded here` };
    const sendCoding = request.remote === null ? null : commonCoding([receiveCoding], request.remote.codings);
    if (request.remote !== null && sendCoding === null)
      return { kind: "refused", code: 534, reason: `the remote description does not offer ${receiveCoding.encoding}` };
    const held = this.#table.onEndpoint(request.endpoint).length + this.#pendingOn(request.endpoint);
    if (held >= this.#options.connectionsPerLineMax)
      return { kind: "refused", code: 540, reason: `${request.endpoint} has ${held} connections already` };
    const lease = this.#table.size + this.#pending.size < this.#options.connectionsMax ? this.#pool.take() : null;
    if (lease === null) return { kind: "refused", code: 403, reason: "no media leg is free" };
    const row = started(this.#newRow(request, lease, receiveCoding, sendCoding), at);
    this.#pending.set(lease.generation, { row, tries: 1 });
    return { kind: "pending", connectionId: row.connectionId, outputs: [this.#openCommand(row)] };
  }

  modify(
    row: ConnectionRow,
    request: ModifyRequest,
    at: Moment,
  ): Refusal | { readonly kind: "modified"; readonly row: ConnectionRow; readonly outputs: ControlOutput[] } {
    const remote = request.remote ?? row.remote;
    const sendCoding = remote === null ? null : commonCoding([row.receiveCoding], remote.codings);
    if (remote !== null && sendCoding === null)
      return {
        kind: "refused",
        code: 534,
        reason: `the remote description does not offer ${row.receiveCoding.encoding}`,
      };
    const tag = request.tag ?? row.tag;
    const changed = started(
      {
        ...row,
        mode: request.mode ?? row.mode,
        remote,
        sendCoding,
        tag,
        epoch: request.epoch ?? row.epoch,
        origin: this.#origin(row.endpoint, tag, remote),
      },
      at,
    );
    this.#table.put(changed);
    return { kind: "modified", row: changed, outputs: [...this.#couple(changed.endpoint, at)] };
  }

  delete(row: ConnectionRow, reason: EndedConnection["reason"], at: Moment): ControlOutput[] {
    this.#journal.ended({ ...this.describe(row, "", at.nowMs), state: "ended" }, reason, at.nowMs);
    this.#table.remove(row.connectionId);
    this.#pool.giveBack(row.lease);
    const { leg, generation } = row.lease;
    const outputs: ControlOutput[] = [{ kind: "media", command: { kind: "close", leg, generation } }];
    if (this.#table.onEndpoint(row.endpoint).length > 0) return [...outputs, ...this.#couple(row.endpoint, at)];
    return [
      ...outputs,
      ...this.#stations.couple(row.endpoint, null),
      ...this.#stations.release(row.endpoint, at.nowMs),
    ];
  }

  /** The row as an audit tells it now. */
  describe(row: ConnectionRow, notifiedEntity: string, nowMs: number): ActiveConnection {
    const { gateway } = this.#options;
    const changedAt = this.#table.changedAt(row.connectionId);
    return activeConnection(row, { gateway, notifiedEntity, changedAt, readStatistics: this.#readStatistics }, nowMs);
  }

  /** Null when the event concerns none of the network legs. */
  mediaEvent(event: MediaEvent, at: Moment): ControlOutput[] | null {
    const pending = this.#pending.get(event.generation);
    if (pending === undefined) return null;
    this.#pending.delete(event.generation);
    if (event.kind === "opened") {
      const row = { ...pending.row, dscp: event.dscp };
      this.#table.put(row);
      return [...this.#couple(row.endpoint, at), { kind: "created", row }];
    }
    const lease = pending.tries < this.#options.openTriesMax ? this.#pool.exchangePort(pending.row.lease) : null;
    if (lease !== null) {
      const media = { ...pending.row.local.media, port: lease.port };
      const row = { ...pending.row, lease, local: { ...pending.row.local, media } };
      this.#pending.set(lease.generation, { row, tries: pending.tries + 1 });
      return [this.#openCommand(row)];
    }
    this.#pool.giveBack(pending.row.lease);
    const { connectionId } = pending.row;
    return [{ kind: "not-created", connectionId, code: 403, reason: `no media port: ${event.reason}` }];
  }

  /** The station's leg came or went: couple what is there. */
  recouple(line: string, at: Moment): ControlOutput[] {
    return this.#couple(line, at);
  }

  #couple(endpoint: string, at: Moment): ControlOutput[] {
    const outputs: ControlOutput[] = [];
    for (const row of this.#table.onEndpoint(endpoint)) {
      const carriesBothWays = row.mode === "sendrecv";
      const { leg, generation } = row.lease;
      outputs.push(
        { kind: "media", command: { kind: "modify", leg, generation, settings: this.#settings(row) } },
        ...this.#stations.couple(endpoint, {
          source: leg,
          hears: receivesMedia(row.mode),
          speaks: sendsMedia(row.mode),
        }),
      );
      if (carriesBothWays) outputs.push(...this.#stations.connect(endpoint, at.nowMs));
    }
    return outputs;
  }

  #settings(row: ConnectionRow): LegSettings {
    return {
      sendCoding: row.sendCoding,
      receiveCoding: row.receiveCoding,
      relay: null,
      remote: row.remote?.media ?? null,
      learnsPort: true,
      sends: sendsMedia(row.mode),
      receives: receivesMedia(row.mode),
      source: this.#stations.leg(row.endpoint),
    };
  }

  #openCommand(row: ConnectionRow): { readonly kind: "media"; readonly command: MediaCommand } {
    const { leg, generation, port } = row.lease;
    const local = { address: this.#options.mediaAddress, port };
    const settings = this.#settings(row);
    return {
      kind: "media",
      command: { kind: "open", leg, generation, local, dscp: row.dscp, cname: this.#options.cname, settings },
    };
  }

  #newRow(request: CreateRequest, lease: LegLease, receiveCoding: Coding, sendCoding: Coding | null): ConnectionRow {
    const local: MediaDescription = {
      sessionId: String(Math.floor(this.#random() * 2 ** 31)),
      sessionVersion: "1",
      media: { address: this.#options.mediaAddress, port: lease.port },
      codings: [receiveCoding],
      telephoneEventPayloadType: null,
      direction: "sendrecv",
    };
    return {
      connectionId: this.#newConnectionId(),
      callId: request.callId,
      endpoint: request.endpoint,
      mode: request.mode,
      lease,
      sendCoding,
      receiveCoding,
      dscp: request.dscp ?? this.#options.dscp,
      local,
      remote: request.remote,
      origin: this.#origin(request.endpoint, request.tag, request.remote),
      tag: request.tag,
      epoch: request.epoch,
      started: null,
    };
  }

  #newConnectionId(): string {
    for (;;) {
      const connectionId = randomHex(this.#random, 8);
      if (this.#table.get(connectionId) === undefined) return connectionId;
    }
  }

  /** The first encoding allowed that we have; the far side's order decides where the call agent leaves it open. */
  #receiveCoding(request: CreateRequest): Coding | null {
    const { codings } = this.#options;
    const byName = request.encodings.map((name) => codings.find((coding) => coding.encoding === name.toUpperCase()));
    const allowed = request.encodings.length === 0 ? codings : byName.filter((coding) => coding !== undefined);
    const offered = request.remote?.codings ?? allowed;
    const agreed = allowed.find((ours) => offered.some((theirs) => theirs.encoding === ours.encoding)) ?? allowed[0];
    if (agreed === undefined) return null;
    return request.ptimeMs === null ? agreed : { ...agreed, ptimeMs: request.ptimeMs };
  }

  /** Own line first, then what the call server said in the tag, then what the far description shows. */
  #origin(endpoint: string, tag: string, remote: MediaDescription | null): OriginatingDevice {
    const own = this.#stations.originator(endpoint);
    if (own !== null) return { ...own, from: "line" };
    const context = parseTag(tag);
    const device = context.get("from");
    if (device !== undefined) return { device, address: context.get("origaddr") ?? null, from: "tag" };
    return { device: "unknown", address: remote?.media.address ?? null, from: "remote-description" };
  }

  #pendingOn(endpoint: string): number {
    let count = 0;
    for (const { row } of this.#pending.values()) if (row.endpoint === endpoint) count += 1;
    return count;
  }
}

export function sendsMedia(mode: ConnectionMode): boolean {
  return mode === "sendrecv" || mode === "sendonly";
}

export function receivesMedia(mode: ConnectionMode): boolean {
  return mode === "sendrecv" || mode === "recvonly";
}

/** A connection's duration runs since it first had both descriptions and a mode that carries media. */
function started(row: ConnectionRow, at: Moment): ConnectionRow {
  if (row.started !== null || row.remote === null) return row;
  if (!sendsMedia(row.mode) && !receivesMedia(row.mode)) return row;
  return { ...row, started: { atMs: at.nowMs, wallMs: at.wallMs } };
}
