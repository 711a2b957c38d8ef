/**
 * Connections: made, changed, deleted. The only writer of the connection table. It speaks no protocol: mgcp-face turns
 * commands into these calls and these outcomes into return codes.
 *
 * What a connection is to become is connection-draft's. A connection is a network leg; on a line it is coupled with the
 * station's leg, on a relay endpoint with the other connection's, each the source of what the other sends (leg-settings).
 * Making one takes a turn of the media engine (the ports must be open before anyone is told of them), so `create` ends in
 * a `created` or `not-created` output. So does `modify`, in `modified` or `not-modified`, when it names a new far side:
 * that may send as soon as it is told, and must be heard by then. One of the other address family needs another port, on
 * the other address. Two halves of a local connection need no ports and are there at once; each goes its own way then.
 */
import type { ActiveConnection, EndedConnection } from "#protocol/active-connection.js";
import type { LegNumber, MediaEvent, ReadLegStatistics } from "../media/media-port.js";
import {
  ConnectionDrafts,
  type CreateRequest,
  type DraftOptions,
  type DraftParts,
  type ModifyRequest,
  type Refusal,
} from "./connection-draft.js";
import { receivesMedia, sendsMedia } from "./connection-modes.js";
import { activeConnection, type ConnectionRow } from "./connection-table.js";
import type { Journal } from "./journal.js";
import { LegCommands } from "./leg-commands.js";
import type { LegLease, LegPool } from "./leg-pool.js";
import type { StationOutput } from "./line-stations.js";
import { ReadyLegs } from "./ready-legs.js";

export interface CallControlOptions extends DraftOptions {
  readonly gateway: string;
  readonly cname: string;
  readonly dscp: number;
  readonly connectionsPerLineMax: number;
  readonly connectionsPerRelayMax: number;
  readonly openTriesMax: number;
  readonly legsReadyAtStart: number;
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

export interface CallControlParts extends DraftParts {
  readonly journal: Journal;
  readonly pool: LegPool;
  readonly readStatistics: ReadLegStatistics;
}

interface DoneOutcome {
  readonly kind: "done";
  readonly row: ConnectionRow;
  readonly outputs: ControlOutput[];
}

interface LocalOutcome extends DoneOutcome {
  readonly other: ConnectionRow;
}

const noLegFree: Refusal = { kind: "refused", code: 403, reason: "no media leg is free" };
const connectedToItself: Refusal = {
  kind: "refused",
  code: 507,
  reason: "an endpoint is not connected to itself",
};

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
  readonly #drafts: ConnectionDrafts;
  readonly #legs: LegCommands;
  readonly #ready: ReadyLegs;
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
    this.#drafts = new ConnectionDrafts(options, parts);
    this.#legs = new LegCommands(options, parts);
    this.#ready = new ReadyLegs(parts.pool, options.cname);
  }

  /** Binds ports before anyone asks for them. */
  prepare(): ControlOutput[] {
    const { mediaAddresses, dscp, legsReadyAtStart } = this.#options;
    const [address] = mediaAddresses;
    return address === undefined ? [] : this.#ready.prepare({ address, dscp }, legsReadyAtStart);
  }

  /** A relay endpoint without a connection, or null: none is free. */
  freeRelay(except: string | null): string | null {
    return this.#parts.relays.nextFree((endpoint) => this.connectionsOn(endpoint) === 0, except);
  }

  /** Connections that are there or being made. */
  connectionsOn(endpoint: string): number {
    return this.#parts.table.onEndpoint(endpoint).length + (this.#creating.get(endpoint) ?? 0);
  }

  create(request: CreateRequest, at: Moment): Refusal | PendingOutcome | DoneOutcome {
    const draft = this.#drafts.creation(request);
    if (draft.kind === "refused") return draft;
    const { endpoint } = request;
    const { address, negotiated } = draft;
    const full = this.#full(endpoint);
    if (full !== null) return full;
    const lease = this.#parts.pool.take({ address, dscp: request.dscp ?? this.#options.dscp });
    if (lease === null) return noLegFree;
    const row = started(this.#drafts.created(request, lease, negotiated, at.nowMs), at);
    if (lease.ready !== null) return this.#createReady(row, at);
    this.#creating.set(endpoint, (this.#creating.get(endpoint) ?? 0) + 1);
    return this.#open(row, null);
  }

  /** Two connections that are each other's far side, both or none (RFC 3435 section 2.3.5); other is on secondEndpoint. */
  createLocal(request: CreateRequest, secondEndpoint: string, at: Moment): Refusal | LocalOutcome {
    const { endpoint } = request;
    if (endpoint === secondEndpoint) return connectedToItself;
    const full = this.#full(endpoint) ?? this.#full(secondEndpoint);
    if (full !== null) return full;
    const draft = this.#drafts.localCreation(request, secondEndpoint);
    if (draft.kind === "refused") return draft;
    const { pool, table } = this.#parts;
    const dscp = request.dscp ?? this.#options.dscp;
    const lease = pool.takeWired(dscp);
    const otherLease = pool.takeWired(dscp);
    if (lease === null || otherLease === null) {
      if (lease !== null) pool.giveBack(lease);
      return noLegFree;
    }
    const halves = this.#drafts.createdLocally(request, secondEndpoint, draft, [lease, otherLease], at.nowMs);
    const [row, other] = [started(halves[0], at), started(halves[1], at)];
    table.put(row);
    table.put(other);
    const outputs: ControlOutput[] = [this.#legs.open(row, false), this.#legs.open(other, false)];
    for (const half of [row, other]) outputs.push(...this.#couple(half.endpoint, at, null, half.connectionId));
    return { kind: "done", row, other, outputs };
  }

  modify(row: ConnectionRow, request: ModifyRequest, at: Moment): Refusal | PendingOutcome | DoneOutcome {
    const draft = this.#drafts.changed(row, request);
    if ("kind" in draft) return draft;
    const changed = started(draft, at);
    const { address } = changed.local.media;
    if (address !== row.local.media.address) return this.#move(row, changed);
    this.#parts.table.put(changed);
    const { port, binding } = changed.lease;
    const marks = port !== 0 && binding.dscp !== row.lease.binding.dscp ? [this.#legs.mark(changed)] : [];
    if (changed.remote === row.remote && marks.length === 0)
      return { kind: "done", row: changed, outputs: this.#couple(changed.endpoint, at) };
    const token = this.#newKey();
    const key = String(token);
    this.#modifying.set(token, { key, row: changed });
    const awaited = { connectionId: row.connectionId, token };
    return { kind: "pending", key, row: changed, outputs: [...marks, ...this.#couple(changed.endpoint, at, awaited)] };
  }

  delete(row: ConnectionRow, reason: EndedConnection["reason"], at: Moment): ControlOutput[] {
    const { journal, table, relays, stations } = this.#parts;
    journal.ended({ ...this.describe(row, "", at.nowMs), state: "ended" }, reason, at.nowMs);
    table.remove(row.connectionId);
    const outputs: ControlOutput[] = [this.#legs.release(row), ...this.#abandonChanges(row)];
    outputs.push(...this.#unwire(row, at));
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
      this.#countCreation(endpoint);
      outputs.push(this.#legs.abandon(row.lease));
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
    if (event.kind === "digit") return null;
    if (event.kind === "marked") return this.#marked(event.leg, event.generation, event.dscp);
    const prepared = this.#ready.mediaEvent(event);
    if (prepared !== null) return prepared;
    const pending = this.#pending.get(event.generation);
    if (pending === undefined) return null;
    this.#pending.delete(event.generation);
    return event.kind === "opened" ? this.#opened(pending, event.dscp, at) : this.#openFailed(pending, event.reason);
  }

  /** The station's leg came or went: couple what is there. */
  recouple(line: string, at: Moment): ControlOutput[] {
    return this.#couple(line, at);
  }

  /** What was half of a local connection is so no more: the other half has no far side, or that of its own. */
  #unwire({ otherHalf }: ConnectionRow, at: Moment): ControlOutput[] {
    if (otherHalf === null || this.#parts.table.get(otherHalf.connectionId) === undefined) return [];
    return this.#couple(otherHalf.endpoint, at);
  }

  #full(endpoint: string): Refusal | null {
    const { connectionsPerRelayMax, connectionsPerLineMax } = this.#options;
    const held = this.connectionsOn(endpoint);
    if (held < (this.#isRelay(endpoint) ? connectionsPerRelayMax : connectionsPerLineMax)) return null;
    return { kind: "refused", code: 540, reason: `${endpoint} has ${held} connections already` };
  }

  #isRelay(endpoint: string): boolean {
    return this.#parts.relays.owns(endpoint);
  }

  /** Another leg, on the other address; the present one goes on until that is open. */
  #move(before: ConnectionRow, changed: ConnectionRow): Refusal | PendingOutcome {
    const { address } = changed.local.media;
    const lease = this.#parts.pool.takeUnready({ address, dscp: changed.lease.binding.dscp });
    if (lease === null) return noLegFree;
    return this.#open(onLease(changed, lease), before);
  }

  #open(row: ConnectionRow, before: ConnectionRow | null): PendingOutcome {
    const key = String(this.#newKey());
    this.#pending.set(row.lease.generation, { key, row, before, tries: 1 });
    return { kind: "pending", key, row, outputs: [this.#legs.open(row)] };
  }

  /** Its ports are bound already, and the engine obeys before it reads what comes there. */
  #createReady(row: ConnectionRow, at: Moment): DoneOutcome {
    this.#parts.table.put(row);
    const outputs = [this.#legs.open(row, false), ...this.#couple(row.endpoint, at, null, row.connectionId)];
    return { kind: "done", row, outputs };
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

  /** What an audit tells is what the kernel says. */
  #marked(leg: LegNumber, generation: number, dscp: number): ControlOutput[] {
    const { table } = this.#parts;
    const row = [...table.rows()].find(({ lease }) => lease.leg === leg && lease.generation === generation);
    if (row !== undefined && row.dscp !== dscp) table.put({ ...row, dscp });
    return [];
  }

  #opened({ key, row: pending, before }: Pending, dscp: number, at: Moment): ControlOutput[] {
    const { table } = this.#parts;
    const row = { ...pending, dscp };
    if (before === null) {
      table.put(row);
      this.#countCreation(row.endpoint);
      return [...this.#couple(row.endpoint, at), { kind: "created", key, row }];
    }
    if (table.get(row.connectionId) !== before) {
      return [this.#legs.release(row), { kind: "not-modified", key, code: 407, reason: "another command came first" }];
    }
    table.put({ ...row, earlier: this.describe(before, "", at.nowMs).statistics });
    const outputs = [this.#legs.release(before), ...this.#unwire(before, at), ...this.#couple(row.endpoint, at)];
    return [...outputs, { kind: "modified", key, row }];
  }

  #openFailed({ key, row, before, tries }: Pending, reason: string): ControlOutput[] {
    const { pool, relays } = this.#parts;
    const lease = tries < this.#options.openTriesMax ? pool.exchangePort(row.lease) : null;
    if (lease !== null) {
      const again = onLease(row, lease);
      this.#pending.set(lease.generation, { key, row: again, before, tries: tries + 1 });
      return [this.#legs.open(again)];
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
      outputs.push(this.#legs.abandon(row.lease), { ...abandoned, key });
    }
    return outputs;
  }

  #countCreation(endpoint: string): void {
    const left = (this.#creating.get(endpoint) ?? 0) - 1;
    if (left > 0) this.#creating.set(endpoint, left);
    else this.#creating.delete(endpoint);
  }

  /** awaited: the connection whose change somebody waits for. opening: one that is told of its settings otherwise. */
  #couple(
    endpoint: string,
    at: Moment,
    awaited: { readonly connectionId: string; readonly token: number } | null = null,
    opening: string | null = null,
  ): ControlOutput[] {
    const { table, stations } = this.#parts;
    const outputs: ControlOutput[] = [];
    for (const row of table.onEndpoint(endpoint)) {
      const token = awaited?.connectionId === row.connectionId ? awaited.token : null;
      if (row.connectionId !== opening) outputs.push(this.#legs.modify(row, token));
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
    if (mode === "loopback" && own !== null) return stations.couple(endpoint, { source: own, hears: true });
    return stations.couple(endpoint, { source: lease.leg, hears: receivesMedia(mode) });
  }
}

function onLease(row: ConnectionRow, lease: LegLease): ConnectionRow {
  return { ...row, lease, local: { ...row.local, media: { ...row.local.media, port: lease.port } } };
}

function isSameCall(row: ConnectionRow, callId: string): boolean {
  return row.callId.toUpperCase() === callId.toUpperCase();
}

/** A connection's duration runs since it first had both descriptions and a mode that carries media. */
function started(row: ConnectionRow, at: Moment): ConnectionRow {
  if (row.started !== null || row.remote === null) return row;
  if (!sendsMedia(row.mode) && !receivesMedia(row.mode)) return row;
  return { ...row, started: { atMs: at.nowMs, wallMs: at.wallMs } };
}
