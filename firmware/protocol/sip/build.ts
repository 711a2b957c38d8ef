/**
 * Requests outside a dialog and responses to requests, with the fields RFC 3261 sections 8.1.1 and 8.2.6 ask for.
 * In-dialog requests are made by dialog.ts.
 */
import {
  type ExtraHeaders,
  emptyBody,
  maxForwardsDefault,
  type NameAddress,
  type SipRequest,
  type SipResponse,
  tagOf,
  withTag,
} from "./message.js";
import { reasonOf } from "./status.js";
import type { Uri } from "./uri.js";

export interface NewRequest {
  readonly method: string;
  /** The Request-URI. */
  readonly uri: Uri;
  /** With a tag (section 8.1.1.3). */
  readonly from: NameAddress;
  /** Without a tag. */
  readonly to: NameAddress;
  readonly callId: string;
  readonly sequence: number;
  readonly headers?: ExtraHeaders;
  readonly body?: Uint8Array;
}

/** A request outside any dialog; SipTransactions puts the Via on it. */
export function requestOutsideDialog(request: NewRequest): SipRequest {
  return {
    kind: "request",
    method: request.method,
    uri: request.uri,
    headers: {
      via: [],
      maxForwards: maxForwardsDefault,
      from: request.from,
      to: request.to,
      callId: request.callId,
      cseq: { number: request.sequence, method: request.method },
      ...request.headers,
    },
    body: request.body ?? emptyBody,
  };
}

export interface NewResponse {
  /** Instead of the usual phrase. */
  readonly reason?: string;
  /** Added to To when it has no tag yet; every response but 100 needs one (section 8.2.6.2). */
  readonly toTag?: string;
  readonly headers?: ExtraHeaders;
  readonly body?: Uint8Array;
}

/** Section 8.2.6.2: Via, From, To, Call-ID and CSeq are those of the request; Record-Route too (section 12.1.1). */
export function responseTo(request: SipRequest, status: number, response: NewResponse = {}): SipResponse {
  const { via, from, to, callId, cseq, recordRoute } = request.headers;
  const tagged = response.toTag === undefined || tagOf(to) !== null ? to : withTag(to, response.toTag);
  const routes = recordRoute === undefined || status === 100 || status >= 300 ? {} : { recordRoute };
  return {
    kind: "response",
    status,
    reason: response.reason ?? reasonOf(status),
    headers: { via, from, to: tagged, callId, cseq, ...routes, ...response.headers },
    body: response.body ?? emptyBody,
  };
}
