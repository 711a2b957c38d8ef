/** CRCX, MDCX and DLCX (RFC 3435 sections 2.3.5 to 2.3.9): parameters checked and turned into call-control's requests. */
import { type ConnectionMode, connectionModes, type Epoch } from "#protocol/active-connection.js";
import type { MgcpCommand, MgcpParameters } from "#protocol/mgcp/message.js";
import { readTag, writeOrigin } from "#protocol/mgcp/recovery-package.js";
import { type MediaDescription, parseMediaDescription, writeMediaDescription } from "#protocol/sdp.js";
import type { CallControl, Moment } from "./call-control.js";
import type { ConnectionRow, ConnectionTable } from "./connection-table.js";
import type { Endpoint } from "./endpoints.js";
import { type Answer, accept, refuse } from "./mgcp-answer.js";

/** Modes the engine can do on a line. */
const supportedModes: readonly ConnectionMode[] = ["sendrecv", "sendonly", "recvonly", "inactive"];

type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly answer: Answer };

export class MgcpConnections {
  readonly #control: CallControl;
  readonly #table: ConnectionTable;

  constructor(control: CallControl, table: ConnectionTable) {
    this.#control = control;
    this.#table = table;
  }

  /** An answer at once when it is refused, else the connection that `created` will be said of. */
  create(
    command: MgcpCommand,
    endpoint: Endpoint,
    epoch: Epoch | null,
    at: Moment,
  ): Answer | { readonly pending: string; readonly answer: Answer } {
    const { callId, localOptions, secondEndpoint } = command.parameters;
    if (callId === undefined) return refuse(510, "CRCX needs a call id (C:)");
    if (secondEndpoint !== undefined) return refuse(507, "a second endpoint is not supported");
    if (command.parameters.mode === undefined) return refuse(510, "CRCX needs a connection mode (M:)");
    const mode = checkMode(command.parameters.mode);
    if (!mode.ok) return mode.answer;
    const remote = checkSession(command.session);
    if (!remote.ok) return remote.answer;
    const tag = readTag(command.parameters);
    if (!tag.ok) return refuse(510, tag.reason);
    const ptimeMs = localOptions?.ptimeMs ?? null;
    if (ptimeMs !== null && (ptimeMs % 10 !== 0 || ptimeMs < 10 || ptimeMs > 60))
      return refuse(535, `packetization period ${ptimeMs}: 10, 20, 30, 40, 50 or 60 ms`);
    const outcome = this.#control.create(
      {
        endpoint: endpoint.local,
        callId,
        mode: mode.value,
        encodings: localOptions?.encodings ?? [],
        ptimeMs,
        dscp: localOptions?.typeOfService === undefined ? null : localOptions.typeOfService >> 2,
        remote: remote.value,
        tag: tag.value ?? "",
        epoch,
      },
      at,
    );
    if (outcome.kind === "refused") return refuse(outcome.code, outcome.reason);
    return { pending: outcome.connectionId, answer: { response: null, outputs: outcome.outputs } };
  }

  /** The answer to a CRCX whose ports are open. */
  created(row: ConnectionRow): Answer {
    const extensions =
      row.origin.from === "line" ? [writeOrigin({ device: row.origin.device, address: row.origin.address })] : [];
    const parameters: MgcpParameters = { connectionIds: [row.connectionId], extensions };
    return accept(parameters, [], [writeMediaDescription(row.local)]);
  }

  modify(command: MgcpCommand, endpoint: Endpoint, epoch: Epoch | null, at: Moment): Answer {
    const row = this.#find(command, endpoint);
    if (!row.ok) return row.answer;
    const mode = command.parameters.mode === undefined ? null : checkMode(command.parameters.mode);
    if (mode !== null && !mode.ok) return mode.answer;
    const remote = checkSession(command.session);
    if (!remote.ok) return remote.answer;
    const tag = readTag(command.parameters);
    if (!tag.ok) return refuse(510, tag.reason);
    const outcome = this.#control.modify(
      row.value,
      { mode: mode?.value ?? null, remote: remote.value, tag: tag.value, epoch },
      at,
    );
    if (outcome.kind === "refused") return refuse(outcome.code, outcome.reason);
    return accept({}, outcome.outputs, [writeMediaDescription(outcome.row.local)]);
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
    const doomed = this.#table
      .onEndpoint(endpoint.local)
      .filter((row) => callId === undefined || row.callId === callId);
    return accept(
      {},
      doomed.flatMap((row) => this.#control.delete(row, "deleted", at)),
      [],
      250,
    );
  }

  /** P: section 3.2.2.7. Nine digits: a counter that outgrows them stays at 999999999. */
  connectionParameters(row: ConnectionRow, nowMs: number) {
    const { statistics } = this.#control.describe(row, "", nowMs);
    return {
      packetsSent: nineDigits(statistics.packetsSent),
      octetsSent: nineDigits(statistics.octetsSent),
      packetsReceived: nineDigits(statistics.packetsReceived),
      octetsReceived: nineDigits(statistics.octetsReceived),
      packetsLost: nineDigits(statistics.packetsLost),
      jitterMs: nineDigits(statistics.jitterMs ?? 0),
      latencyMs: nineDigits((statistics.roundTripMs ?? 0) / 2),
    };
  }

  #find(command: MgcpCommand, endpoint: Endpoint): Checked<ConnectionRow> {
    const [connectionId, another] = command.parameters.connectionIds ?? [];
    const { verb } = command;
    if (connectionId === undefined || another !== undefined)
      return { ok: false, answer: refuse(510, `${verb} needs one connection id (I:)`) };
    const row = this.#table.get(connectionId.toUpperCase());
    if (row === undefined || row.endpoint !== endpoint.local)
      return { ok: false, answer: refuse(515, `no connection ${connectionId} on ${endpoint.local}`) };
    const { callId } = command.parameters;
    if (callId !== undefined && callId.toUpperCase() !== row.callId.toUpperCase())
      return { ok: false, answer: refuse(516, `connection ${connectionId} belongs to call ${row.callId}`) };
    return { ok: true, value: row };
  }
}

function checkMode(text: string): Checked<ConnectionMode> {
  const mode = connectionModes.find((candidate) => candidate === text.toLowerCase());
  if (mode !== undefined && supportedModes.includes(mode)) return { ok: true, value: mode };
  return { ok: false, answer: refuse(517, `mode ${text}: ${supportedModes.join(", ")} are supported`) };
}

function checkSession(session: string | null): Checked<MediaDescription | null> {
  if (session === null) return { ok: true, value: null };
  const description = parseMediaDescription(session);
  if (description.ok) return description;
  return { ok: false, answer: refuse(509, `remote description: ${description.reason}`) };
}

function nineDigits(count: number): number {
  return Math.min(999_999_999, Math.max(0, Math.round(count)));
}
