/**
 * SIP messages as values (RFC 3261 section 7). parse.ts makes them from bytes, write.ts bytes from them, both by the
 * table in header-fields.ts. A value is never half: the six fields every message must have are always there.
 */
import { parameterOf, type SipParameter, withParameter } from "./parameter.js";
import type { Uri } from "./uri.js";

/** Method names are case-sensitive tokens; these are the ones this project sends or answers. */
export const sipMethods = [
  "INVITE",
  "ACK",
  "BYE",
  "CANCEL",
  "OPTIONS",
  "REGISTER",
  "SUBSCRIBE",
  "NOTIFY",
  "INFO",
  "UPDATE",
  "PRACK",
] as const;

export interface SipRequest {
  readonly kind: "request";
  readonly method: string;
  readonly uri: Uri;
  readonly headers: SipHeaders;
  readonly body: Uint8Array;
}

export interface SipResponse {
  readonly kind: "response";
  /** 100 .. 699. */
  readonly status: number;
  readonly reason: string;
  readonly headers: SipHeaders;
  readonly body: Uint8Array;
}

export type SipMessage = SipRequest | SipResponse;

/** `"Display" <uri>;parameters`, as From, To, Contact, Route hold it (section 20.10). */
export interface NameAddress {
  /** Without quotes and escapes; null when there is none. */
  readonly displayName: string | null;
  readonly uri: Uri;
  /** Of the header field (tag, expires), not of the URI. */
  readonly parameters: readonly SipParameter[];
}

/** `SIP/2.0/UDP host:port;branch=…` (section 20.42). */
export interface Via {
  /** Upper case: UDP, TCP. */
  readonly transport: string;
  /** sent-by; IPv6 without brackets. */
  readonly host: string;
  readonly port: number | null;
  readonly parameters: readonly SipParameter[];
}

export interface CSeq {
  /** 0 .. 2^31-1 (section 8.1.1.5). */
  readonly number: number;
  readonly method: string;
}

/** A token with parameters: Event, Subscription-State. */
export interface ParameterisedToken {
  readonly token: string;
  readonly parameters: readonly SipParameter[];
}

/** A header field kept as written, unfolded. */
export interface RawHeader {
  readonly name: string;
  readonly value: string;
}

export interface SipHeaders {
  /** The topmost first. Empty only in a request that has not yet been given to SipTransactions, which adds its own. */
  readonly via: readonly Via[];
  readonly from: NameAddress;
  readonly to: NameAddress;
  readonly callId: string;
  readonly cseq: CSeq;
  readonly maxForwards?: number;
  readonly route?: readonly NameAddress[];
  readonly recordRoute?: readonly NameAddress[];
  readonly contact?: readonly NameAddress[] | "*";
  readonly expiresSeconds?: number;
  readonly minExpiresSeconds?: number;
  readonly event?: ParameterisedToken;
  readonly subscriptionState?: ParameterisedToken;
  readonly allow?: readonly string[];
  readonly allowEvents?: readonly string[];
  /** Media ranges as written, parameters included. */
  readonly accept?: readonly string[];
  readonly supported?: readonly string[];
  readonly require?: readonly string[];
  readonly proxyRequire?: readonly string[];
  readonly unsupported?: readonly string[];
  readonly retryAfterSeconds?: number;
  readonly userAgent?: string;
  readonly server?: string;
  readonly contentType?: string;
  /** Every other header field, in the order they stood. Content-Length is not a value: the body has its length. */
  readonly others?: readonly RawHeader[];
}

/** What a caller may add to the fields that building a request or response sets by itself. */
export type ExtraHeaders = Partial<Omit<SipHeaders, "via" | "from" | "to" | "callId" | "cseq">>;

/** Payload of a UDP datagram over IPv4 at most; also the longest message taken where nothing else is said. */
export const messageBytesMax = 65_507;
export const headersMax = 256;
export const maxForwardsDefault = 70;

/** Content-Type of a session description (RFC 8866 section 8.1). */
export const sdpType = "application/sdp";

export const emptyBody: Uint8Array = new Uint8Array(0);

/** The tag of From or To; null when there is none. */
export function tagOf(party: NameAddress): string | null {
  return parameterOf(party.parameters, "tag") ?? null;
}

export function withTag(party: NameAddress, tag: string): NameAddress {
  return { ...party, parameters: withParameter(party.parameters, "tag", tag) };
}

export function nameAddress(uri: Uri, displayName: string | null = null): NameAddress {
  return { displayName, uri, parameters: [] };
}

export function bodyText(message: SipMessage): string {
  return new TextDecoder().decode(message.body);
}

export function bodyOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
