/**
 * All SIP telephones of a gateway, one to a line. Towards them the gateway is the far user agent of every call: a
 * telephone's INVITE is off-hook with the whole number, its BYE is on-hook, ringing it is an INVITE of ours.
 * It holds no media and no sockets, and no calls beyond one at a time on each line.
 *
 *            ┌─INVITE──► calling ──connect, 200──► up ─┐ BYE either way
 *     idle ──┤                                         ├──────────────► idle
 *            └─ring────► ringing ──its 200, ACK──► up ─┘
 *
 * A telephone that calls while it is rung, or rings while it calls, is told 486 (glare, and a second call alike). One that
 * calls while it is up is asked at once whether it still is: it may have lost its power, and its call, and be back.
 */
import type { Coding } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
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
import { commonCoding, type LineEvent } from "./line.js";

export interface SipPhoneLine {
  /** Endpoint name, `aaln/1`. */
  readonly line: string;
  /** The telephone's number, the user part of its SIP URI. */
  readonly number: string;
  readonly phone: Address;
}

export interface SipPhonesOptions {
  /** The gateway's domain name. */
  readonly gatewayName: string;
  /** Where the telephones send to: our Contact. */
  readonly address: Address;
  readonly lines: readonly SipPhoneLine[];
  /** What telephones may speak: a call in none of these is no call. */
  readonly codings: readonly Coding[];
  /** A telephone in a call is asked this often whether it still is; probeMsDefault unless told. */
  readonly probeMs?: number;
  /** A rung telephone that gives no sign of life within it is unreachable; signOfLifeMsDefault unless told. */
  readonly signOfLifeMs?: number;
}

/** Its answer, or its absence for 32 s, says what silent media cannot: that a call is over or a telephone gone. */
export const probeMsDefault = 30_000;
/** Four INVITEs have gone out by then (RFC 3261 section 17.1.1.2: at 0, 0.5, 1.5 and 3.5 s). */
export const signOfLifeMsDefault = 4_000;
/**
 * A calling station that nobody answered within it is refused, and a rung one that did not answer is left: either may be
 * long gone (RFC 3261 section 16.6, timer C).
 */
const unansweredMsMax = 180_000;
/** Sessions of a line that are over and still answer repetitions; the oldest goes first. */
const fadingMax = 4;

export interface LineTurn {
  readonly sip: readonly SipOutput[];
  readonly events: readonly LineEvent[];
}

type LineState =
  | { readonly name: "idle" }
  | { readonly name: "calling" | "up"; readonly session: InviteSession }
  /** isAlive: the telephone has said something since its INVITE. */
  | { readonly name: "ringing"; readonly session: InviteSession; readonly isAlive: boolean };

interface Telephone {
  readonly options: SipPhoneLine;
  state: LineState;
  readonly fading: InviteSession[];
}

const nothing: LineTurn = { sip: [], events: [] };
const dialledDigits = /^[0-9A-D*#]{1,32}$/;

export class SipPhones {
  readonly #options: SipPhonesOptions;
  readonly #random: Random;
  readonly #phones = new Map<string, Telephone>();
  /** By line: a probe while it is up, the sign of life while it is rung, the end of patience while it calls. */
  readonly #deadlines = new Deadlines<string>();
  #sessionsMade = 0;

  constructor(options: SipPhonesOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    for (const line of options.lines)
      this.#phones.set(line.line, { options: line, state: { name: "idle" }, fading: [] });
  }

  /** What the transaction layer has for the telephones: everything that is not the SIP face's. */
  sipEvent(event: SipEvent, nowMs: number): LineTurn {
    for (const phone of this.#phones.values()) {
      const current = phone.state.name === "idle" ? null : phone.state.session;
      const turn = current?.receive(event) ?? null;
      if (turn !== null) return this.#carry(phone, event, turn, nowMs);
      for (const session of phone.fading) {
        const late = session.receive(event);
        if (late !== null) return { sip: late.sip, events: [] };
      }
    }
    if (event.kind !== "request") return nothing;
    return event.request.method === "INVITE"
      ? this.#invited(event.key, event.request, event.from, nowMs)
      : this.#answerAlone(event.key, event.request, answerOutsideCalls(event.request, sessionMethods));
  }

  /** Rings the station; an idle line only. Comes to `answered` or `unreachable`. */
  ring(line: string, offer: MediaDescription, callerNumber: string, nowMs: number): LineTurn {
    const phone = this.#phones.get(line);
    if (phone === undefined || phone.state.name !== "idle") return nothing;
    const { number, phone: peer } = phone.options;
    const session = this.#newSession(phone);
    const from = sipUri(callerNumber === "" ? null : callerNumber, hostOf(this.#options.gatewayName));
    const sip = session.invite({ from, to: sipUri(number, peer.address, peer.port), peer, offer });
    phone.state = { name: "ringing", session, isAlive: false };
    this.#deadlines.set(line, nowMs + (this.#options.signOfLifeMs ?? signOfLifeMsDefault));
    return { sip, events: [] };
  }

  /** Stops ringing. No event follows; an answer that crosses it is taken and ended at once. */
  stopRinging(line: string, _nowMs: number): LineTurn {
    const phone = this.#phones.get(line);
    return phone?.state.name === "ringing" ? { sip: this.#leave(phone, phone.state.session), events: [] } : nothing;
  }

  /** Tells the calling station that the far one rings. */
  ringback(line: string, _nowMs: number): LineTurn {
    const state = this.#phones.get(line)?.state;
    return state?.name === "calling" ? { sip: state.session.ring(), events: [] } : nothing;
  }

  /** Tells the calling station that it is answered, and where its audio goes. */
  connect(line: string, answer: MediaDescription, nowMs: number): LineTurn {
    const phone = this.#phones.get(line);
    if (phone?.state.name !== "calling") return nothing;
    const { session } = phone.state;
    phone.state = { name: "up", session };
    this.#probeLater(line, nowMs);
    return { sip: session.accept(answer), events: [] };
  }

  /** Ends whatever there is. A station not yet answered is refused: 486, busy, unless told otherwise. */
  release(line: string, nowMs: number, refusal = 486): LineTurn {
    const phone = this.#phones.get(line);
    if (phone === undefined || phone.state.name === "idle") return nothing;
    if (phone.state.name === "ringing") return this.stopRinging(line, nowMs);
    return { sip: this.#leave(phone, phone.state.session, refusal), events: [{ kind: "on-hook", line }] };
  }

  /** Due probes, telephones that gave no sign of life, and calls nobody answered. */
  tick(nowMs: number): LineTurn {
    const sip: SipOutput[] = [];
    const events: LineEvent[] = [];
    for (const line of this.#deadlines.takeDue(nowMs)) {
      const phone = this.#phones.get(line);
      if (phone?.state.name === "ringing") {
        const reason = phone.state.isAlive
          ? "the telephone rang and nobody answered"
          : "no sign of life from the telephone";
        sip.push(...this.#leave(phone, phone.state.session));
        events.push({ kind: "unreachable", line, reason });
      } else if (phone?.state.name === "up") {
        sip.push(...phone.state.session.probe());
        this.#probeLater(line, nowMs);
      } else if (phone?.state.name === "calling") {
        sip.push(...this.#leave(phone, phone.state.session, 480));
        events.push({ kind: "on-hook", line });
      }
    }
    return { sip, events };
  }

  next(): number | null {
    return this.#deadlines.next();
  }

  #invited(key: TransactionKey, request: SipRequest, from: Address, nowMs: number): LineTurn {
    const phone = this.#callerOf(request, from);
    if (phone === null) return this.#refuse(key, request, 403);
    const refusal = inspectNewInvite(request);
    if (refusal !== null) return this.#answerAlone(key, request, refusal);
    if (phone.state.name !== "idle") {
      const doubt = phone.state.name === "up" ? phone.state.session.probe() : [];
      return { sip: [...this.#refuse(key, request, 486).sip, ...doubt], events: [] };
    }
    const dialled = userOf(request.uri);
    if (dialled !== null && !dialledDigits.test(dialled)) return this.#refuse(key, request, 404);
    const session = this.#newSession(phone);
    const media = session.take(key, request, from);
    if (!media.ok || (media.value !== null && !this.#speaks(media.value))) return this.#refuse(key, request, 488);
    const { line, number } = phone.options;
    phone.state = { name: "calling", session };
    this.#deadlines.set(phone.options.line, nowMs + unansweredMsMax);
    return {
      sip: [],
      events: [{ kind: "off-hook", line, device: number, address: from.address, dialled, media: media.value }],
    };
  }

  /** By address and port; by address and number where a telephone sends from another port than it listens on. */
  #callerOf(request: SipRequest, from: Address): Telephone | null {
    const sameHost = [...this.#phones.values()].filter(({ options }) => options.phone.address === from.address);
    const exact = sameHost.find(({ options }) => options.phone.port === from.port);
    const number = userOf(request.headers.from.uri);
    return exact ?? sameHost.find(({ options }) => options.number === number) ?? null;
  }

  #newSession(phone: Telephone): InviteSession {
    const { number, line } = phone.options;
    this.#sessionsMade += 1;
    const reference = `line/${line}/${this.#sessionsMade}`;
    const contact = sipUri(number, this.#options.address.address, this.#options.address.port);
    return new InviteSession({ reference, contact }, this.#random);
  }

  #carry(phone: Telephone, event: SipEvent, turn: SessionTurn, nowMs: number): LineTurn {
    const { line } = phone.options;
    if (event.kind === "response" && phone.state.name === "ringing" && !phone.state.isAlive) {
      phone.state = { ...phone.state, isAlive: true };
      this.#deadlines.set(line, nowMs + unansweredMsMax);
    }
    const turns = turn.events.map((sessionEvent) => this.#happened(phone, sessionEvent, nowMs));
    return {
      sip: [...turn.sip, ...turns.flatMap(({ sip }) => sip)],
      events: turns.flatMap(({ events }) => events),
    };
  }

  #happened(phone: Telephone, event: SessionEvent, nowMs: number): LineTurn {
    const { line } = phone.options;
    const { state } = phone;
    if (state.name === "idle" || event.kind === "ringing") return nothing;
    const isOver = event.kind === "ended" || !this.#speaks(event.media);
    if (isOver) {
      const sip = event.kind === "ended" ? [] : state.session.end();
      const reason = event.kind === "ended" ? event.reason : "the telephone answered with no coding of ours";
      this.#fade(phone, state.session);
      const isRung = state.name === "ringing";
      return { sip, events: [isRung ? { kind: "unreachable", line, reason } : { kind: "on-hook", line }] };
    }
    if (event.kind === "media") return { sip: [], events: [{ kind: "media", line, media: event.media }] };
    phone.state = { name: "up", session: state.session };
    this.#probeLater(line, nowMs);
    return { sip: [], events: [{ kind: "answered", line, media: event.media }] };
  }

  #speaks({ codings }: MediaDescription): boolean {
    return commonCoding(this.#options.codings, codings) !== null;
  }

  #leave(phone: Telephone, session: InviteSession, refusal?: number): readonly SipOutput[] {
    const sip = session.end(refusal);
    this.#fade(phone, session);
    return sip;
  }

  #fade(phone: Telephone, session: InviteSession): void {
    phone.state = { name: "idle" };
    phone.fading.push(session);
    if (phone.fading.length > fadingMax) phone.fading.shift();
    this.#deadlines.clear(phone.options.line);
  }

  #probeLater(line: string, nowMs: number): void {
    this.#deadlines.set(line, nowMs + (this.#options.probeMs ?? probeMsDefault));
  }

  #refuse(key: TransactionKey, request: SipRequest, status: number): LineTurn {
    return this.#answerAlone(key, request, { status, response: {} });
  }

  #answerAlone(key: TransactionKey, request: SipRequest, { status, response: more }: Refusal): LineTurn {
    const response = responseTo(request, status, { ...more, toTag: randomHex(this.#random, 8) });
    return { sip: [{ kind: "respond", key, response }], events: [] };
  }
}

/** A domain name may be an address in brackets (RFC 3435 section 2.1.2); a URI has them round IPv6 only, and adds its own. */
function hostOf(gatewayName: string): string {
  return gatewayName.replace(/^\[(.*)\]$/, "$1");
}
