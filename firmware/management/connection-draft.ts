/**
 * What a connection is to be after a command: checked against what there is (mode, address family, codings), and told as
 * the row it would make, or as the refusal. Nothing happens here; call-control does what is drafted.
 */
import type { Coding, ConnectionMode, Epoch, OriginatingDevice } from "#protocol/active-connection.js";
import { isIpv4 } from "#protocol/address.js";
import { type Random, randomHex } from "#protocol/chance.js";
import { parseTag } from "#protocol/mgcp/recovery-tag.js";
import type { MediaDescription } from "#protocol/sdp.js";
import { type CodingWishes, type Negotiated, negotiate } from "./codec-negotiation.js";
import { needsRemote } from "./connection-modes.js";
import type { ConnectionRow, ConnectionTable } from "./connection-table.js";
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
    const address = this.#localAddress(remote, null);
    if (address === null) return noSuchFamily(remote);
    const negotiated = this.#negotiate(request, endpoint, null);
    return negotiated === null ? codecFailure(request) : { kind: "draft", address, negotiated };
  }

  created(request: CreateRequest, lease: LegLease, negotiated: Negotiated): ConnectionRow {
    const { endpoint, callId, mode, remote, tag, epoch } = request;
    const [receiveCoding] = negotiated.codings;
    if (receiveCoding === undefined) throw new Error("a negotiation ended well without a coding");
    const local: MediaDescription = {
      sessionId: String(Math.floor(this.#parts.random() * 2 ** 31)),
      sessionVersion: "1",
      media: { address: lease.binding.address, port: lease.port },
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
      dscp: lease.ready?.dscp ?? lease.binding.dscp,
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
  #negotiate(wishes: CodingWishes, endpoint: string, row: ConnectionRow | null): Negotiated | null {
    const relays = this.#parts.relays.owns(endpoint);
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

  /** The row as it would be; on another address it needs another leg. */
  changed(row: ConnectionRow, request: ModifyRequest): ConnectionRow | Refusal {
    const remote = request.remote ?? row.remote;
    const mode = request.mode ?? row.mode;
    if (remote === null && needsRemote(mode)) return missingRemote(mode);
    if (request.dscp !== null && request.dscp !== row.lease.binding.dscp)
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
    return { ...changed, local: renewed(row.local, local) };
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

function telling({ codings, telephoneEventPayloadType }: Negotiated): Negotiated {
  return { codings, telephoneEventPayloadType };
}

/** RFC 8866 section 5.2: a description that says something else has a higher version. */
function renewed(before: MediaDescription, now: MediaDescription): MediaDescription {
  const isSame = JSON.stringify({ ...before, ...now }) === JSON.stringify(before);
  return isSame ? before : { ...now, sessionVersion: String(Number(before.sessionVersion) + 1) };
}
