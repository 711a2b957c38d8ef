/**
 * One connection as AuditConnection tells it (RFC 3435 sections 2.3.11 and 3.3.7), for gateways without package x-ho. The
 * answer has C, N, L, M, P, LC and RC; no duration and no originating device, so those stay empty, and LA is no round trip.
 */
import {
  type ActiveConnection,
  type Coding,
  type ConnectionMode,
  type ConnectionState,
  connectionModes,
  namedConnection,
} from "#protocol/active-connection.js";
import { isLocalSession } from "#protocol/mgcp/local-session.js";
import type { MgcpParameters, MgcpResponse } from "#protocol/mgcp/message.js";
import { type MediaDescription, parseMediaDescription } from "#protocol/sdp.js";

/** F: of the AuditConnection whose answer is read here. */
export const connectionInfo = ["C", "N", "L", "M", "LC", "RC", "P"] as const;

/** What no gateway can tell by RFC 3435 alone. */
export const neverTold = [
  "originating device and its address",
  "duration and start",
  "tag, epoch, journal and change counter",
];

/** A connection of which only the name is known: its endpoint listed it, AuditConnection is not supported. */
export function listedConnection(gateway: string, endpoint: string, connectionId: string): ActiveConnection {
  return { ...namedConnection(gateway, connectionId.toUpperCase()), endpoint, state: "up" };
}

/** The named connection with what the answer adds. */
export function auditedConnection(named: ActiveConnection, response: MgcpResponse): ActiveConnection {
  const { parameters } = response;
  const [local, remote] = response.sessions.map(describe);
  const mode = connectionModes.find((known) => known === parameters.mode) ?? named.mode;
  const statistics = statisticsOf(parameters, named.statistics);
  const coding = remote?.codings[0] ?? local?.codings[0] ?? codingOf(parameters);
  return {
    ...named,
    callId: parameters.callId ?? "",
    mode,
    state: stateOf(mode, response.sessions, statistics),
    sendCoding: coding,
    receiveCoding: local?.codings[0] ?? coding,
    qos: qosOf(parameters, named.qos),
    localMedia: local?.media ?? null,
    remoteMedia: remote?.media ?? null,
    statistics,
    notifiedEntity: parameters.notifiedEntity ?? "",
  };
}

/** "v=0" alone says that there is no description (section 3.3.7). */
function describe(session: string): MediaDescription | null {
  const description = parseMediaDescription(session);
  return description.ok ? description.value : null;
}

/**
 * The descriptions of a local connection (section 3.4.2) are such too, although they hold no address. Inactive with nothing
 * counted is a call that nobody answered yet, as call agents make them; with something it is held.
 */
function stateOf(
  mode: ConnectionMode,
  [local = "", remote = ""]: readonly string[],
  { packetsSent, packetsReceived }: ActiveConnection["statistics"],
): ConnectionState {
  const isDescribed = (session: string) => isLocalSession(session) || describe(session) !== null;
  if (!isDescribed(local) || !isDescribed(remote)) return "setting-up";
  if (mode === "inactive" && packetsSent + packetsReceived === 0) return "setting-up";
  return mode === "sendrecv" ? "up" : "held";
}

/** L: names the coding only where no description does. */
function codingOf({ localOptions }: MgcpParameters): Coding | null {
  const encoding = localOptions?.encodings?.[0];
  const payloadType = encoding === "PCMU" ? 0 : encoding === "PCMA" ? 8 : null;
  if (encoding === undefined || payloadType === null) return null;
  return { encoding, clockRateHz: 8_000, payloadType, ptimeMs: localOptions?.ptimeMs ?? 20 };
}

/** The two low bits of the octet are ECN, not DSCP (RFC 3168 section 5). */
function qosOf({ localOptions }: MgcpParameters, otherwise: ActiveConnection["qos"]): ActiveConnection["qos"] {
  const { typeOfService, reservation } = localOptions ?? {};
  const names = { g: "guaranteed", cl: "controlled-load", be: "none" } as const;
  return {
    dscp: typeOfService === undefined ? otherwise.dscp : typeOfService >> 2,
    reservation: reservation === undefined ? otherwise.reservation : names[reservation],
  };
}

function statisticsOf(
  { connectionParameters: told }: MgcpParameters,
  otherwise: ActiveConnection["statistics"],
): ActiveConnection["statistics"] {
  return {
    ...otherwise,
    packetsSent: told?.packetsSent ?? 0,
    octetsSent: told?.octetsSent ?? 0,
    packetsReceived: told?.packetsReceived ?? 0,
    octetsReceived: told?.octetsReceived ?? 0,
    packetsLost: told?.packetsLost ?? 0,
    jitterMs: told?.jitterMs ?? null,
  };
}
