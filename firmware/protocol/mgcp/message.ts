/**
 * MGCP messages as values (RFC 3435 section 3 and Appendix A). parse.ts makes them from bytes, write.ts bytes from
 * them, both by the table in parameters.ts.
 */

/** MESG is the base package's (Appendix B.3). */
export const mgcpVerbs = ["EPCF", "CRCX", "MDCX", "DLCX", "RQNT", "NTFY", "AUEP", "AUCX", "RSIP", "MESG"] as const;
export type MgcpVerb = (typeof mgcpVerbs)[number];

/** `aaln/1@gw1.example`: the local part may hold the wildcards `*` and `$` (section 2.1.2). */
export interface EndpointName {
  readonly local: string;
  readonly domain: string;
}

export interface MgcpCommand {
  readonly kind: "command";
  readonly verb: MgcpVerb;
  /** 1 .. 999999999. */
  readonly transactionId: number;
  readonly endpoint: EndpointName;
  readonly parameters: MgcpParameters;
  /** Session description (SDP), its lines ended by CR LF; null when there is none. */
  readonly session: string | null;
}

export interface MgcpResponse {
  readonly kind: "response";
  /** 000 .. 999. */
  readonly code: number;
  readonly transactionId: number;
  /** Only with 8xx: the package whose code it is. */
  readonly packageName: string | null;
  readonly comment: string;
  readonly parameters: MgcpParameters;
  /** None, one, or for AUCX local then remote (section 3.2.2). */
  readonly sessions: readonly string[];
}

export type MgcpMessage = MgcpCommand | MgcpResponse;

/**
 * `L/hd`, `D/[0-9#*T]`, `G/rt@0A3F58`, `BP/UV(signal=G/rt)`; the parameters as written (event-parameters.ts reads
 * them).
 */
export interface EventName {
  readonly packageName: string | null;
  readonly event: string;
  readonly connectionId: string | null;
  readonly parameters: readonly string[];
}

export interface RequestedEvent extends EventName {
  readonly actions: readonly RequestedAction[];
}

export type RequestedAction =
  | { readonly kind: "notify" | "accumulate" | "digits" | "swap" | "ignore" | "keep" }
  | { readonly kind: "embedded"; readonly request: EmbeddedRequest }
  /** Of a package (section 6.1): `PKG/act(parameters)`. */
  | {
      readonly kind: "extension";
      readonly packageName: string;
      readonly action: string;
      readonly parameters: readonly string[];
    };

export interface EmbeddedRequest {
  readonly requestedEvents: readonly RequestedEvent[];
  readonly signals: readonly EventName[];
  readonly digitMap: string | null;
}

/** Both ends belong to it. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/** An attribute of L:, A: or B: that these tables do not name: as written, the value empty where there is none. */
export interface OtherOption {
  readonly name: string;
  readonly value: string;
}

/** L: (section 3.2.2.10). What is not named here is kept in `others` as written. */
export interface LocalConnectionOptions {
  /** The packet time asked for; of a range 20 ms where that lies within, else the shorter end. */
  readonly ptimeMs?: number;
  /** Only where a range was given. */
  readonly ptimeRangeMs?: NumberRange;
  /** In order of preference, upper case. */
  readonly encodings?: readonly string[];
  readonly bandwidthKbps?: NumberRange;
  /** Type of service, the whole octet: 0xB8 is DSCP 46. */
  readonly typeOfService?: number;
  readonly echoCancellation?: boolean;
  /** Gain in dB, or left to the gateway. */
  readonly gainControl?: "auto" | number;
  readonly silenceSuppression?: boolean;
  readonly reservation?: "g" | "cl" | "be";
  /** As k= of SDP (RFC 2327); the key as written, quotes and all, empty with prompt. */
  readonly encryptionKey?: { readonly method: "clear" | "base64" | "uri" | "prompt"; readonly key: string };
  /** Upper case: IN, ATM, LOCAL. More than one only in capabilities. */
  readonly networks?: readonly string[];
  readonly others?: readonly OtherOption[];
}

/** A: (section 3.2.2.3), one line: what holds for its encodings together. */
export interface Capability {
  readonly options: LocalConnectionOptions;
  /** v: package names as written, the first is the default package. */
  readonly packages?: readonly string[];
  /** m: connection modes, lower case. */
  readonly modes?: readonly string[];
}

/** B: (section 3.2.2.1). */
export interface BearerInformation {
  readonly encoding?: "A" | "mu";
  readonly others?: readonly OtherOption[];
}

/** P: (section 3.2.2.7): at most nine digits each; what is above stays there. */
export interface ConnectionParameters {
  readonly packetsSent?: number;
  readonly octetsSent?: number;
  readonly packetsReceived?: number;
  readonly octetsReceived?: number;
  readonly packetsLost?: number;
  /** In ms, as the RFC says. */
  readonly jitterMs?: number;
  readonly latencyMs?: number;
  /** Of packages and vendors: `RTCP/xr`, `X-FOO`. */
  readonly others?: readonly { readonly name: string; readonly value: number }[];
}

/** Package and vendor parameters (`x-ho/T`, `X-FOO`) in the order they stood; a name may be there more than once. */
export interface ExtensionParameter {
  readonly name: string;
  readonly value: string;
}

export interface MgcpParameters {
  /** K: an empty list in a final response asks for an acknowledgement (section 3.5.6). */
  readonly responseAck?: readonly NumberRange[];
  readonly bearerInformation?: BearerInformation;
  readonly callId?: string;
  readonly connectionIds?: readonly string[];
  readonly notifiedEntity?: string;
  readonly requestIdentifier?: string;
  readonly localOptions?: LocalConnectionOptions;
  readonly mode?: string;
  readonly requestedEvents?: readonly RequestedEvent[];
  readonly signals?: readonly EventName[];
  readonly digitMap?: string;
  readonly observedEvents?: readonly EventName[];
  readonly connectionParameters?: ConnectionParameters;
  readonly reasonCode?: { readonly code: number; readonly packageName: string | null; readonly text: string };
  readonly endpointIds?: readonly EndpointName[];
  readonly secondEndpoint?: EndpointName;
  readonly secondConnectionId?: string;
  readonly requestedInfo?: readonly string[];
  readonly quarantine?: { readonly loop: boolean; readonly process: boolean };
  readonly detectEvents?: readonly EventName[];
  readonly restartMethod?: string;
  readonly restartDelaySeconds?: number;
  /** A: one entry per line. */
  readonly capabilities?: readonly Capability[];
  readonly eventStates?: readonly EventName[];
  readonly packages?: readonly { readonly name: string; readonly version: number }[];
  readonly datagramBytesMax?: number;
  readonly extensions?: readonly ExtensionParameter[];
}

export function formatEndpoint(endpoint: EndpointName): string {
  return `${endpoint.local}@${endpoint.domain}`;
}
