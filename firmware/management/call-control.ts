/**
 * Connections: made, changed, deleted. The only writer of the connection table. It speaks no protocol: mgcp-face turns
 * commands into these calls and these outcomes into return codes.
 *
 * A connection is a network leg; on a line it is coupled with the station's leg, on a relay endpoint with the other
 * connection's, each the source of what the other sends (leg-settings). Making one takes a turn of the media engine
 * (the ports must be open before anyone is told of them), so `create` ends in a `created` or `not-created` output. So
 * does `modify`, in `modified` or `not-modified`, when it names a new far side: that may send as soon as it is told, and
 * must be heard by then. One of the other address family needs another port, on the other address.
 */
import type {
  ActiveConnection,
  Coding,
  ConnectionMode,
  EndedConnection,
  Epoch,
  OriginatingDevice,
} from "#protocol/active-connection.js";
import { isIpv4 } from "#protocol/address.js";
import { type Random, randomHex } from "#protocol/chance.js";
import { parseTag } from "#protocol/mgcp/recovery-tag.js";
import type { MediaDescription } from "#protocol/sdp.js";
import type { LegSettings, MediaCommand, MediaEvent, ReadLegStatistics } from "../media/media-port.js";
import { type CodingWishes, type Negotiated, negotiate } from "./codec-negotiation.js";
import { needsRemote, receivesMedia, sendsMedia } from "./connection-modes.js";
import { activeConnection, type ConnectionRow, type ConnectionTable } from "./connection-table.js";
import type { Journal } from "./journal.js";
import type { LegLease, LegPool } from "./leg-pool.js";
import { agreedCodings, lineLegSettings, relayLegSettings } from "./leg-settings.js";
import type { LineStations, StationOutput } from "./line-stations.js";
import type { RelayEndpoints } from "./relay-endpoints.js";

export interface CallControlOptions {
  readonly gateway: string;
  /** IP literals the network legs are bound to: of one family, or one of each; the first where nothing else decides. */
  readonly mediaAddresses: readonly string[];
  readonly cname: string;
  /** What the gateway can code, the preferred first. */
  readonly codings: readonly Coding[];
  readonly dscp: number;
  readonly connectionsPerLineMax: number;
  readonly connectionsPerRelayMax: number;
  readonly openTriesMax: number;
}

export interface CreateRequest extends CodingWishes {
  readonly endpoint: string;
  readonly callId: string;
  readonly mode: ConnectionMode;
  readonly dscp: number | null;
  readonly tag: string;
  readonly epoch: Epoch | null;
}

/** What is null, or an empty list, stays as it is. */
export interface ModifyRequest extends CodingWishes {
  readonly mode: ConnectionMode | null;
  readonly dscp: number | null;
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
  | { readonly kind: "created" | "modified"; readonly key: string; readonly row: ConnectionRow }
  | {
      readonly kind: "not-created" | "not-modified";
      readonly key: string;
      readonly code: number;
      readonly reason: string;
    };

/** A leg whose ports are being opened: of a new connection, or of one that moves there from another leg. */
interface Pending {
  readonly key: string;
  readonly row: ConnectionRow;
  readonly before: ConnectionRow | null;
  readonly tries: number;
}

export interface Moment {
  /** Monotonic: all waiting and every duration. */
  readonly nowMs: number;
  /** Wall clock: records and logs only. */
  readonly wallMs: number;
}

export interface CallControlParts {
  readonly table: ConnectionTable;
  readonly journal: Journal;
  readonly stations: LineStations;
  readonly relays: RelayEndpoints;
  readonly pool: LegPool;
  readonly readStatistics: ReadLegStatistics;
  readonly random: Random;
}

/** Keys of changes under way; there are never so many at once. */
const keysMax = 2 ** 31;

/** key: what the output says that ends it. */
interface PendingOutcome {
  readonly kind: "pending";
  readonly key: string;
  readonly row: ConnectionRow;
  readonly outputs: ControlOutput[];
}

export class CallControl {
  readonly #options: CallControlOptions;
  readonly #parts: CallControlParts;
  /** By the generation of the leg that is being opened. */
  readonly #pending = new Map<number, Pending>();
  /** Changes that the engine has yet to say it made, by their token. */
  readonly #modifying = new Map<number, { readonly key: string; readonly row: ConnectionRow }>();
  #keys = 0;
  /** Connections being made, by endpoint. */
  readonly #creating = new Map<string, number>();

  constructor(options: CallControlOptions, parts: CallControlParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** A relay endpoint without a connection, or null: none is free. */
  freeRelay(): string | null {
    return this.#parts.relays.nextFree((endpoint) => this.connectionsOn(endpoint) === 0);
  }

  /** Connections that are there or being made. */
  connectionsOn(endpoint: string): number {
    return this.#parts.table.onEndpoint(endpoint).length + (this.#creating.get(endpoint) ?? 0);
  }

  create(request: CreateRequest, at: Moment): Refusal | PendingOutcome {
    const { endpoint, mode, remote } = request;
    if (remote === null && needsRemote(mode)) return missingRemote(mode);
    const address = this.#localAddress(remote, null);
    if (address === null) return noSuchFamily(remote);
    const negotiated = this.#negotiate(request, endpoint, null);
    if (negotiated === null) return codecFailure(request);
    const { connectionsPerRelayMax, connectionsPerLineMax } = this.#options;
    const held = this.connectionsOn(endpoint);
    if (held >= (this.#isRelay(endpoint) ? connectionsPerRelayMax : connectionsPerLineMax))
      return { kind: "refused", code: 540, reason: `${endpoint} has ${held} connections already` };
    const lease = this.#parts.pool.take();
    if (lease === null) return { kind: "refused", code: 403, reason: "no media leg is free" };
    const row = started(this.#newRow(request, lease, address, negotiated), at);
    this.#creating.set(endpoint, (this.#creating.get(endpoint) ?? 0) + 1);
    return this.#open(row, null);
  }

  modify(
    row: ConnectionRow,
    request: ModifyRequest,
    at: Moment,
  ):
    | Refusal
    | { readonly kind: "modified"; readonly row: ConnectionRow; readonly outputs: ControlOutput[] }
    | PendingOutcome {
    const changed = this.#changed(row, request, at);
    if ("kind" in changed) return changed;
    const { address } = changed.local.media;
    if (address !== row.local.media.address) return this.#move(row, changed);
    this.#parts.table.put(changed);
    if (changed.remote === row.remote)
      return { kind: "modified", row: changed, outputs: this.#couple(changed.endpoint, at) };
    const token = this.#newKey();
    const key = String(token);
    this.#modifying.set(token, { key, row: changed });
    const awaited = { connectionId: row.connectionId, token };
    return { kind: "pending", key, row: changed, outputs: this.#couple(changed.endpoint, at, awaited) };
  }

  delete(row: ConnectionRow, reason: EndedConnection["reason"], at: Moment): ControlOutput[] {
    const { journal, table, pool, relays, stations } = this.#parts;
    journal.ended({ ...this.describe(row, "", at.nowMs), state: "ended" }, reason, at.nowMs);
    table.remove(row.connectionId);
    pool.giveBack(row.lease);
    const outputs: ControlOutput[] = [closeCommand(row.lease), ...this.#abandonChanges(row)];
    if (this.connectionsOn(row.endpoint) === 0) relays.freed(row.endpoint);
    if (table.onEndpoint(row.endpoint).length > 0) return [...outputs, ...this.#couple(row.endpoint, at)];
    return [...outputs, ...stations.couple(row.endpoint, null), ...stations.release(row.endpoint, at.nowMs)];
  }

  /** Connections of the endpoint that are still being made are given up too (RFC 3435 section 4.4.4, code 407). */
  abandonCreations(endpoint: string, callId: string | null): ControlOutput[] {
    if (!this.#creating.has(endpoint)) return [];
    const outputs: ControlOutput[] = [];
    for (const [generation, { key, row, before }] of this.#pending) {
      if (before !== null || row.endpoint !== endpoint || (callId !== null && !isSameCall(row, callId))) continue;
      this.#pending.delete(generation);
      this.#parts.pool.giveBack(row.lease);
      this.#countCreation(endpoint);
      outputs.push(closeCommand(row.lease));
      outputs.push({ kind: "not-created", key, code: 407, reason: "deleted while it was being made" });
    }
    return outputs;
  }

  /** The row as an audit tells it now. */
  describe(row: ConnectionRow, notifiedEntity: string, nowMs: number): ActiveConnection {
    const { gateway } = this.#options;
    const { table, readStatistics } = this.#parts;
    const changedAt = table.changedAt(row.connectionId);
    return activeConnection(row, { gateway, notifiedEntity, changedAt, readStatistics }, nowMs);
  }

  /** Null when the event concerns none of the network legs. */
  mediaEvent(event: MediaEvent, at: Moment): ControlOutput[] | null {
    if (event.kind === "modified") return this.#modified(event.token);
    const pending = this.#pending.get(event.generation);
    if (pending === undefined) return null;
    this.#pending.delete(event.generation);
    return event.kind === "opened" ? this.#opened(pending, event.dscp, at) : this.#openFailed(pending, event.reason);
  }

  /** The station's leg came or went: couple what is there. */
  recouple(line: string, at: Moment): ControlOutput[] {
    return this.#couple(line, at);
  }

  #isRelay(endpoint: string): boolean {
    return this.#parts.relays.owns(endpoint);
  }

  #negotiate(wishes: CodingWishes, endpoint: string, row: ConnectionRow | null): Negotiated | null {
    const relays = this.#isRelay(endpoint);
    const { codings: coded } = this.#options;
    const others = relays ? this.#parts.table.onEndpoint(endpoint) : [];
    const peer = others.find(({ connectionId }) => connectionId !== row?.connectionId)?.local ?? null;
    const negotiated = negotiate(wishes, { coded, relays, peer, before: row?.local ?? null });
    // A line decodes one payload type.
    return negotiated === null || relays ? negotiated : { ...negotiated, codings: negotiated.codings.slice(0, 1) };
  }

  /** Null: the far side is of a family that no media address is of. */
  #localAddress(remote: MediaDescription | null, present: string | null): string | null {
    const [first = null] = this.#options.mediaAddresses;
    if (remote === null) return present ?? first;
    const isFitting = (address: string) => isIpv4(address) === isIpv4(remote.media.address);
    return this.#options.mediaAddresses.find(isFitting) ?? null;
  }

  #changed(row: ConnectionRow, request: ModifyRequest, at: Moment): ConnectionRow | Refusal {
    const remote = request.remote ?? row.remote;
    const mode = request.mode ?? row.mode;
    if (remote === null && needsRemote(mode)) return missingRemote(mode);
    if (request.dscp !== null && request.dscp !== row.dscp)
      return { kind: "refused", code: 532, reason: "the type of service of an open connection stays as it is" };
    const address = this.#localAddress(remote, row.local.media.address);
    if (address === null) return noSuchFamily(remote);
    const isNegotiating = request.remote !== null || request.encodings.length > 0 || request.ptimeMs !== null;
    const negotiated = isNegotiating ? this.#negotiate(request, row.endpoint, row) : row.local;
    if (negotiated === null) return codecFailure(request);
    const local = { ...row.local, ...telling(negotiated), media: { ...row.local.media, address } };
    const sendCoding = agreedCodings(local, remote)[0] ?? null;
    if (remote !== null && sendCoding === null) return codecFailure(request);
    const tag = request.tag ?? row.tag;
    const epoch = request.epoch ?? row.epoch;
    const origin = this.#origin(row.endpoint, tag, remote);
    const receiveCoding = local.codings[0] ?? row.receiveCoding;
    const changed = { ...row, mode, remote, sendCoding, receiveCoding, tag, epoch, origin };
    return started({ ...changed, local: renewed(row.local, local) }, at);
  }

  /** Another leg, on the other address; the present one goes on until that is open. */
  #move(before: ConnectionRow, changed: ConnectionRow): Refusal | PendingOutcome {
    const lease = this.#parts.pool.take();
    if (lease === null) return { kind: "refused", code: 403, reason: "no media leg is free" };
    return this.#open(onLease(changed, lease), before);
  }

  #open(row: ConnectionRow, before: ConnectionRow | null): PendingOutcome {
    const key = String(this.#newKey());
    this.#pending.set(row.lease.generation, { key, row, before, tries: 1 });
    return { kind: "pending", key, row, outputs: [this.#openCommand(row)] };
  }

  #newKey(): number {
    this.#keys = (this.#keys + 1) % keysMax;
    return this.#keys;
  }

  #modified(token: number): ControlOutput[] {
    const modifying = this.#modifying.get(token);
    this.#modifying.delete(token);
    return modifying === undefined ? [] : [{ kind: "modified", ...modifying }];
  }

  #opened({ key, row: pending, before }: Pending, dscp: number, at: Moment): ControlOutput[] {
    const { table, pool } = this.#parts;
    const row = { ...pending, dscp };
    if (before === null) {
      table.put(row);
      this.#countCreation(row.endpoint);
      return [...this.#couple(row.endpoint, at), { kind: "created", key, row }];
    }
    if (table.get(row.connectionId) !== before) {
      pool.giveBack(row.lease);
      return [closeCommand(row.lease), { kind: "not-modified", key, code: 407, reason: "another command came first" }];
    }
    table.put(row);
    pool.giveBack(before.lease);
    return [closeCommand(before.lease), ...this.#couple(row.endpoint, at), { kind: "modified", key, row }];
  }

  #openFailed({ key, row, before, tries }: Pending, reason: string): ControlOutput[] {
    const { pool, relays } = this.#parts;
    const lease = tries < this.#options.openTriesMax ? pool.exchangePort(row.lease) : null;
    if (lease !== null) {
      const again = onLease(row, lease);
      this.#pending.set(lease.generation, { key, row: again, before, tries: tries + 1 });
      return [this.#openCommand(again)];
    }
    pool.giveBack(row.lease);
    const refused = { key, code: 403, reason: `no media port: ${reason}` };
    if (before !== null) return [{ kind: "not-modified", ...refused }];
    this.#countCreation(row.endpoint);
    if (this.connectionsOn(row.endpoint) === 0) relays.freed(row.endpoint);
    return [{ kind: "not-created", ...refused }];
  }

  /** A connection was deleted while it changed. */
  #abandonChanges({ connectionId }: ConnectionRow): ControlOutput[] {
    const outputs: ControlOutput[] = [];
    const abandoned = { kind: "not-modified", code: 407, reason: "the connection was deleted" } as const;
    for (const [token, { key, row }] of this.#modifying) {
      if (row.connectionId !== connectionId) continue;
      this.#modifying.delete(token);
      outputs.push({ ...abandoned, key });
    }
    for (const [generation, { key, row, before }] of this.#pending) {
      if (before?.connectionId !== connectionId) continue;
      this.#pending.delete(generation);
      this.#parts.pool.giveBack(row.lease);
      outputs.push(closeCommand(row.lease), { ...abandoned, key });
    }
    return outputs;
  }

  #countCreation(endpoint: string): void {
    const left = (this.#creating.get(endpoint) ?? 0) - 1;
    if (left > 0) this.#creating.set(endpoint, left);
    else this.#creating.delete(endpoint);
  }

  /** awaited: the connection whose change somebody waits for. */
  #couple(
    endpoint: string,
    at: Moment,
    awaited: { readonly connectionId: string; readonly token: number } | null = null,
  ): ControlOutput[] {
    const { table, stations } = this.#parts;
    const outputs: ControlOutput[] = [];
    for (const row of table.onEndpoint(endpoint)) {
      const { leg, generation } = row.lease;
      const token = awaited?.connectionId === row.connectionId ? awaited.token : null;
      const settings = this.#settings(row);
      outputs.push({ kind: "media", command: { kind: "modify", leg, generation, token, settings } });
      if (this.#isRelay(endpoint)) continue;
      outputs.push(...this.#coupleStation(row));
      if (row.mode === "sendrecv") outputs.push(...stations.connect(endpoint, at.nowMs));
    }
    return outputs;
  }

  /** RFC 3435 section 2.3.1: in loopback the station hears itself, in network loopback nothing. */
  #coupleStation({ endpoint, mode, lease }: ConnectionRow): StationOutput[] {
    const { stations } = this.#parts;
    const own = stations.leg(endpoint);
    if (mode === "loopback" && own !== null)
      return stations.couple(endpoint, { source: own, hears: true, speaks: true });
    return stations.couple(endpoint, { source: lease.leg, hears: receivesMedia(mode), speaks: sendsMedia(mode) });
  }

  #settings(row: ConnectionRow): LegSettings {
    const { table, stations, relays } = this.#parts;
    if (!this.#isRelay(row.endpoint)) return lineLegSettings(row, stations.leg(row.endpoint));
    const others = table.onEndpoint(row.endpoint).filter(({ connectionId }) => connectionId !== row.connectionId);
    return relayLegSettings(row, others, this.#options.codings, relays.options.learnsPort);
  }

  #openCommand(row: ConnectionRow): { readonly kind: "media"; readonly command: MediaCommand } {
    const { lease, dscp, local } = row;
    const { leg, generation } = lease;
    const { cname } = this.#options;
    const settings = this.#settings(row);
    return { kind: "media", command: { kind: "open", leg, generation, local: local.media, dscp, cname, settings } };
  }

  #newRow(request: CreateRequest, lease: LegLease, address: string, negotiated: Negotiated): ConnectionRow {
    const { endpoint, callId, mode, remote, tag, epoch } = request;
    const [receiveCoding] = negotiated.codings;
    if (receiveCoding === undefined) throw new Error("a negotiation ended well without a coding");
    const local: MediaDescription = {
      sessionId: String(Math.floor(this.#parts.random() * 2 ** 31)),
      sessionVersion: "1",
      media: { address, port: lease.port },
      ...telling(negotiated),
      direction: "sendrecv",
    };
    return {
      connectionId: this.#newConnectionId(),
      callId,
      endpoint,
      mode,
      lease,
      sendCoding: agreedCodings(local, remote)[0] ?? null,
      receiveCoding,
      dscp: request.dscp ?? this.#options.dscp,
      local,
      remote,
      origin: this.#origin(endpoint, tag, remote),
      tag,
      epoch,
      started: null,
    };
  }

  #newConnectionId(): string {
    for (;;) {
      const connectionId = randomHex(this.#parts.random, 8);
      if (this.#parts.table.get(connectionId) === undefined) return connectionId;
    }
  }

  /** Own line first, then what the call server said in the tag, then what the far description shows. */
  #origin(endpoint: string, tag: string, remote: MediaDescription | null): OriginatingDevice {
    const own = this.#parts.stations.originator(endpoint);
    if (own !== null) return { ...own, from: "line" };
    const context = parseTag(tag);
    const device = context.get("from");
    if (device !== undefined) return { device, address: context.get("origaddr") ?? null, from: "tag" };
    return { device: "unknown", address: remote?.media.address ?? null, from: "remote-description" };
  }
}

function missingRemote(mode: ConnectionMode): Refusal {
  return { kind: "refused", code: 527, reason: `mode ${mode} needs a remote description` };
}

function noSuchFamily(remote: MediaDescription | null): Refusal {
  const address = remote?.media.address ?? "";
  return { kind: "refused", code: 505, reason: `no media address here is of the family of ${address}` };
}

function codecFailure({ encodings, remote }: CodingWishes): Refusal {
  const theirs = remote === null ? "" : `, the far side offers ${encodingNames(remote) || "none"}`;
  const ours = encodings.length === 0 ? "" : `, ${encodings.join(";")} allowed`;
  return { kind: "refused", code: 534, reason: `codec negotiation failed${ours}${theirs}` };
}

function encodingNames({ codings }: MediaDescription): string {
  return codings.map(({ encoding }) => encoding).join(";");
}

function closeCommand({ leg, generation }: LegLease): { readonly kind: "media"; readonly command: MediaCommand } {
  return { kind: "media", command: { kind: "close", leg, generation } };
}

function onLease(row: ConnectionRow, lease: LegLease): ConnectionRow {
  return { ...row, lease, local: { ...row.local, media: { ...row.local.media, port: lease.port } } };
}

function isSameCall(row: ConnectionRow, callId: string): boolean {
  return row.callId.toUpperCase() === callId.toUpperCase();
}

function telling({ codings, telephoneEventPayloadType }: Negotiated): Negotiated {
  return { codings, telephoneEventPayloadType };
}

/** RFC 8866 section 5.2: a description that says something else has a higher version. */
function renewed(before: MediaDescription, now: MediaDescription): MediaDescription {
  const isSame = JSON.stringify({ ...before, ...now }) === JSON.stringify(before);
  return isSame ? before : { ...now, sessionVersion: String(Number(before.sessionVersion) + 1) };
}

/** A connection's duration runs since it first had both descriptions and a mode that carries media. */
function started(row: ConnectionRow, at: Moment): ConnectionRow {
  if (row.started !== null || row.remote === null) return row;
  if (!sendsMedia(row.mode) && !receivesMedia(row.mode)) return row;
  return { ...row, started: { atMs: at.nowMs, wallMs: at.wallMs } };
}
