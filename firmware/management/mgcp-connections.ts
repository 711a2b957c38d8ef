/** CRCX, MDCX and DLCX (RFC 3435 sections 2.3.5 to 2.3.9): parameters checked and turned into call-control's requests. */
import { type ConnectionMode, connectionModes, type Epoch } from "#protocol/active-connection.js";
import { isLocalSession } from "#protocol/mgcp/local-session.js";
import type {
  ConnectionParameters,
  EndpointName,
  LocalConnectionOptions,
  MgcpCommand,
  MgcpParameters,
} from "#protocol/mgcp/message.js";
import { readTag, writeOrigin } from "#protocol/mgcp/recovery-package.js";
import { type MediaDescription, parseMediaDescription } from "#protocol/sdp.js";
import type { CallControl, ControlOutput, Moment } from "./call-control.js";
import { writeLocalDescription } from "./connection-descriptions.js";
import type { CreateRequest } from "./connection-draft.js";
import { supportedModes } from "./connection-modes.js";
import type { ConnectionRow, ConnectionTable } from "./connection-table.js";
import type { Endpoint } from "./endpoints.js";
import { type Answer, accept, refuse } from "./mgcp-answer.js";
import type { RelayEndpoints } from "./relay-endpoints.js";

type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly answer: Answer };

/** Key of the output by which call-control will tell the end of it, and what is to be done until then. */
export interface PendingAnswer {
  readonly pending: string;
  /** To be told with the connection: it was made on "any of" several endpoints. */
  readonly specific: EndpointName | null;
  readonly answer: Answer;
}

export class MgcpConnections {
  readonly #control: CallControl;
  readonly #table: ConnectionTable;
  readonly #relays: RelayEndpoints;

  constructor(control: CallControl, table: ConnectionTable, relays: RelayEndpoints) {
    this.#control = control;
    this.#table = table;
    this.#relays = relays;
  }

  /** Section 2.3.5: the local name a CRCX is for, once the gateway has chosen where it may; not the excepted one. */
  chooseEndpoint(
    { verb, endpoint }: MgcpCommand,
    except: string | null,
    matching: () => readonly Endpoint[],
  ): Checked<string> {
    const { local } = endpoint;
    if (verb === "CRCX" && this.#relays.isAnyOf(local)) {
      const free = this.#control.freeRelay(except);
      if (free !== null) return { ok: true, value: free };
      return { ok: false, answer: refuse(410, `no ${this.#relays.options.prefix} endpoint is free`) };
    }
    if (!local.includes("$")) return { ok: true, value: local };
    if (verb !== "CRCX") return { ok: false, answer: refuse(500, `any of ($) is for CRCX, not for ${verb}`) };
    const lines = matching();
    const idle = lines.find((line) => line.local !== except && this.#control.connectionsOn(line.local) === 0);
    if (idle !== undefined) return { ok: true, value: idle.local };
    if (lines.length === 0) return { ok: false, answer: refuse(500, `no endpoint ${local} here`) };
    return { ok: false, answer: refuse(410, `no endpoint of ${local} is free`) };
  }

  /** An answer at once when it is refused. second: of a local connection. */
  create(
    command: MgcpCommand,
    endpoint: Endpoint,
    second: Endpoint | null,
    epoch: Epoch | null,
    at: Moment,
  ): Answer | PendingAnswer {
    const { callId, localOptions, connectionIds, bearerInformation } = command.parameters;
    if (callId === undefined) return refuse(516, "CRCX needs a call id (C:)");
    if (connectionIds !== undefined) return refuse(539, "the connection id (I:) of a CRCX is the gateway's to choose");
    if (bearerInformation !== undefined && this.#relays.owns(endpoint.local))
      return refuse(539, "a packet relay has no bearer (B:)");
    if (command.parameters.mode === undefined) return refuse(517, "CRCX needs a connection mode (M:)");
    const mode = checkMode(command.parameters.mode);
    if (!mode.ok) return mode.answer;
    const remote = checkSession(command.session);
    if (!remote.ok) return remote.answer;
    const tag = readTag(command.parameters);
    if (!tag.ok) return refuse(510, tag.reason);
    if (second !== null && remote.value !== null)
      return refuse(510, "either a remote description or a second endpoint (Z2:), not both");
    const unfit = checkOptions(localOptions, second === null ? "IN" : "LOCAL");
    if (unfit !== null) return unfit;
    const wishes = { ...optionWishes(localOptions), remote: remote.value };
    const { local } = endpoint;
    const request = { ...wishes, endpoint: local, callId, mode: mode.value, tag: tag.value ?? "", epoch };
    if (second !== null) return this.#createLocal(request, command, second, at);
    const outcome = this.#control.create(request, at);
    if (outcome.kind === "refused") return refuse(outcome.code, outcome.reason);
    const specific = specificName(command.endpoint, local);
    if (outcome.kind === "done") return this.created(outcome.row, specific, outcome.outputs);
    return { pending: outcome.key, specific, answer: { response: null, outputs: outcome.outputs } };
  }

  /** Section 2.3.5: two connections at once; the answer describes the first. */
  #createLocal(request: CreateRequest, { endpoint, parameters }: MgcpCommand, second: Endpoint, at: Moment): Answer {
    const outcome = this.#control.createLocal(request, second.local, at);
    if (outcome.kind === "refused") return refuse(outcome.code, outcome.reason);
    const { row, other, outputs } = outcome;
    const asked = parameters.secondEndpoint;
    const secondEndpoint = asked === undefined ? null : specificName(asked, second.local);
    return this.created(row, specificName(endpoint, row.endpoint), outputs, {
      ...(secondEndpoint !== null && { secondEndpoint }),
      secondConnectionId: other.connectionId,
    });
  }

  /** The answer to a CRCX whose ports are open. */
  created(
    row: ConnectionRow,
    specific: EndpointName | null,
    outputs: readonly ControlOutput[] = [],
    more: MgcpParameters | null = null,
  ): Answer {
    const extensions =
      row.origin.from === "line" ? [writeOrigin({ device: row.origin.device, address: row.origin.address })] : [];
    const connectionIds = [row.connectionId];
    const told: MgcpParameters =
      specific === null ? { connectionIds, extensions } : { connectionIds, endpointIds: [specific], extensions };
    return accept(more === null ? told : { ...told, ...more }, outputs, [writeLocalDescription(row)]);
  }

  /** The answer to an MDCX whose new far side is heard. */
  modified(row: ConnectionRow): Answer {
    return accept({}, [], [writeLocalDescription(row)]);
  }

  modify(command: MgcpCommand, endpoint: Endpoint, epoch: Epoch | null, at: Moment): Answer | PendingAnswer {
    const row = this.#find(command, endpoint);
    if (!row.ok) return row.answer;
    const { mode: modeName, localOptions } = command.parameters;
    const mode = modeName === undefined ? null : checkMode(modeName);
    if (mode !== null && !mode.ok) return mode.answer;
    const remote = checkSession(command.session);
    if (!remote.ok) return remote.answer;
    const tag = readTag(command.parameters);
    if (!tag.ok) return refuse(510, tag.reason);
    const isLocal = row.value.otherHalf !== null && remote.value === null;
    const unfit = checkOptions(localOptions, isLocal ? "LOCAL" : "IN");
    if (unfit !== null) return unfit;
    const wishes = { ...optionWishes(localOptions), remote: remote.value };
    const request = { ...wishes, mode: mode?.value ?? null, tag: tag.value, epoch };
    const outcome = this.#control.modify(row.value, request, at);
    if (outcome.kind === "refused") return refuse(outcome.code, outcome.reason);
    if (outcome.kind === "pending")
      return { pending: outcome.key, specific: null, answer: { response: null, outputs: outcome.outputs } };
    return accept({}, outcome.outputs, [writeLocalDescription(outcome.row)]);
  }

  /** One connection, all of a call on the endpoint, or all of the endpoint (sections 2.3.7 and 2.3.9). */
  delete(command: MgcpCommand, endpoint: Endpoint, at: Moment): Answer {
    const { connectionIds, callId } = command.parameters;
    if (connectionIds !== undefined) {
      const row = this.#find(command, endpoint);
      if (!row.ok) return row.answer;
      const parameters = { connectionParameters: this.connectionParameters(row.value, at.nowMs) };
      return accept(parameters, this.#control.delete(row.value, "deleted", at), [], 250);
    }
    return accept({}, this.clear(endpoint, at, callId), [], 250);
  }

  /** Connections still being made are given up. */
  abandon({ local }: Endpoint, callId: string | null): ControlOutput[] {
    return this.#control.abandonCreations(local, callId);
  }

  /** All connections of the endpoint, or of one call. */
  clear({ local }: Endpoint, at: Moment, callId: string | null = null): ControlOutput[] {
    const isDoomed = (row: ConnectionRow) => callId === null || row.callId.toUpperCase() === callId.toUpperCase();
    const doomed = this.#table.onEndpoint(local).filter(isDoomed);
    return [
      ...this.#control.abandonCreations(local, callId),
      ...doomed.flatMap((row) => this.#control.delete(row, "deleted", at)),
    ];
  }

  /** P: section 3.2.2.7, what is not known left out. Nine digits: a counter that outgrows them stays at 999999999. */
  connectionParameters(row: ConnectionRow, nowMs: number): ConnectionParameters {
    const { statistics } = this.#control.describe(row, "", nowMs);
    const { jitterMs, roundTripMs } = statistics;
    const told: { -readonly [Key in keyof ConnectionParameters]: ConnectionParameters[Key] } = {
      packetsSent: nineDigits(statistics.packetsSent),
      octetsSent: nineDigits(statistics.octetsSent),
      packetsReceived: nineDigits(statistics.packetsReceived),
      octetsReceived: nineDigits(statistics.octetsReceived),
      packetsLost: nineDigits(statistics.packetsLost),
    };
    if (jitterMs !== null) told.jitterMs = nineDigits(jitterMs);
    if (roundTripMs !== null) told.latencyMs = nineDigits(roundTripMs / 2);
    return told;
  }

  #find(command: MgcpCommand, endpoint: Endpoint): Checked<ConnectionRow> {
    const [connectionId, another] = command.parameters.connectionIds ?? [];
    const { verb } = command;
    if (connectionId === undefined || another !== undefined)
      return { ok: false, answer: refuse(515, `${verb} needs one connection id (I:)`) };
    const row = this.#table.get(connectionId.toUpperCase());
    if (row === undefined || row.endpoint !== endpoint.local)
      return { ok: false, answer: refuse(515, `no connection ${connectionId} on ${endpoint.local}`) };
    const { callId } = command.parameters;
    if (callId !== undefined && callId.toUpperCase() !== row.callId.toUpperCase())
      return { ok: false, answer: refuse(516, `connection ${connectionId} belongs to call ${row.callId}`) };
    return { ok: true, value: row };
  }
}

/** To be told where "any of" was asked for. */
function specificName({ local: asked, domain }: EndpointName, local: string): EndpointName | null {
  return asked.toLowerCase() === local ? null : { local, domain };
}

function checkMode(text: string): Checked<ConnectionMode> {
  const mode = connectionModes.find((candidate) => candidate === text.toLowerCase());
  if (mode !== undefined && supportedModes.includes(mode)) return { ok: true, value: mode };
  return { ok: false, answer: refuse(517, `mode ${text}: ${supportedModes.join(", ")} are supported`) };
}

/** Section 3.2.2.10: what cannot be honoured is refused; what is only advice (bandwidth, echo, silence) is not. */
function checkOptions(options: LocalConnectionOptions | undefined, network: "IN" | "LOCAL"): Answer | null {
  if (options === undefined) return null;
  const { ptimeMs, networks, reservation, gainControl, encryptionKey, others = [] } = options;
  if (ptimeMs !== undefined && (ptimeMs % 10 !== 0 || ptimeMs < 10 || ptimeMs > 60))
    return refuse(535, `packetization period ${ptimeMs}: 10, 20, 30, 40, 50 or 60 ms`);
  if (networks?.some((wanted) => wanted !== network))
    return refuse(532, `network type ${networks.join(";")}: this connection is ${network}`);
  if (reservation === "g" || reservation === "cl") return refuse(532, "resources cannot be reserved: r:be");
  if (typeof gainControl === "number" && gainControl !== 0) return refuse(532, "gain is not controlled: gc:0");
  if (encryptionKey !== undefined) return refuse(541, "media are not encrypted (k:)");
  const packaged = others.find(({ name }) => name.includes("/"));
  return packaged === undefined ? null : refuse(518, `option ${packaged.name} is of a package that is not supported`);
}

function optionWishes(options: LocalConnectionOptions | undefined) {
  const { encodings = [], ptimeMs = null, typeOfService } = options ?? {};
  return { encodings, ptimeMs, dscp: typeOfService === undefined ? null : typeOfService >> 2 };
}

function checkSession(session: string | null): Checked<MediaDescription | null> {
  if (session === null) return { ok: true, value: null };
  if (isLocalSession(session))
    return { ok: false, answer: refuse(505, "a local connection is made by a second endpoint (Z2:)") };
  const description = parseMediaDescription(session);
  if (description.ok) return description;
  return { ok: false, answer: refuse(509, `remote description: ${description.reason}`) };
}

function nineDigits(count: number): number {
  return Math.min(999_999_999, Math.max(0, Math.round(count)));
}
