/**
 * The SIP face of the gateway: answers SUBSCRIBE to the dialog package (RFC 6665, RFC 4235) at sip:connections@gateway
 * or at a line, once (Expires: 0) or standing, and OPTIONS. Calls are not its affair: INVITE and BYE go to the
 * telephones. It is given the events of the gateway's SipTransactions and gives what to send as SipOutput.
 */
import type { GatewaySnapshot } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import { type Random, randomHex } from "#protocol/chance.js";
import { Deadlines } from "#protocol/deadlines.js";
import { dialogInfoType } from "#protocol/dialog-info.js";
import { type NewResponse, responseTo } from "#protocol/sip/build.js";
import { acceptInDialog, contactOf, dialogAsServer, dialogKey, dialogKeyOf, dialogPeer } from "#protocol/sip/dialog.js";
import { type SipRequest, type SipResponse, tagOf } from "#protocol/sip/message.js";
import type { SipOutput, SipPeer, TransactionKey } from "#protocol/sip/sip-output.js";
import type { SipEvent } from "#protocol/sip/transactions.js";
import { overTcp, type SipUri, sipUri, userOf } from "#protocol/sip/uri.js";
import { DigestGate, type DigestUser } from "./digest-gate.js";
import { documentBytesMax, observedAll, Subscription, type SubscriptionStanding } from "./subscription.js";

export interface SipFaceOptions {
  readonly gateway: string;
  /** Where the gateway listens for SIP. */
  readonly address: Address;
  /** Local names of the lines that may be observed one by one. */
  readonly lines: readonly string[];
  /** By source address: whether it is told anything but OPTIONS; who is, is told the tag too. */
  readonly mayAsk: (address: string) => boolean;
  /** Who may ask from any other address, by digest authentication; nobody unless told. */
  readonly users?: readonly DigestUser[];
  readonly subscriptionsMax?: number;
  /** Of the document in one NOTIFY over TCP. */
  readonly streamDocumentBytesMax?: number;
}

export const subscriptionsMaxDefault = 100;
export const streamDocumentBytesMaxDefault = 16 << 20;
/** Documents on their way, all together: who asks while there are more is asked to wait. */
const unansweredBytesMax = 64 << 20;
/** RFC 4235 section 3.4: one hour for all dialogs of a user; also the most that is granted. */
const expiresSecondsDefault = 3_600;
const expiresSecondsMin = 60;
/** RFC 4235 section 3.10. */
const notifyIntervalMs = 1_000;
const retryAfterSeconds = 60;
const allow = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "SUBSCRIBE"];
const referencePrefix = "subscription/";

interface Standing {
  readonly subscription: Subscription;
  expiresAtMs: number;
  notifiedAtMs: number;
  /** NOTIFYs without a final answer yet: changes wait for it, so that documents arrive in order. */
  unanswered: number;
  changedMeanwhile: boolean;
}

/** What became of a SUBSCRIBE: refused, or granted for so long at a line or at all connections. */
type Judgement =
  | { readonly ok: false; readonly status: number; readonly response: NewResponse }
  | { readonly ok: true; readonly line: string | null; readonly expiresSeconds: number };

export class SipFace {
  readonly #options: Required<SipFaceOptions>;
  readonly #snapshot: (nowMs: number) => GatewaySnapshot;
  readonly #random: Random;
  readonly #gate: DigestGate;
  /** By dialog. */
  readonly #standing = new Map<string, Standing>();
  readonly #expiries = new Deadlines<string>();
  readonly #notifications = new Deadlines<string>();
  #subscriptionsMade = 0;
  /** Bodies of NOTIFYs without a final answer, by reference. */
  readonly #unansweredBytes = new Map<string, number>();

  constructor(options: SipFaceOptions, snapshot: (nowMs: number) => GatewaySnapshot, random: Random) {
    const streamDocumentBytesMax = streamDocumentBytesMaxDefault;
    this.#options = { subscriptionsMax: subscriptionsMaxDefault, streamDocumentBytesMax, users: [], ...options };
    this.#gate = new DigestGate({ realm: options.gateway, users: this.#options.users }, random);
    this.#snapshot = snapshot;
    this.#random = random;
  }

  /** Whether an event is this face's: every request but those of calls, and the answers to its own NOTIFYs. */
  owns(event: SipEvent): boolean {
    switch (event.kind) {
      case "request":
        return isOfSubscriptions(event.request);
      case "response":
      case "failed":
        return event.reference.startsWith(referencePrefix);
      case "malformed":
        return true;
      case "cancel":
      case "ack":
      case "unacknowledged":
        return false;
    }
  }

  sipEvent(event: SipEvent, nowMs: number): SipOutput[] {
    switch (event.kind) {
      case "request":
        return this.#request(event.key, event.request, event.from, nowMs);
      case "response":
        return this.#answered(event.reference, event.response, nowMs);
      case "failed":
        this.#unansweredBytes.delete(event.reference);
        this.#drop(this.#keyOf(event.reference));
        return [];
      default:
        return [];
    }
  }

  /** Something in the connection table is different: subscribers hear of it, each at most once a second. */
  changed(nowMs: number): SipOutput[] {
    for (const [key, standing] of this.#standing) this.#notifySoon(key, standing, nowMs);
    return this.tick(nowMs);
  }

  tick(nowMs: number): SipOutput[] {
    const outputs: SipOutput[] = [];
    for (const key of this.#expiries.takeDue(nowMs)) {
      const standing = this.#standing.get(key);
      if (standing !== undefined) outputs.push(standing.subscription.notifyEnd());
      this.#drop(key);
    }
    const due = this.#notifications.takeDue(nowMs);
    const snapshot = due.length === 0 ? null : this.#snapshot(nowMs);
    for (const key of due) {
      const standing = this.#standing.get(key);
      if (standing === undefined || snapshot === null) continue;
      standing.changedMeanwhile = standing.unanswered > 0;
      if (standing.changedMeanwhile) continue;
      const output = standing.subscription.notifyChanges(snapshot, activeAt(standing, nowMs));
      if (output !== null) outputs.push(this.#sent(key, standing, output, snapshot, nowMs));
    }
    return outputs;
  }

  next(): number | null {
    const expiry = this.#expiries.next();
    const notification = this.#notifications.next();
    if (expiry === null || notification === null) return expiry ?? notification;
    return Math.min(expiry, notification);
  }

  /** Standing subscriptions at this moment. */
  get size(): number {
    return this.#standing.size;
  }

  #request(key: TransactionKey, request: SipRequest, from: SipPeer, nowMs: number): SipOutput[] {
    const refuse = (status: number, response: NewResponse = {}) => [this.#respond(key, request, status, response)];
    const { require } = request.headers;
    if (request.method === "NOTIFY") return refuse(481);
    if (request.method !== "SUBSCRIBE" && request.method !== "OPTIONS") return refuse(405, { headers: { allow } });
    if (request.uri.kind !== "sip") return refuse(416);
    if (require !== undefined && require.length > 0) return refuse(420, { headers: { unsupported: require } });
    if (request.method === "OPTIONS") return [this.#respond(key, request, 200, this.#abilities())];
    const judgement = this.#judge(request, from, nowMs);
    if (!judgement.ok) return refuse(judgement.status, judgement.response);
    const dialogOfRequest = dialogKeyOf(request);
    if (dialogOfRequest !== null)
      return this.#refresh(dialogOfRequest, key, request, from, judgement.expiresSeconds, nowMs);
    return this.#subscribe(key, request, from, judgement, nowMs);
  }

  /** RFC 6665 section 4.2.1.1, in the order in which a stranger learns least. */
  #judge(request: SipRequest, { address }: Address, nowMs: number): Judgement {
    const { event, accept, expiresSeconds } = request.headers;
    const no = (status: number, response: NewResponse = {}) => ({ ok: false, status, response }) as const;
    if (!this.#options.mayAsk(address)) {
      if (!this.#gate.hasUsers) return no(403);
      const credentials = this.#gate.judge(request, address, nowMs);
      const challenge = () => this.#gate.challenge(address, credentials === "stale", nowMs);
      if (credentials !== "let in") return no(401, { headers: { others: [challenge()] } });
    }
    if (event?.token !== "dialog") return no(489, { headers: { allowEvents: ["dialog"] } });
    if (accept !== undefined && !accept.some(acceptsDialogInfo))
      return no(406, { headers: { accept: [dialogInfoType] } });
    const user = userOf(request.uri)?.toLowerCase();
    const line = this.#options.lines.find((name) => name.toLowerCase() === user);
    if (user !== observedAll && line === undefined) return no(404);
    const wanted = Math.min(expiresSeconds ?? expiresSecondsDefault, expiresSecondsDefault);
    if (wanted > 0 && wanted < expiresSecondsMin) return no(423, { headers: { minExpiresSeconds: expiresSecondsMin } });
    return { ok: true, line: line ?? null, expiresSeconds: wanted };
  }

  #subscribe(
    key: TransactionKey,
    request: SipRequest,
    from: SipPeer,
    { line, expiresSeconds }: Extract<Judgement, { ok: true }>,
    nowMs: number,
  ): SipOutput[] {
    const { event } = request.headers;
    const localTag = randomHex(this.#random, 16);
    const dialog = dialogAsServer(request, localTag);
    if (!dialog.ok || event === undefined) return [this.#respond(key, request, 400, { reason: "Missing Contact" })];
    if (this.#isFull(expiresSeconds > 0)) return [this.#respond(key, request, 503, { headers: { retryAfterSeconds } })];
    const { gateway, streamDocumentBytesMax } = this.#options;
    this.#subscriptionsMade += 1;
    const reference = `${referencePrefix}${this.#subscriptionsMade} ${dialogKey(dialog.value)}`;
    const peer = notifyPeer(dialogPeer(dialog.value, from), from);
    const bytesMax = peer.reliable === true ? streamDocumentBytesMax : documentBytesMax;
    const contact = this.#contact(line, from);
    const settings = {
      gateway,
      contact,
      line,
      event,
      dialog: dialog.value,
      peer,
      reference,
      documentBytesMax: bytesMax,
    };
    const subscription = new Subscription(settings);
    const standing: Standing = {
      subscription,
      expiresAtMs: nowMs,
      notifiedAtMs: nowMs,
      unanswered: 0,
      changedMeanwhile: false,
    };
    const accepted = this.#respond(key, request, 200, {
      ...this.#granted(line, expiresSeconds, from),
      toTag: localTag,
    });
    if (expiresSeconds > 0) this.#standing.set(dialogKey(dialog.value), standing);
    return [accepted, this.#notifyAll(dialogKey(dialog.value), standing, expiresSeconds, nowMs)];
  }

  /** RFC 6665 sections 4.2.1 and 4.4.1: in the dialog, with the same Event id; another id names no subscription of it. */
  #refresh(
    dialogOfRequest: string,
    key: TransactionKey,
    request: SipRequest,
    from: SipPeer,
    expiresSeconds: number,
    nowMs: number,
  ): SipOutput[] {
    const standing = this.#standing.get(dialogOfRequest);
    if (standing === undefined || !standing.subscription.hasEvent(request.headers.event))
      return [this.#respond(key, request, 481)];
    const dialog = acceptInDialog(standing.subscription.dialog, request);
    if (!dialog.ok) return [this.#respond(key, request, 500, { reason: dialog.reason })];
    standing.subscription.refreshed(dialog.value);
    const accepted = this.#respond(key, request, 200, this.#granted(standing.subscription.line, expiresSeconds, from));
    const notification = this.#notifyAll(dialogOfRequest, standing, expiresSeconds, nowMs);
    if (expiresSeconds === 0) this.#drop(dialogOfRequest);
    return [accepted, notification];
  }

  /** RFC 6665 section 4.2.1.2: each SUBSCRIBE is followed by a NOTIFY at once. */
  #notifyAll(key: string, standing: Standing, expiresSeconds: number, nowMs: number): SipOutput {
    standing.expiresAtMs = nowMs + expiresSeconds * 1_000;
    const snapshot = this.#snapshot(nowMs);
    const state: SubscriptionStanding =
      expiresSeconds === 0 ? { name: "terminated", reason: "timeout" } : { name: "active", expiresSeconds };
    if (expiresSeconds > 0) this.#expiries.set(key, standing.expiresAtMs);
    return this.#sent(key, standing, standing.subscription.notifyAll(snapshot, state), snapshot, nowMs);
  }

  #sent(key: string, standing: Standing, output: SipOutput, snapshot: GatewaySnapshot, nowMs: number): SipOutput {
    standing.unanswered += 1;
    if (output.kind === "request") this.#unansweredBytes.set(output.reference, output.request.body.length);
    standing.notifiedAtMs = nowMs;
    const isStanding = this.#standing.get(key) === standing;
    if (isStanding && standing.subscription.lacks(snapshot)) this.#notifySoon(key, standing, nowMs);
    return output;
  }

  #notifySoon(key: string, standing: Standing, nowMs: number): void {
    if (this.#standing.get(key) !== standing || this.#notifications.has(key)) return;
    this.#notifications.set(key, Math.max(nowMs, standing.notifiedAtMs + notifyIntervalMs));
  }

  /** RFC 6665 section 4.2.2: some answers end the subscription, the others leave it as it is. */
  #answered(reference: string, response: SipResponse, nowMs: number): SipOutput[] {
    if (response.status >= 200) this.#unansweredBytes.delete(reference);
    const key = this.#keyOf(reference);
    const standing = this.#standing.get(key);
    if (standing === undefined || response.status < 200) return [];
    standing.unanswered -= 1;
    if (standing.changedMeanwhile) this.#notifySoon(key, standing, nowMs);
    if (endsSubscription(response.status)) this.#drop(key);
    return this.tick(nowMs);
  }

  /** The dialog a reference of ours names, if it is still this subscription's. */
  #keyOf(reference: string): string {
    const key = reference.slice(reference.indexOf(" ") + 1);
    return this.#standing.get(key)?.subscription.reference === reference ? key : "";
  }

  #drop(key: string): void {
    this.#standing.delete(key);
    this.#expiries.clear(key);
    this.#notifications.clear(key);
  }

  #isFull(isStanding: boolean): boolean {
    let bytes = 0;
    for (const body of this.#unansweredBytes.values()) bytes += body;
    return bytes > unansweredBytesMax || (isStanding && this.#standing.size >= this.#options.subscriptionsMax);
  }

  #granted(line: string | null, expiresSeconds: number, from: SipPeer): NewResponse {
    return { headers: { expiresSeconds, contact: contactOf(this.#contact(line, from)) } };
  }

  /** By the transport that the asker used. */
  #contact(line: string | null, { reliable }: SipPeer): SipUri {
    const { address, port } = this.#options.address;
    const uri = sipUri(line ?? observedAll, address, port);
    return reliable === true ? overTcp(uri) : uri;
  }

  /** RFC 3261 section 11.2. */
  #abilities(): NewResponse {
    const { address, port } = this.#options.address;
    const contact = contactOf(sipUri(observedAll, address, port));
    const accept = ["application/sdp"];
    return { headers: { allow, accept, allowEvents: ["dialog"], supported: [], contact } };
  }

  #respond(key: TransactionKey, request: SipRequest, status: number, response: NewResponse = {}): SipOutput {
    const toTag = response.toTag ?? randomHex(this.#random, 16);
    return { kind: "respond", key, response: responseTo(request, status, { ...response, toTag }) };
  }
}

/** In a dialog only subscribing is: what else comes in one (OPTIONS, INFO) asks for a call, and gets 481 without it. */
function isOfSubscriptions({ method, headers }: SipRequest): boolean {
  if (method === "SUBSCRIBE" || method === "NOTIFY") return true;
  return method !== "INVITE" && method !== "BYE" && tagOf(headers.to) === null;
}

function activeAt(standing: Standing, nowMs: number): SubscriptionStanding {
  return { name: "active", expiresSeconds: Math.max(0, Math.round((standing.expiresAtMs - nowMs) / 1_000)) };
}

function acceptsDialogInfo(range: string): boolean {
  const type = /^[^;]*/.exec(range)?.[0]?.trim().toLowerCase();
  return type === dialogInfoType || type === "application/*" || type === "*/*";
}

/**
 * NOTIFY goes to the asker's own address only: a Contact elsewhere would make us send documents to third parties. Over
 * TCP it goes back on the asker's connection, and the subscription ends where that does.
 */
function notifyPeer(wanted: Address, from: SipPeer): SipPeer {
  if (from.reliable === true) return from;
  return wanted.address === from.address ? wanted : from;
}

const endingStatuses = new Set([404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

function endsSubscription(status: number): boolean {
  return endingStatuses.has(status);
}
