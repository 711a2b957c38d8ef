/**
 * What a gateway tells of one media connection, whoever asks and by whichever protocol: the record that the three
 * faces (mgcp/recovery-package, mib/holdover-mib, dialog-info) write and that the three queries read back.
 * It is a value; the one table it is made from is management/connection-table.
 */
import type { Address } from "./address.js";

/** RFC 3435 section 2.3.5, ConnectionMode. */
export const connectionModes = ["sendonly", "recvonly", "sendrecv", "inactive", "loopback", "netwloop"] as const;
export type ConnectionMode = (typeof connectionModes)[number];

/**
 * setting-up: not yet both descriptions and a mode that carries media; up: media flows both ways;
 * held: was up, now a mode that carries media one way or not at all; ended: in the journal only.
 */
export const connectionStates = ["setting-up", "up", "held", "ended"] as const;
export type ConnectionState = (typeof connectionStates)[number];

/** A coding algorithm as SDP names it (RFC 8866 a=rtpmap) with what the packets carry. */
export interface Coding {
  /** Encoding name, upper case: PCMU, PCMA, G722. */
  readonly encoding: string;
  readonly clockRateHz: number;
  readonly payloadType: number;
  /** Packet time, ms. */
  readonly ptimeMs: number;
}

/** The station that went off-hook first. */
export interface OriginatingDevice {
  /** Number or SIP identity of the station, e.g. `101` or `sip:101@192.0.2.7`. */
  readonly device: string;
  /** Its network address, an IP literal; null where the gateway was not told. */
  readonly address: string | null;
  /** How this gateway knows: its own line, the call server's tag, or the far session description. */
  readonly from: "line" | "tag" | "remote-description";
}

export interface QualityOfService {
  /** The code point really set on the socket, 0..63 (RFC 2474). */
  readonly dscp: number;
  readonly reservation: "none" | "guaranteed" | "controlled-load";
}

/** Counters are since the connection was made; null is "not known", never a friendly guess. */
export interface ConnectionStatistics {
  readonly packetsSent: number;
  readonly octetsSent: number;
  readonly packetsReceived: number;
  readonly octetsReceived: number;
  readonly packetsLost: number;
  /** RFC 3550 section 6.4.1 interarrival jitter, in ms. */
  readonly jitterMs: number | null;
  readonly roundTripMs: number | null;
  readonly mos: number | null;
  /** Age of the last packet heard from the far side, ms. */
  readonly lastMediaAgeMs: number | null;
}

/** Before anything was counted, and what a gateway that cannot tell is taken to say. */
export const noStatistics: ConnectionStatistics = {
  packetsSent: 0,
  octetsSent: 0,
  packetsReceived: 0,
  octetsReceived: 0,
  packetsLost: 0,
  jitterMs: null,
  roundTripMs: null,
  mos: null,
  lastMediaAgeMs: null,
};

/** The fencing epoch: a number that only grows, and the call server that claimed it. */
export interface Epoch {
  readonly number: number;
  readonly server: string;
}

export interface ActiveConnection {
  /** The gateway's domain name. */
  readonly gateway: string;
  /** RFC 3435 ConnectionId: upper-case hex. */
  readonly connectionId: string;
  /** RFC 3435 CallId: hex. */
  readonly callId: string;
  /** Local endpoint name, e.g. `aaln/1`. */
  readonly endpoint: string;
  readonly mode: ConnectionMode;
  readonly state: ConnectionState;
  readonly origin: OriginatingDevice;
  /** Monotonic ms since the connection first carried media; 0 while it is being set up. */
  readonly durationMs: number;
  /** Wall clock of that moment, ms since 1970; null while it is being set up. */
  readonly startedWallMs: number | null;
  readonly sendCoding: Coding | null;
  readonly receiveCoding: Coding | null;
  readonly qos: QualityOfService;
  readonly localMedia: Address | null;
  /** As signalled in the remote session description. */
  readonly remoteMedia: Address | null;
  /** As learnt from the packets (RFC 4961); null until one was accepted. */
  readonly learntMedia: Address | null;
  readonly statistics: ConnectionStatistics;
  /** RFC 3435 NotifiedEntity, e.g. `ca@[192.0.2.1]:2727`; empty when there is none. */
  readonly notifiedEntity: string;
  readonly epoch: Epoch | null;
  /** The call server's own context, printable ASCII (0x20..0x7E), at most tagCharactersMax; empty when there is none. */
  readonly tag: string;
  /** Value of the gateway's change counter when this row last changed. */
  readonly changedAt: number;
}

export const tagCharactersMax = 512;

/** A connection of which only the name is known; whoever learns more puts it in place. */
export function namedConnection(gateway: string, connectionId: string): ActiveConnection {
  return {
    gateway,
    connectionId,
    callId: "",
    endpoint: "",
    mode: "inactive",
    state: "setting-up",
    origin: { device: "", address: null, from: "line" },
    durationMs: 0,
    startedWallMs: null,
    sendCoding: null,
    receiveCoding: null,
    qos: { dscp: 0, reservation: "none" },
    localMedia: null,
    remoteMedia: null,
    learntMedia: null,
    statistics: noStatistics,
    notifiedEntity: "",
    epoch: null,
    tag: "",
    changedAt: 0,
  };
}

/**
 * off-hook: a station began a call; answer: a station that was rung picked up; on-hook: it hung up.
 * Kept by the gateway whether or not a Notify of it was sent, lost or quarantined.
 */
export const lineEventKinds = ["off-hook", "answer", "on-hook"] as const;
export type LineEventKind = (typeof lineEventKinds)[number];

export interface LineEventRecord {
  /** Grows by one per journal entry; what an acknowledgement names. A journal that is kept on disk goes on counting. */
  readonly sequence: number;
  readonly endpoint: string;
  readonly kind: LineEventKind;
  /** Monotonic age at the moment of the answer, ms. */
  readonly ageMs: number;
  /** Call on the endpoint at that moment; empty when there was none yet. */
  readonly callId: string;
  /** Boot id of the start of the gateway under which it happened; not there: the present one. */
  readonly bootId?: string;
}

/** A connection that is gone, as the journal keeps it until acknowledged. */
export interface EndedConnection {
  readonly sequence: number;
  readonly connection: ActiveConnection;
  readonly endedAgeMs: number;
  /** deleted: by a call server's DLCX; gateway: by the gateway itself. */
  readonly reason: "deleted" | "gateway";
  /** As of a line event. */
  readonly bootId?: string;
  /** It ended up to so much later than `endedAgeMs` says, ms; not there: then. */
  readonly errorMs?: number;
}

/** When a call server last sent this gateway anything: what a witness is asked for. */
export interface HeardAgent {
  /** Source address of its commands, an IP literal. */
  readonly address: string;
  readonly ageMs: number;
}

/** One gateway's whole answer to an audit. What the asked protocol cannot tell is null or empty. */
export interface GatewayAudit {
  readonly gateway: string;
  readonly via: AuditProtocol;
  /** Changes at each start of the gateway. */
  readonly bootId: string | null;
  /** Change counter at the moment of the answer. */
  readonly counter: number | null;
  readonly upMs: number | null;
  readonly epoch: Epoch | null;
  readonly heard: readonly HeardAgent[];
  readonly connections: readonly ActiveConnection[];
  readonly lineEvents: readonly LineEventRecord[];
  readonly ended: readonly EndedConnection[];
  /** Told are only the connections that changed behind this value of the counter; not there: all of them. */
  readonly since?: number;
  /** With `since`: ids of the connections that ended behind it. */
  readonly gone?: readonly string[];
}

export const auditProtocols = ["mgcp", "snmp", "sip"] as const;
export type AuditProtocol = (typeof auditProtocols)[number];

/** Names of the code points a voice network uses (RFC 4594 section 2.3, RFC 5865). */
const dscpNames = new Map<number, string>([
  [0, "DF"],
  [8, "CS1"],
  [16, "CS2"],
  [24, "CS3"],
  [26, "AF31"],
  [32, "CS4"],
  [34, "AF41"],
  [40, "CS5"],
  [44, "VA"],
  [46, "EF"],
  [48, "CS6"],
]);

export function dscpName(dscp: number): string {
  return dscpNames.get(dscp) ?? `DSCP ${dscp}`;
}

/** What a face is given to answer from: everything the gateway knows, taken at one moment. */
export type GatewaySnapshot = Omit<GatewayAudit, "via">;
