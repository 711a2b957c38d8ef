/**
 * One call of a user agent, from its INVITE to its BYE, on either side (RFC 3261 sections 13, 15 and 9). A thin agent:
 * one offer and one answer of audio, either in INVITE and 2xx or in 2xx and ACK; no offers of its own later, while the far
 * side may refresh, hold or move the session by re-INVITE (session-agreement; what is not taken is answered 488 and changes
 * nothing); no forking but that a second answer is acknowledged and ended. It has no time of its own: timeouts are events
 * of the transaction layer. What the call means, to a telephone or to a line, is its owner's.
 *
 *   invite ──► inviting ──2xx──► up ──end, BYE──► over        end: CANCEL, and BYE should a 2xx cross it
 *   INVITE ──► invited ──accept──► up ──end, BYE──► over      end: a refusal; after accept BYE, but not before the ACK
 */
import type { Address } from "../address.js";
import { type Random, randomHex } from "../chance.js";
import { type ParseResult, parsed } from "../parse-result.js";
import { type MediaDescription, writeAnswer, writeMediaDescription } from "../sdp.js";
import { requestOutsideDialog, responseTo } from "./build.js";
import {
  acceptInDialog,
  acknowledgeSuccess,
  contactOf,
  dialogAsClient,
  dialogAsServer,
  dialogKey,
  dialogKeyOf,
  dialogPeer,
  requestInDialog,
  type SipDialog,
} from "./dialog.js";
import {
  bodyOf,
  bodyText,
  type ExtraHeaders,
  nameAddress,
  type SipRequest,
  type SipResponse,
  sdpType,
  withTag,
} from "./message.js";
import { agree, agreeAgain, hasMoved, unheld } from "./session-agreement.js";
import { mediaOf, offerOf } from "./session-body.js";
import {
  ended,
  type Live,
  refusedIn,
  type SessionEnd,
  type SessionEvent,
  type SessionOptions,
  type SessionState,
  type SessionTurn,
} from "./session-state.js";
import type { SipOutput, TransactionKey } from "./sip-output.js";
import type { SipEvent } from "./transactions.js";
import type { Uri } from "./uri.js";

/** Methods of a user agent with such sessions. */
export const sessionMethods = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS"] as const;
const nothing: SessionTurn = { sip: [], events: [] };

export class InviteSession {
  readonly #options: SessionOptions;
  readonly #random: Random;
  #state: SessionState = { name: "new" };

  constructor(options: SessionOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** It is over and the far side is known to know it. */
  get isSettled(): boolean {
    return this.#state.name === "over" && !this.#state.awaitsByeAnswer;
  }

  /** Calls. from and to are URIs without tags; peer is where the INVITE goes. */
  invite(call: { from: Uri; to: Uri; peer: Address; offer: MediaDescription }): readonly SipOutput[] {
    const request = requestOutsideDialog({
      method: "INVITE",
      uri: call.to,
      from: withTag(nameAddress(call.from), randomHex(this.#random, 16)),
      to: nameAddress(call.to),
      callId: randomHex(this.#random, 32),
      sequence: 1,
      headers: this.#headersOfSession(),
      body: bodyOf(writeMediaDescription(call.offer)),
    });
    this.#state = { name: "inviting", request, offer: call.offer, left: false };
    return [{ kind: "request", request, to: call.peer, reference: this.#options.reference }];
  }

  /**
   * Takes a received INVITE and gives its offer, null where it has none (RFC 3261 section 13.3.1); refused when it cannot be
   * taken: answer it 488 then.
   */
  take(key: TransactionKey, request: SipRequest, from: Address): ParseResult<MediaDescription | null> {
    const offer = offerOf(request);
    if (!offer.ok) return offer;
    const dialog = dialogAsServer(request, randomHex(this.#random, 16));
    if (!dialog.ok) return dialog;
    const described = offer.value === null ? null : unheld(offer.value, null);
    this.#state = { name: "invited", key, request, offer: described, live: { dialog: dialog.value, source: from } };
    return parsed(described);
  }

  /** Says that we ring. */
  ring(): readonly SipOutput[] {
    const state = this.#state;
    if (state.name !== "invited") return [];
    return [this.#respondToInvite(state, 180, { contact: contactOf(this.#options.contact) })];
  }

  /** ours: the answer to its offer, or the offer where it has none. */
  accept(ours: MediaDescription): readonly SipOutput[] {
    const state = this.#state;
    if (state.name !== "invited") return [];
    const { key, live, offer, request } = state;
    const agreed = offer === null ? null : agree(offer, ours, true);
    this.#state = { name: "up", live, agreed, awaitsAck: { key, offer: offer === null ? ours : null } };
    const text = offer === null ? writeMediaDescription(ours) : writeAnswer(agreed?.ours ?? ours, bodyText(request));
    return [this.#respondToInvite(state, 200, this.#headersOfSession(), bodyOf(text))];
  }

  /** Ends it from our side, whatever it has come to; no event follows. refusal: to an INVITE not yet accepted. */
  end(refusal = 486): readonly SipOutput[] {
    const state = this.#state;
    switch (state.name) {
      case "inviting":
        this.#state = { ...state, left: true };
        return [{ kind: "cancel", reference: this.#options.reference }];
      case "invited":
        this.#state = { name: "over", live: state.live, awaitsByeAnswer: false };
        return [this.#respondToInvite(state, refusal)];
      case "up":
        if (state.awaitsAck === null) return [this.#bye(state.live)];
        this.#state = { name: "leaving", live: state.live, awaitsAck: state.awaitsAck.key };
        return [];
      case "new":
      case "leaving":
      case "over":
        return [];
    }
  }

  /** Asks whether the far side still knows the dialog (section 11): no answer, or 481, ends the session. */
  probe(): readonly SipOutput[] {
    const state = this.#state;
    if (state.name !== "up") return [];
    const { dialog, request } = requestInDialog(state.live.dialog, "OPTIONS");
    const live = { ...state.live, dialog };
    this.#state = { ...state, live };
    return [this.#request(request, live)];
  }

  /** Null when the event is none of this session's. */
  receive(event: SipEvent): SessionTurn | null {
    const state = this.#state;
    switch (event.kind) {
      case "request":
        return this.#isOurs(event.request) ? this.#receiveRequest(event.key, event.request) : null;
      case "cancel":
        if (state.name !== "invited" || state.key !== event.key) return null;
        return this.#over(state.live, [this.#respondToInvite(state, 487)], "far", "cancelled");
      case "ack":
      case "unacknowledged":
        return this.#receiveAck(event);
      case "response":
        if (event.reference !== this.#options.reference) return null;
        return this.#receiveResponse(event.response, event.from);
      case "failed":
        if (event.reference !== this.#options.reference) return null;
        return this.#receiveFailure(event.reason);
      case "malformed":
        return null;
    }
  }

  #isOurs(request: SipRequest): boolean {
    const state = this.#state;
    if (state.name === "new" || state.name === "inviting" || state.live === null) return false;
    return dialogKeyOf(request) === dialogKey(state.live.dialog);
  }

  #receiveRequest(key: TransactionKey, request: SipRequest): SessionTurn {
    const state = this.#state;
    if (state.name === "new" || state.name === "inviting" || state.live === null) return nothing;
    const respond = (status: number, headers: ExtraHeaders = {}): SipOutput => {
      return { kind: "respond", key, response: responseTo(request, status, { headers }) };
    };
    const dialog = acceptInDialog(state.live.dialog, request);
    if (!dialog.ok) return { sip: [respond(500)], events: [] };
    if (request.method === "BYE") {
      const refusal = state.name === "invited" ? [this.#respondToInvite(state, 487)] : [];
      return this.#over({ ...state.live, dialog: dialog.value }, [respond(200), ...refusal], "far", "BYE");
    }
    if (request.method === "INVITE" && state.name === "up")
      return this.#receiveReinvite(key, request, state, dialog.value);
    this.#state = { ...state, live: refusedIn(state.live, dialog.value) };
    if (state.name === "over") return { sip: [respond(481)], events: [] };
    if (request.method === "OPTIONS")
      return { sip: [respond(200, { allow: sessionMethods, accept: [sdpType] })], events: [] };
    if (request.method !== "INVITE") return { sip: [respond(405, { allow: sessionMethods })], events: [] };
    // Section 14.2: an INVITE while ours to answer is open, or after its 2xx.
    const status = state.name === "invited" ? respond(500, { retryAfterSeconds: 5 }) : respond(491);
    return { sip: [status], events: [] };
  }

  /** Section 14.2. `dialog` is what the request makes of the dialog if it is accepted. */
  #receiveReinvite(
    key: TransactionKey,
    request: SipRequest,
    up: Extract<SessionState, { name: "up" }>,
    dialog: SipDialog,
  ): SessionTurn {
    const offer = offerOf(request);
    const isRefused = up.awaitsAck !== null || up.agreed === null || !offer.ok;
    const agreed = isRefused || offer.value === null ? up.agreed : agreeAgain(up.agreed, offer.value);
    if (isRefused || agreed === null) {
      this.#state = { ...up, live: refusedIn(up.live, dialog) };
      const status = up.awaitsAck === null ? 488 : 491;
      return { sip: [{ kind: "respond", key, response: responseTo(request, status) }], events: [] };
    }
    const { ours, theirs } = agreed;
    const awaitsAck = { key, offer: offer.value === null ? ours : null };
    this.#state = { ...up, agreed, live: { ...up.live, dialog }, awaitsAck };
    const body = bodyOf(offer.value === null ? writeMediaDescription(ours) : writeAnswer(ours, bodyText(request)));
    const response = responseTo(request, 200, { headers: this.#headersOfSession(), body });
    const events: SessionEvent[] = hasMoved(up.agreed, agreed) ? [{ kind: "media", media: theirs }] : [];
    return { sip: [{ kind: "respond", key, response }], events };
  }

  #receiveAck(event: Extract<SipEvent, { kind: "ack" | "unacknowledged" }>): SessionTurn | null {
    const state = this.#state;
    if (state.name !== "up" && state.name !== "leaving") return null;
    if (state.name === "leaving") {
      return state.awaitsAck === event.key ? { sip: [this.#bye(state.live)], events: [] } : null;
    }
    if (state.awaitsAck?.key !== event.key) return null;
    if (event.kind === "unacknowledged") {
      return { sip: [this.#bye(state.live)], events: [ended("failure", "the answer was not acknowledged")] };
    }
    this.#state = { ...state, awaitsAck: null };
    const { offer } = state.awaitsAck;
    return offer === null ? nothing : this.#receiveAnswer(offer, event.request, state);
  }

  /** RFC 3261 section 13.2.1: where the 2xx has the offer, the ACK has the answer. */
  #receiveAnswer(
    offer: MediaDescription,
    ack: SipRequest,
    { live, agreed: before }: Extract<SessionState, { name: "up" }>,
  ): SessionTurn {
    const media = mediaOf(ack);
    const agreed = media.ok ? agree(offer, media.value, false) : null;
    if (agreed === null) {
      const reason = media.ok ? "its answer names no coding" : media.reason;
      return { sip: [this.#bye(live)], events: [ended("failure", reason)] };
    }
    this.#state = { name: "up", live, agreed, awaitsAck: null };
    return hasMoved(before, agreed) ? { sip: [], events: [{ kind: "media", media: agreed.theirs }] } : nothing;
  }

  #receiveResponse(response: SipResponse, from: Address): SessionTurn {
    const state = this.#state;
    const { method } = response.headers.cseq;
    if (method === "OPTIONS" && (response.status === 481 || response.status === 408) && state.name === "up") {
      return { sip: [this.#bye(state.live)], events: [ended("failure", "the far side knows no such call")] };
    }
    if (method === "BYE" && state.name === "over") this.#state = { ...state, awaitsByeAnswer: false };
    if (method !== "INVITE") return nothing;
    if (response.status >= 200 && response.status < 300) return this.#receiveSuccess(response, from);
    if (state.name !== "inviting") return nothing;
    if (response.status < 200) {
      return response.status === 100 || state.left ? nothing : { sip: [], events: [{ kind: "ringing" }] };
    }
    return this.#over(null, [], "refusal", `${response.status} ${response.reason}`);
  }

  /** Section 13.2.2.4. Repetitions of the 2xx are acknowledged again, whatever became of the session. */
  #receiveSuccess(response: SipResponse, from: Address): SessionTurn {
    const state = this.#state;
    if (state.name === "inviting") return this.#receiveFirstSuccess(state, response, from);
    if (state.name === "new" || state.name === "invited" || state.live === null) return nothing;
    const { cseq } = response.headers;
    const answered = dialogAsClient(response, response);
    if (!answered.ok || dialogKey(answered.value) === dialogKey(state.live.dialog)) {
      const request = acknowledgeSuccess(state.live.dialog, cseq.number);
      return { sip: [{ kind: "ack", request, to: dialogPeer(state.live.dialog, state.live.source) }], events: [] };
    }
    return { sip: this.#endFork(answered.value, cseq.number, from), events: [] };
  }

  /**
   * A dialog of its own, with its own target. The BYE's reference is not this session's: whatever comes of it, the call
   * that is up goes on.
   */
  #endFork(fork: SipDialog, inviteSequence: number, from: Address): readonly SipOutput[] {
    const to = dialogPeer(fork, from);
    const { request } = requestInDialog(fork, "BYE");
    return [
      { kind: "ack", request: acknowledgeSuccess(fork, inviteSequence), to },
      { kind: "request", request, to, reference: `${this.#options.reference}/fork` },
    ];
  }

  #receiveFirstSuccess(
    state: Extract<SessionState, { name: "inviting" }>,
    response: SipResponse,
    from: Address,
  ): SessionTurn {
    const dialog = dialogAsClient(state.request, response);
    if (!dialog.ok) return this.#over(null, [], "failure", dialog.reason);
    const live = { dialog: dialog.value, source: from };
    const request = acknowledgeSuccess(dialog.value, state.request.headers.cseq.number);
    const sip: SipOutput[] = [{ kind: "ack", request, to: dialogPeer(dialog.value, from) }];
    const media = mediaOf(response);
    const agreed = media.ok ? agree(state.offer, media.value, false) : null;
    if (!state.left && agreed !== null) {
      this.#state = { name: "up", live, agreed, awaitsAck: null };
      return { sip, events: [{ kind: "answered", media: agreed.theirs }] };
    }
    sip.push(this.#bye(live));
    const reason = media.ok ? "the answer names no coding" : media.reason;
    return { sip, events: state.left ? [] : [ended("failure", reason)] };
  }

  /** INVITE, CANCEL or OPTIONS: the far side is gone. BYE unanswered: it was over already. */
  #receiveFailure(reason: string): SessionTurn {
    const state = this.#state;
    if (state.name === "inviting") return this.#over(null, [], "failure", reason);
    if (state.name === "over") this.#state = { ...state, awaitsByeAnswer: false };
    if (state.name !== "up") return nothing;
    return { sip: [this.#bye(state.live)], events: [ended("failure", reason)] };
  }

  /** The state before tells whether anyone still wants to know. */
  #over(live: Live | null, sip: readonly SipOutput[], by: SessionEnd, reason: string): SessionTurn {
    const state = this.#state;
    this.#state = { name: "over", live, awaitsByeAnswer: false };
    const isKnown = state.name === "over" || state.name === "leaving" || (state.name === "inviting" && state.left);
    return { sip, events: isKnown ? [] : [ended(by, reason)] };
  }

  #bye(live: Live): SipOutput {
    const { dialog, request } = requestInDialog(live.dialog, "BYE");
    const next = { ...live, dialog };
    this.#state = { name: "over", live: next, awaitsByeAnswer: true };
    return this.#request(request, next);
  }

  #request(request: SipRequest, live: Live): SipOutput {
    return { kind: "request", request, to: dialogPeer(live.dialog, live.source), reference: this.#options.reference };
  }

  #respondToInvite(
    state: Extract<SessionState, { name: "invited" }>,
    status: number,
    headers: ExtraHeaders = {},
    body?: Uint8Array,
  ): SipOutput {
    const tagged: SipRequest = { ...state.request, headers: { ...state.request.headers, to: state.live.dialog.local } };
    const response = responseTo(tagged, status, body === undefined ? { headers } : { headers, body });
    return { kind: "respond", key: state.key, response };
  }

  #headersOfSession(): ExtraHeaders {
    return { contact: contactOf(this.#options.contact), allow: sessionMethods, contentType: sdpType };
  }
}
