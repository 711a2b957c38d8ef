/**
 * MGCP messages as values (RFC 3435 section 3 and Appendix A). parse.ts makes them from bytes, write.ts bytes from them,
 * both by the table in parameters.ts.
 */

export const mgcpVerbs = ["EPCF", "CRCX", "MDCX", "DLCX", "RQNT", "NTFY", "AUEP", "AUCX", "RSIP"] as const;
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

/** `L/hd`, `D/[0-9#*T]`, `G/rt@0A3F58`, `BP/UV(signal=G/rt)`; the parameters are kept as written. */
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
  | { readonly kind: "embedded"; readonly request: EmbeddedRequest };

export interface EmbeddedRequest {
  readonly requestedEvents: readonly RequestedEvent[];
  readonly signals: readonly EventName[];
  readonly digitMap: string | null;
}

/** L: (section 3.2.2.10). What is not named here is kept in `others` as written. */
export interface LocalConnectionOptions {
  readonly ptimeMs?: number;
  readonly encodings?: readonly string[];
  /** Type of service, the whole octet: 0xB8 is DSCP 46. */
  readonly typeOfService?: number;
  readonly echoCancellation?: boolean;
  readonly silenceSuppression?: boolean;
  readonly reservation?: "g" | "cl" | "be";
  readonly others?: readonly { readonly name: string; readonly value: string }[];
}

/** P: (section 3.2.2.7): at most nine digits each. */
export interface ConnectionParameters {
  readonly packetsSent?: number;
  readonly octetsSent?: number;
  readonly packetsReceived?: number;
  readonly octetsReceived?: number;
  readonly packetsLost?: number;
  /** In ms, as the RFC says. */
  readonly jitterMs?: number;
  readonly latencyMs?: number;
}

/** Package and vendor parameters (`x-ho/T`, `X-FOO`) in the order they stood; a name may be there more than once. */
export interface ExtensionParameter {
  readonly name: string;
  readonly value: string;
}

export interface MgcpParameters {
  /** K: an empty list in a final response asks for an acknowledgement (section 3.5.6). */
  readonly responseAck?: readonly { readonly first: number; readonly last: number }[];
  readonly bearerInformation?: string;
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
  /** A: one entry per line, as written. */
  readonly capabilities?: readonly string[];
  readonly eventStates?: readonly EventName[];
  readonly packages?: readonly { readonly name: string; readonly version: number }[];
  readonly datagramBytesMax?: number;
  readonly extensions?: readonly ExtensionParameter[];
}

export function formatEndpoint(endpoint: EndpointName): string {
  return `${endpoint.local}@${endpoint.domain}`;
}
