/**
 * What a user agent server looks at before it takes a request as a new call (RFC 3261 section 8.2). Not who may call,
 * and not the session description: those are the telephones' and lines' to judge.
 */
import type { NewResponse } from "./build.js";
import { type SipRequest, sdpType, tagOf } from "./message.js";

/** The status to refuse by, and what the response must hold besides. */
export interface Refusal {
  readonly status: number;
  readonly response: NewResponse;
}

/** Null when an INVITE may begin a call. In the order of sections 8.2.2 and 8.2.3. */
export function inspectNewInvite(request: SipRequest): Refusal | null {
  const { to, require, contentType, others } = request.headers;
  // Section 12.2.2: a tag in To names a dialog, and no dialog of ours took it: we have forgotten that call.
  if (tagOf(to) !== null) return { status: 481, response: {} };
  if (request.uri.kind !== "sip") return { status: 416, response: {} };
  if (require !== undefined && require.length > 0) {
    return { status: 420, response: { headers: { unsupported: require } } };
  }
  const isEncoded = others?.some(
    ({ name, value }) => name.toLowerCase() === "content-encoding" && value !== "identity",
  );
  const isSession = contentType?.split(";")[0]?.trim().toLowerCase() === sdpType;
  if (request.body.length > 0 && (!isSession || isEncoded)) {
    return { status: 415, response: { headers: { accept: [sdpType] } } };
  }
  return null;
}

/** Outside any dialog or in one nobody knows: the answer to a request that begins no call (sections 8.2.1 and 12.2.2). */
export function answerOutsideCalls(request: SipRequest, allow: readonly string[]): Refusal {
  if (tagOf(request.headers.to) !== null || request.method === "BYE") return { status: 481, response: {} };
  if (request.method !== "OPTIONS") return { status: 405, response: { headers: { allow } } };
  const { require } = request.headers;
  if (require !== undefined && require.length > 0) {
    return { status: 420, response: { headers: { unsupported: require } } };
  }
  return { status: 200, response: { headers: { allow, accept: [sdpType] } } };
}
