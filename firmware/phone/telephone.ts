/**
 * A telephone as its user sees it: hook, dial, bell. It signals by SIP to one gateway (RFC 3261), offers and takes G.711
 * µ-law only, and has one call at a time; a second caller hears busy. Sound is handset.ts; both in one is station.ts.
 *
 *     on-hook ──dial──► calling ──200──► talking ──hang up, or BYE──► on-hook
 *     on-hook ──INVITE──► ringing ──answer──► talking
 */
import type { Coding } from "#protocol/active-connection.js";
import { type Address, sameAddress } from "#protocol/address.js";
import { type Random, randomHex } from "#protocol/chance.js";
import { Deadlines } from "#protocol/deadlines.js";
import type { MediaDescription } from "#protocol/sdp.js";
import { responseTo } from "#protocol/sip/build.js";
import { answerOutsideCalls, inspectNewInvite, type Refusal } from "#protocol/sip/inspection.js";
import { InviteSession, sessionMethods } from "#protocol/sip/invite-session.js";
import type { SipRequest } from "#protocol/sip/message.js";
import type { SessionEvent, SessionTurn } from "#protocol/sip/session-state.js";
import type { SipOutput, TransactionKey } from "#protocol/sip/sip-output.js";
import type { SipEvent } from "#protocol/sip/transactions.js";
import { sipUri, userOf } from "#protocol/sip/uri.js";

export interface TelephoneOptions {
  readonly number: string;
  /** Where it takes SIP. */
  readonly sip: Address;
  /** Where it takes RTP. */
  readonly media: Address;
  readonly gateway: Address;
  /** It answers by itself after ringing so long; null: when told to. */
  readonly answerAfterMs: number | null;
  /** It hangs up by itself after talking so long; null: when told to. */
  readonly hangUpAfterMs: number | null;
}

export type TelephoneEvent =
  | { readonly kind: "dialling"; readonly to: string }
  /** The far telephone rings. */
  | { readonly kind: "ringback" }
  /** The bell; from is the caller's number as told. */
  | { readonly kind: "ringing"; readonly from: string }
  /** near: this telephone answered; far: it was answered. The moment the call's charged duration begins. */
  | { readonly kind: "answered"; readonly by: "near" | "far" }
  /** Follows at once: there is sound, to and from `remote`. */
  | { readonly kind: "talking"; readonly remote: Address }
  | { readonly kind: "hung-up"; readonly by: "near" | "far" | "refusal" | "failure"; readonly reason: string };

export interface TelephoneTurn {
  readonly sip: readonly SipOutput[];
  readonly events: readonly TelephoneEvent[];
}

export type TelephoneState =
  | { readonly name: "on-hook" }
  | { readonly name: "calling"; readonly session: InviteSession }
  | { readonly name: "ringing"; readonly session: InviteSession; readonly remote: Address }
  | { readonly name: "talking"; readonly session: InviteSession; readonly remote: Address };

/** RFC 3551 table 4: G.711 µ-law. */
const pcmu: Coding = { encoding: "PCMU", clockRateHz: 8000, payloadType: 0, ptimeMs: 20 };
/** A call nobody answers within it is given up, from either end (as RFC 3261 section 16.6, timer C, does). */
const unansweredMsMax = 180_000;
/** Sessions that are over and still answer repetitions; the oldest goes first. */
const fadingMax = 4;
const nothing: TelephoneTurn = { sip: [], events: [] };

export class Telephone {
  readonly #options: TelephoneOptions;
  readonly #random: Random;
  readonly #fading: InviteSession[] = [];
  readonly #deadlines = new Deadlines<"answer" | "hang-up" | "unanswered">();
  #state: TelephoneState = { name: "on-hook" };
  #sessionsMade = 0;

  constructor(options: TelephoneOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  get state(): TelephoneState["name"] {
    return this.#state.name;
  }

  /** On-hook, and the gateway knows it: a program may end now. */
  get isSettled(): boolean {
    return this.#state.name === "on-hook" && this.#fading.every((session) => session.isSettled);
  }

  /** Goes off-hook and calls; nothing happens unless it was on-hook. */
  dial(number: string, nowMs: number): TelephoneTurn {
    if (this.#state.name !== "on-hook") return nothing;
    const session = this.#newSession();
    this.#state = { name: "calling", session };
    this.#deadlines.set("unanswered", nowMs + unansweredMsMax);
    const { gateway } = this.#options;
    const from = sipUri(this.#options.number, gateway.address, gateway.port);
    const to = sipUri(number, gateway.address, gateway.port);
    const sip = session.invite({ from, to, peer: gateway, offer: this.#description() });
    return { sip, events: [{ kind: "dialling", to: number }] };
  }

  answer(nowMs: number): TelephoneTurn {
    if (this.#state.name !== "ringing") return nothing;
    const { session, remote } = this.#state;
    return { sip: session.accept(this.#description()), events: this.#talk(session, "near", remote, nowMs) };
  }

  /** From talking, calling or ringing (then it declines). */
  hangUp(_nowMs: number): TelephoneTurn {
    if (this.#state.name === "on-hook") return nothing;
    const sip = this.#state.session.end(603);
    return { sip, events: [this.#onHook("near", "hung up here")] };
  }

  /** What the transaction layer of this telephone's socket has for it. */
  sipEvent(event: SipEvent, nowMs: number): TelephoneTurn {
    const current = this.#state.name === "on-hook" ? null : this.#state.session;
    const turn = current?.receive(event) ?? null;
    if (current !== null && turn !== null) return this.#carry(current, turn, nowMs);
    for (const session of this.#fading) {
      const late = session.receive(event);
      if (late !== null) return { sip: late.sip, events: [] };
    }
    if (event.kind !== "request") return nothing;
    if (event.request.method === "INVITE") return this.#invited(event.key, event.request, event.from, nowMs);
    return this.#answerAlone(event.key, event.request, answerOutsideCalls(event.request, sessionMethods));
  }

  tick(nowMs: number): TelephoneTurn {
    const sip: SipOutput[] = [];
    const events: TelephoneEvent[] = [];
    for (const name of this.#deadlines.takeDue(nowMs)) {
      const turn = name === "answer" ? this.answer(nowMs) : this.hangUp(nowMs);
      sip.push(...turn.sip);
      events.push(...turn.events);
    }
    return { sip, events };
  }

  next(): number | null {
    return this.#deadlines.next();
  }

  #invited(key: TransactionKey, request: SipRequest, from: Address, nowMs: number): TelephoneTurn {
    if (from.address !== this.#options.gateway.address) return this.#refuse(key, request, 403);
    const refusal = inspectNewInvite(request);
    if (refusal !== null) return this.#answerAlone(key, request, refusal);
    if (this.#state.name !== "on-hook") return this.#refuse(key, request, 486);
    const session = this.#newSession();
    const offer = session.take(key, request, from);
    // One that wants ours is for gateways.
    if (!offer.ok || offer.value === null || !hasPcmu(offer.value)) return this.#refuse(key, request, 488);
    this.#state = { name: "ringing", session, remote: offer.value.media };
    this.#deadlines.set("unanswered", nowMs + unansweredMsMax);
    if (this.#options.answerAfterMs !== null) this.#deadlines.set("answer", nowMs + this.#options.answerAfterMs);
    const caller = userOf(request.headers.from.uri) ?? "";
    return { sip: session.ring(), events: [{ kind: "ringing", from: caller }] };
  }

  #carry(session: InviteSession, turn: SessionTurn, nowMs: number): TelephoneTurn {
    const sip = [...turn.sip];
    const events: TelephoneEvent[] = [];
    for (const event of turn.events) {
      const happened = this.#happened(session, event, nowMs);
      sip.push(...happened.sip);
      events.push(...happened.events);
    }
    return { sip, events };
  }

  #happened(session: InviteSession, event: SessionEvent, nowMs: number): TelephoneTurn {
    switch (event.kind) {
      case "ringing":
        return { sip: [], events: [{ kind: "ringback" }] };
      case "answered":
        if (hasPcmu(event.media)) return { sip: [], events: this.#talk(session, "far", event.media.media, nowMs) };
        return { sip: session.end(), events: [this.#onHook("failure", "the answer has no PCMU")] };
      case "media":
        return this.#moved(event.media.media);
      case "ended":
        return { sip: [], events: [this.#onHook(event.by, event.reason)] };
    }
  }

  /** A hold changes nothing here: the far side does not listen, and says so to its user. */
  #moved(remote: Address): TelephoneTurn {
    if (this.#state.name !== "talking" || sameAddress(this.#state.remote, remote)) return nothing;
    this.#state = { ...this.#state, remote };
    return { sip: [], events: [{ kind: "talking", remote }] };
  }

  #talk(session: InviteSession, by: "near" | "far", remote: Address, nowMs: number): TelephoneEvent[] {
    this.#deadlines.clear("answer");
    this.#deadlines.clear("unanswered");
    this.#state = { name: "talking", session, remote };
    if (this.#options.hangUpAfterMs !== null) this.#deadlines.set("hang-up", nowMs + this.#options.hangUpAfterMs);
    return [
      { kind: "answered", by },
      { kind: "talking", remote },
    ];
  }

  #onHook(by: "near" | "far" | "refusal" | "failure", reason: string): TelephoneEvent {
    if (this.#state.name !== "on-hook") this.#fading.push(this.#state.session);
    if (this.#fading.length > fadingMax) this.#fading.shift();
    this.#state = { name: "on-hook" };
    for (const name of ["answer", "hang-up", "unanswered"] as const) this.#deadlines.clear(name);
    return { kind: "hung-up", by, reason };
  }

  #newSession(): InviteSession {
    this.#sessionsMade += 1;
    const { number, sip } = this.#options;
    const contact = sipUri(number, sip.address, sip.port);
    return new InviteSession({ reference: `call/${this.#sessionsMade}`, contact }, this.#random);
  }

  #description(): MediaDescription {
    return {
      sessionId: String(this.#sessionsMade),
      sessionVersion: "1",
      media: this.#options.media,
      codings: [pcmu],
      telephoneEventPayloadType: null,
      formatParameters: [],
      direction: "sendrecv",
    };
  }

  #refuse(key: TransactionKey, request: SipRequest, status: number): TelephoneTurn {
    return this.#answerAlone(key, request, { status, response: {} });
  }

  #answerAlone(key: TransactionKey, request: SipRequest, { status, response: more }: Refusal): TelephoneTurn {
    const response = responseTo(request, status, { ...more, toTag: randomHex(this.#random, 8) });
    return { sip: [{ kind: "respond", key, response }], events: [] };
  }
}

/** Under its own number (RFC 3551 table 4): the handset sends and takes no other. */
function hasPcmu(media: MediaDescription): boolean {
  return media.codings.some(({ encoding, payloadType }) => encoding === pcmu.encoding && payloadType === 0);
}
