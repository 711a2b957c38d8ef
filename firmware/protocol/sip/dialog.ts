/**
 * Dialogs (RFC 3261 section 12): the state two user agents share after INVITE or SUBSCRIBE, as a value, and the rules
 * that make and change it as functions. A dialog holds no timers and sends nothing.
 */
import type { Address } from "../address.js";
import { type ParseResult, parsed, refused } from "../parse-result.js";
import {
  type ExtraHeaders,
  emptyBody,
  maxForwardsDefault,
  type NameAddress,
  nameAddress,
  type SipHeaders,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  tagOf,
  withTag,
} from "./message.js";
import { type Uri, uriAddress } from "./uri.js";

export interface SipDialog {
  readonly callId: string;
  /** From or To with the tag of our side, as our requests carry it in From. */
  readonly local: NameAddress;
  /** The far side, with its tag; without one only if it is an RFC 2543 agent (section 12.1.1). */
  readonly remote: NameAddress;
  /** The far side's Contact: Request-URI of our requests. */
  readonly remoteTarget: Uri;
  /** In the order our requests carry them. */
  readonly routeSet: readonly NameAddress[];
  /** CSeq of our last request. */
  readonly localSequence: number;
  /** CSeq of the far side's last request; null while it has sent none. */
  readonly remoteSequence: number | null;
}

/** Section 12.1.1: the dialog of the side that answers `request` (INVITE, SUBSCRIBE) with this tag in To. */
export function dialogAsServer(request: SipRequest, localTag: string): ParseResult<SipDialog> {
  const { from, to, callId, cseq, recordRoute } = request.headers;
  const target = contactUri(request.headers);
  if (target === null) return refused(`${request.method} has no Contact`);
  return parsed({
    callId,
    local: withTag(to, localTag),
    remote: from,
    remoteTarget: target,
    routeSet: recordRoute ?? [],
    localSequence: 0,
    remoteSequence: cseq.number,
  });
}

/**
 * Section 12.1.2: the dialog of the side that sent `request` and got this response with a tag in To. Of the request are
 * taken only fields that a response has too, so the response may stand for it.
 */
export function dialogAsClient(request: SipMessage, response: SipResponse): ParseResult<SipDialog> {
  const { to, recordRoute } = response.headers;
  const target = contactUri(response.headers);
  if (target === null) return refused(`${response.status} has no Contact`);
  if (tagOf(to) === null) return refused(`${response.status} has no tag in To`);
  return parsed({
    callId: request.headers.callId,
    local: request.headers.from,
    remote: to,
    remoteTarget: target,
    routeSet: [...(recordRoute ?? [])].reverse(),
    localSequence: request.headers.cseq.number,
    remoteSequence: null,
  });
}

/** RFC 6665 section 4.4.1: a subscriber's dialog is made by the NOTIFY, whichever way the response to SUBSCRIBE took. */
export function dialogAsSubscriber(subscribe: SipRequest, notify: SipRequest): ParseResult<SipDialog> {
  const { from, cseq, recordRoute } = notify.headers;
  const target = contactUri(notify.headers);
  if (target === null) return refused("NOTIFY has no Contact");
  return parsed({
    callId: subscribe.headers.callId,
    local: subscribe.headers.from,
    remote: from,
    remoteTarget: target,
    routeSet: recordRoute ?? [],
    localSequence: subscribe.headers.cseq.number,
    remoteSequence: cseq.number,
  });
}

function contactUri(headers: SipHeaders): Uri | null {
  return headers.contact === undefined || headers.contact === "*" ? null : (headers.contact[0]?.uri ?? null);
}

/** Names a dialog among those of one user agent; equal to `dialogKeyOf` of the far side's requests in it. */
export function dialogKey(dialog: SipDialog): string {
  return `${dialog.callId} ${tagOf(dialog.local)} ${tagOf(dialog.remote)}`;
}

/** The dialog a received request belongs to; null when it is outside any (no tag in To). */
export function dialogKeyOf(request: SipRequest): string | null {
  const { callId, to, from } = request.headers;
  return tagOf(to) === null ? null : `${callId} ${tagOf(to)} ${tagOf(from)}`;
}

export interface DialogRequest {
  readonly dialog: SipDialog;
  readonly request: SipRequest;
}

/** Section 12.2.1.1: our next request in the dialog, and the dialog after it. Not for ACK: see acknowledgeSuccess. */
export function requestInDialog(
  dialog: SipDialog,
  method: string,
  headers: ExtraHeaders = {},
  body: Uint8Array = emptyBody,
): DialogRequest {
  const sequence = dialog.localSequence + 1;
  const request = compose(dialog, method, sequence, headers, body);
  return { dialog: { ...dialog, localSequence: sequence }, request };
}

/** Section 13.2.2.4: the ACK of a 2xx to the INVITE with this CSeq number. */
export function acknowledgeSuccess(
  dialog: SipDialog,
  inviteSequence: number,
  headers: ExtraHeaders = {},
  body: Uint8Array = emptyBody,
): SipRequest {
  return compose(dialog, "ACK", inviteSequence, headers, body);
}

function compose(
  dialog: SipDialog,
  method: string,
  sequence: number,
  extra: ExtraHeaders,
  body: Uint8Array,
): SipRequest {
  const headers: SipHeaders = {
    via: [],
    maxForwards: maxForwardsDefault,
    ...(dialog.routeSet.length === 0 ? {} : { route: dialog.routeSet }),
    from: dialog.local,
    to: dialog.remote,
    callId: dialog.callId,
    cseq: { number: sequence, method },
    ...extra,
  };
  return { kind: "request", method, uri: dialog.remoteTarget, headers, body };
}

/**
 * Section 12.2.2: a request of the far side in this dialog. Refused when it comes out of order: answer it 500.
 * INVITE, UPDATE, SUBSCRIBE and NOTIFY refresh the target.
 */
export function acceptInDialog(dialog: SipDialog, request: SipRequest): ParseResult<SipDialog> {
  const { number } = request.headers.cseq;
  if (dialog.remoteSequence !== null && number <= dialog.remoteSequence) {
    return refused(`CSeq ${number} is not above ${dialog.remoteSequence}`);
  }
  const refreshes = ["INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY"].includes(request.method);
  const target = refreshes ? contactUri(request.headers) : null;
  return parsed({ ...dialog, remoteSequence: number, remoteTarget: target ?? dialog.remoteTarget });
}

/**
 * Where a request of ours in this dialog goes (section 8.1.2, loose routing): the first route's address, else the
 * target's. Names are not resolved: then it goes to `source`, where the far side's last message came from.
 */
export function dialogPeer(dialog: SipDialog, source: Address): Address {
  return uriAddress(dialog.routeSet[0]?.uri ?? dialog.remoteTarget) ?? source;
}

/** A Contact of ours: where the far side sends its requests in the dialog. */
export function contactOf(uri: Uri): readonly NameAddress[] {
  return [nameAddress(uri)];
}
