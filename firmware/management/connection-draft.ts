/**
 * What a connection is to be after a command: checked against what there is (mode, address family, codings), and told as
 * the row it would make, or as the refusal. Nothing happens here; call-control does what is drafted.
 */
import {
  type Coding,
  type ConnectionMode,
  type Epoch,
  noStatistics,
  type OriginatingDevice,
} from "#protocol/active-connection.js";
import { isIpv4 } from "#protocol/address.js";
import { type Random, randomHex } from "#protocol/chance.js";
import { parseTag } from "#protocol/mgcp/recovery-tag.js";
import type { FormatParameters, MediaDescription } from "#protocol/sdp.js";
import { type CodingWishes, isSameEncoding, type Negotiated, negotiate } from "./codec-negotiation.js";
import { needsRemote } from "./connection-modes.js";
import type { ConnectionRow, ConnectionTable, OtherHalf } from "./connection-table.js";
import { carriedParameters } from "./format-parameters.js";
import type { LegLease } from "./leg-pool.js";
import { agreedCodings } from "./leg-settings.js";
import type { LineStations } from "./line-stations.js";
import type { RelayEndpoints } from "./relay-endpoints.js";

export interface DraftOptions {
  /** IP literals the network legs are bound to: of one family, or one of each; the first where nothing else decides. */
  readonly mediaAddresses: readonly string[];
  /** What the gateway can code, the preferred first. */
  readonly codings: readonly Coding[];
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

/** What a new connection needs of a leg, and may tell of itself. */
export interface CreationDraft {
  readonly kind: "draft";
  readonly address: string;
  readonly negotiated: Negotiated;
}

/** What the halves of a local connection agree on. */
export interface LocalDraft {
  readonly kind: "draft";
  readonly first: Negotiated;
  readonly second: Negotiated;
}

export interface DraftParts {
  readonly table: ConnectionTable;
  readonly stations: LineStations;
  readonly relays: RelayEndpoints;
  readonly random: Random;
}

export class ConnectionDrafts {
  readonly #options: DraftOptions;
  readonly #parts: DraftParts;

  constructor(options: DraftOptions, parts: DraftParts) {
    this.#options = options;
    this.#parts = parts;
  }

  creation(request: CreateRequest): CreationDraft | Refusal {
    const { endpoint, mode, remote } = request;
    if (remote === null && needsRemote(mode)) return missingRemote(mode);
    const address = this.#localAddress(remote);
    if (address === null) return noSuchFamily(remote);
    const negotiated = this.#negotiate(request, endpoint, null);
    return negotiated === null ? codecFailure(request) : { kind: "draft", address, negotiated };
  }

  /** The second endpoint answers what the first one would offer (section 2.6). */
  localCreation(request: CreateRequest, secondEndpoint: string): LocalDraft | Refusal {
    const offer = this.#negotiateAll({ ...request, remote: null }, request.endpoint, null);
    if (offer === null) return codecFailure(request);
    const { ptimeMs } = request;
    const remote = localDescription(offer);
    const second = this.#negotiate({ encodings: [], ptimeMs, remote }, secondEndpoint, null);
    if (second === null) return codecFailure({ ...request, remote });
    const first = this.#negotiate({ ...request, remote: localDescription(second) }, request.endpoint, null);
    return first === null ? codecFailure(request) : { kind: "draft", first, second };
  }

  /** Both halves, each the other's far side; the second one in send/receive mode. */
  createdLocally(
    request: CreateRequest,
    secondEndpoint: string,
    { first, second }: LocalDraft,
    leases: readonly [LegLease, LegLease],
    nowMs: number,
  ): readonly [ConnectionRow, ConnectionRow] {
    const [oneLease, otherLease] = leases;
    const answer = localDescription(second, this.#parameters(second, secondEndpoint, null, null));
    const one = this.created({ ...request, remote: answer }, oneLease, first, nowMs);
    const oneHalf = { connectionId: one.connectionId, endpoint: request.endpoint };
    const secondRequest = { ...request, endpoint: secondEndpoint, mode: "sendrecv" as const, remote: one.local };
    const other = this.created(secondRequest, otherLease, second, nowMs, oneHalf);
    const otherHalf = { connectionId: other.connectionId, endpoint: secondEndpoint };
    const origin = this.#origin(request.endpoint, request.tag, null, otherHalf);
    return [{ ...one, remote: other.local, otherHalf, origin }, other];
  }

  created(
    request: CreateRequest,
    lease: LegLease,
    negotiated: Negotiated,
    nowMs: number,
    otherHalf: OtherHalf | null = null,
  ): ConnectionRow {
    const { endpoint, callId, mode, remote, tag, epoch } = request;
    const [receiveCoding] = negotiated.codings;
    if (receiveCoding === undefined) throw new Error("a negotiation ended well without a coding");
    const local: MediaDescription = {
      sessionId: String(Math.floor(this.#parts.random() * 2 ** 31)),
      sessionVersion: "1",
      media: { address: lease.binding.address, port: lease.port },
      ...telling(negotiated),
      formatParameters: this.#parameters(negotiated, endpoint, remote, null),
      direction: "sendrecv",
    };
    return {
      connectionId: this.#newConnectionId(otherHalf?.connectionId),
      callId,
      endpoint,
      mode,
      lease,
      earlier: noStatistics,
      sendCoding: agreedCodings(local, remote)[0] ?? null,
      receiveCoding,
      dscp: lease.ready?.dscp ?? (lease.port === 0 ? 0 : lease.binding.dscp),
      local,
      remote,
      otherHalf,
      origin: this.#origin(endpoint, tag, remote, otherHalf),
      tag,
      epoch,
      madeAtMs: nowMs,
      started: null,
    };
  }

  #newConnectionId(taken = ""): string {
    for (;;) {
      const connectionId = shortConnectionId(randomHex(this.#parts.random, 8));
      if (connectionId !== taken && this.#parts.table.get(connectionId) === undefined) return connectionId;
    }
  }

  /** Own line first, then what the call server said in the tag, then what is known of the far side. */
  #origin(
    endpoint: string,
    tag: string,
    remote: MediaDescription | null,
    otherHalf: OtherHalf | null,
  ): OriginatingDevice {
    const own = this.#parts.stations.originator(endpoint);
    if (own !== null) return { ...own, from: "line" };
    const context = tag === "" ? null : parseTag(tag);
    const device = context?.get("from");
    if (context !== null && device !== undefined)
      return { device, address: context.get("origaddr") ?? null, from: "tag" };
    if (otherHalf === null)
      return { device: "unknown", address: remote?.media.address ?? null, from: "remote-description" };
    const far = this.#parts.stations.originator(otherHalf.endpoint) ?? { device: "unknown", address: null };
    return { ...far, from: "remote-description" };
  }

  #negotiate(wishes: CodingWishes, endpoint: string, row: ConnectionRow | null): Negotiated | null {
    const negotiated = this.#negotiateAll(wishes, endpoint, row);
    // A line decodes one payload type.
    if (negotiated === null || this.#parts.relays.owns(endpoint)) return negotiated;
    return { ...negotiated, codings: negotiated.codings.slice(0, 1) };
  }

  #parameters(
    { codings }: Negotiated,
    endpoint: string,
    remote: MediaDescription | null,
    row: ConnectionRow | null,
  ): FormatParameters[] {
    if (!this.#parts.relays.owns(endpoint)) return [];
    return carriedParameters(codings, remote, this.#opposite(endpoint, row)?.remote ?? null);
  }

  /** The other connection of a relay. */
  #opposite(endpoint: string, row: ConnectionRow | null): ConnectionRow | null {
    if (!this.#parts.relays.owns(endpoint)) return null;
    const all = this.#parts.table.onEndpoint(endpoint);
    return all.find(({ connectionId }) => connectionId !== row?.connectionId) ?? null;
  }

  #negotiateAll(wishes: CodingWishes, endpoint: string, row: ConnectionRow | null): Negotiated | null {
    const relays = this.#parts.relays.owns(endpoint);
    const { codings: coded } = this.#options;
    const peer = this.#opposite(endpoint, row)?.local ?? null;
    return negotiate(wishes, { coded, relays, peer, before: row?.local ?? null });
  }

  /** Null: the far side is of a family that no media address is of. */
  #localAddress(remote: MediaDescription | null): string | null {
    const [first = null] = this.#options.mediaAddresses;
    if (remote === null) return first;
    const isFitting = (address: string) => isIpv4(address) === isIpv4(remote.media.address);
    return this.#options.mediaAddresses.find(isFitting) ?? null;
  }

  /** The row as it would be; on another address it needs another leg. */
  changed(row: ConnectionRow, request: ModifyRequest): ConnectionRow | Refusal {
    const remote = request.remote ?? row.remote;
    const mode = request.mode ?? row.mode;
    if (remote === null && needsRemote(mode)) return missingRemote(mode);
    const address = request.remote === null ? row.local.media.address : this.#localAddress(request.remote);
    if (address === null) return noSuchFamily(remote);
    const isNegotiating = request.remote !== null || request.encodings.length > 0 || request.ptimeMs !== null;
    const negotiated = isNegotiating ? this.#renegotiate(request, row) : row.local;
    if (negotiated === null) return codecFailure(request);
    // A half that is told of a far side on the network is local no more.
    const otherHalf = request.remote === null ? row.otherHalf : null;
    const formatParameters = this.#parameters(negotiated, row.endpoint, remote, row);
    const local = { ...row.local, ...telling(negotiated), formatParameters, media: { ...row.local.media, address } };
    const sendCoding = agreedCodings(local, remote)[0] ?? null;
    if (remote !== null && sendCoding === null) return codecFailure(request);
    const tag = request.tag ?? row.tag;
    const epoch = request.epoch ?? row.epoch;
    const origin = this.#origin(row.endpoint, tag, remote, otherHalf);
    const receiveCoding = local.codings[0] ?? row.receiveCoding;
    const dscp = request.dscp ?? row.lease.binding.dscp;
    const lease = { ...row.lease, binding: { ...row.lease.binding, dscp } };
    const changed = { ...row, mode, remote, otherHalf, lease, sendCoding, receiveCoding, tag, epoch, origin };
    return { ...changed, local: renewed(row.local, local) };
  }

  /** The codings of a local connection stay as both halves agreed on them; a wish that leaves them out fails. */
  #renegotiate(request: ModifyRequest, row: ConnectionRow): Negotiated | null {
    const isLocal = row.otherHalf !== null && request.remote === null;
    const negotiated = this.#negotiate(isLocal ? { ...request, remote: row.remote } : request, row.endpoint, row);
    if (!isLocal || negotiated === null) return negotiated;
    const [present] = row.local.codings;
    const isKept = negotiated.codings.some(
      (one) => present !== undefined && isSameEncoding(one, present) && one.ptimeMs === present.ptimeMs,
    );
    return isKept ? row.local : null;
  }
}

/** What one half tells the other; no address is in it. */
function localDescription(
  negotiated: Negotiated,
  formatParameters: readonly FormatParameters[] = [],
): MediaDescription {
  return {
    sessionId: "0",
    sessionVersion: "0",
    media: { address: "0.0.0.0", port: 0 },
    ...telling(negotiated),
    formatParameters,
    direction: "sendrecv",
  };
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

function telling({ codings, telephoneEventPayloadType }: Negotiated): Negotiated {
  return { codings, telephoneEventPayloadType };
}

/** RFC 8866 section 5.2: a description that says something else has a higher version. */
function renewed(before: MediaDescription, now: MediaDescription): MediaDescription {
  const isSame = JSON.stringify({ ...before, ...now }) === JSON.stringify(before);
  return isSame ? before : { ...now, sessionVersion: String(Number(before.sessionVersion) + 1) };
}

/** 31 bits, so that the id as a number is an index of RTP-MIB too (Integer32). */
function shortConnectionId(digits: string): string {
  return (Number.parseInt(digits, 16) & 0x7fff_ffff).toString(16).toUpperCase().padStart(8, "0");
}
