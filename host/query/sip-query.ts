/**
 * Asks a gateway by SIP what is active: SUBSCRIBE to the dialog package with Expires: 0, then the NOTIFY that brings the
 * document (RFC 6665 section 4.4.3, RFC 4235). Where the document does not fit into a datagram it asks again over TCP
 * (RFC 3261 section 18.1.1 would have the gateway do so, but a NOTIFY goes where the SUBSCRIBE came from). From a gateway of ours the document holds whole connections; from any
 * other it gives what RFC 4235 has, and `notTold` says what it has not.
 */
import { type ActiveConnection, type GatewayAudit, namedConnection } from "#protocol/active-connection.js";
import { type Address, formatAddress } from "#protocol/address.js";
import { type Random, randomHex } from "#protocol/chance.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import { earliest } from "#protocol/deadlines.js";
import {
  type DialogElement,
  type DialogInfo,
  dialogInfoType,
  type Participant,
  parseDialogInfo,
} from "#protocol/dialog-info.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { requestOutsideDialog, responseTo } from "#protocol/sip/build.js";
import { contactOf } from "#protocol/sip/dialog.js";
import { credentialsHeader, digestResponse, parseChallenge, valuesOf } from "#protocol/sip/digest.js";
import { bodyText, nameAddress, type SipRequest, type SipResponse, tagOf, withTag } from "#protocol/sip/message.js";
import { parameterOf } from "#protocol/sip/parameter.js";
import {
  type SipEvent,
  SipTransactions,
  type SipTransactionsOptions,
  type SipTurn,
} from "#protocol/sip/transactions.js";
import { formatUri, overTcp, parseUri, type SipUri, sipUri, uriAddress, userOf } from "#protocol/sip/uri.js";
import type { AuditOutcome, AuditQuery, QueryTurn } from "./audit-query.js";

export interface SipQueryOptions {
  /** The gateway's domain name as it is known here; taken for its name when the document does not give one. */
  readonly gateway: string;
  /** Where it listens for SIP. */
  readonly to: Address;
  /** Our own bound address; NOTIFY comes to it. */
  readonly from: Address;
  /** `connections`, or the local name of a line. */
  readonly observed?: string;
  /** With which a challenge is answered (RFC 3261 section 22.2); null: it is not. */
  readonly credentials?: SipCredentials | null;
  /** What it begins with; tcp first: UDP where nobody takes TCP, for a gateway that is known to take both. */
  readonly transport?: "udp" | "tcp" | "tcp first";
  /** The whole query is given up then; over TCP it may take three times as long. */
  readonly timeoutMs?: number;
  readonly times?: SipTransactionsOptions["times"];
}

export interface SipCredentials {
  readonly userName: string;
  readonly password: string;
}

export const queryTimeoutMsDefault = 5_000;
/** Of one message over TCP: some 30,000 connections. */
export const queryStreamBytesMax = 32 << 20;
const streamTimeoutFactor = 3;
/** Who takes TCP first and hears nothing by then asks by UDP. */
export const streamAnswerMs = 1_000;

/** What the gateway said in the end, or that a datagram cannot hold it. */
type Found = ParseResult<DialogInfo> | "too large";

export class SipQuery implements AuditQuery {
  readonly #options: Required<Omit<SipQueryOptions, "times">>;
  readonly #transactions: SipTransactions;
  readonly #random: Random;
  #subscribe: SipRequest;
  #isOverTcp: boolean;
  /** Answers to challenges: one, and one more where the nonce was stale. */
  #challenges = 0;
  /** The nonce that was used last, and how often. */
  #used = { nonce: "", count: 0 };
  /** What made it turn to TCP. */
  #tooLarge: string | null = null;
  #givesUpAtMs: number | null = null;
  /** TCP is only tried, until then. */
  #triesUntilMs: number | null = null;
  #cost = { sent: 0, received: 0, octets: 0 };

  constructor({ times, ...options }: SipQueryOptions, random: Random) {
    this.#options = {
      observed: "connections",
      timeoutMs: queryTimeoutMsDefault,
      transport: "udp",
      credentials: null,
      ...options,
    };
    this.#random = random;
    this.#isOverTcp = this.#options.transport !== "udp";
    this.#transactions = new SipTransactions(
      {
        sentBy: options.from,
        transactionsMax: 16,
        streamBytesMax: queryStreamBytesMax,
        ...(times === undefined ? {} : { times }),
      },
      random,
    );
    this.#subscribe = subscribeRequest(this.#options, this.#isOverTcp, random);
  }

  start(nowMs: number): QueryTurn {
    if (this.#options.transport === "tcp first") this.#triesUntilMs = nowMs + streamAnswerMs;
    return this.#start(nowMs);
  }

  #start(nowMs: number): QueryTurn {
    this.#givesUpAtMs = nowMs + this.#timeoutMs();
    this.#challenges = 0;
    return this.#turn(this.#ask(nowMs), nowMs);
  }

  #ask(nowMs: number): SipTurn {
    const { to } = this.#options;
    const peer = this.#isOverTcp ? { ...to, reliable: true } : to;
    return this.#transactions.request(this.#subscribe, peer, nowMs, this.#reference());
  }

  /** Over UDP nothing is lost by it. */
  streamLost(reason: string, nowMs: number): QueryTurn {
    if (this.#givesUpAtMs === null || !this.#isOverTcp) return { sends: [], outcome: null };
    if (this.#triesUntilMs !== null) return this.#askOver("udp", [], nowMs);
    const tooLarge = this.#tooLarge === null ? "" : `${this.#tooLarge}; `;
    return { sends: [], outcome: this.#end(refused(`${tooLarge}by TCP from ${this.#name()}: ${reason}`)) };
  }

  receive(bytes: Uint8Array, from: Address, nowMs: number, isStream = false): QueryTurn {
    if (from.address !== this.#options.to.address || this.#givesUpAtMs === null) return { sends: [], outcome: null };
    this.#cost = { ...this.#cost, received: this.#cost.received + 1, octets: this.#cost.octets + bytes.length };
    if (isStream) this.#triesUntilMs = null;
    return this.#turn(this.#transactions.receive(bytes, from, nowMs, isStream), nowMs);
  }

  tick(nowMs: number): QueryTurn {
    if (this.#givesUpAtMs === null) return { sends: [], outcome: null };
    const turn = this.#turn(this.#transactions.tick(nowMs), nowMs);
    if (this.#triesUntilMs !== null && nowMs >= this.#triesUntilMs) return this.#askOver("udp", turn.sends, nowMs);
    if (turn.outcome !== null || nowMs < this.#givesUpAtMs) return turn;
    return {
      sends: turn.sends,
      outcome: this.#end(
        refused(`no answer from ${this.#name()} in ${this.#timeoutMs()} ms${this.#isOverTcp ? " by TCP" : ""}`),
      ),
    };
  }

  next(): number | null {
    const next = this.#transactions.next();
    if (this.#givesUpAtMs === null) return null;
    return earliest(next, this.#triesUntilMs, this.#givesUpAtMs);
  }

  #turn(turn: SipTurn, nowMs: number): QueryTurn {
    const sends = [...turn.sends];
    let found: Found | null = null;
    for (const event of turn.events) {
      if (event.kind === "request") {
        const answer = this.#answer(event.request);
        const response = responseTo(event.request, answer.status, { toTag: tagOf(this.#subscribe.headers.from) ?? "" });
        sends.push(...this.#transactions.respond(event.key, response, nowMs));
        found ??= answer.found;
      } else if (isChallenge(event) && event.reference === this.#reference()) {
        const authorized = this.#authorized(event.response);
        if (authorized.ok) {
          this.#subscribe = authorized.value;
          sends.push(...this.#ask(nowMs).sends);
        } else found ??= authorized;
      } else found ??= this.#failure(event);
    }
    for (const { bytes } of sends)
      this.#cost = { ...this.#cost, sent: this.#cost.sent + 1, octets: this.#cost.octets + bytes.length };
    if (found === null || this.#givesUpAtMs === null) return { sends, outcome: null };
    if (found === "too large") return this.#askOver("tcp", sends, nowMs);
    return { sends, outcome: this.#end(found) };
  }

  /** Another subscription, over the other transport: that of the first has ended, or never began. */
  #askOver(transport: "udp" | "tcp", sends: readonly OutgoingDatagram[], nowMs: number): QueryTurn {
    this.#triesUntilMs = null;
    this.#isOverTcp = transport === "tcp";
    this.#subscribe = subscribeRequest(this.#options, this.#isOverTcp, this.#random);
    const turn = this.#start(nowMs);
    return { sends: [...sends, ...turn.sends], outcome: turn.outcome };
  }

  /** NOTIFY may come before the 200 of SUBSCRIBE (RFC 6665 section 4.1.2.4); what is not of this query gets 481. */
  #answer(request: SipRequest): { readonly status: number; readonly found: Found | null } {
    const { callId, to, event, contentType } = request.headers;
    const mine = this.#subscribe.headers;
    if (request.method !== "NOTIFY") return { status: 405, found: null };
    if (callId !== mine.callId || tagOf(to) !== tagOf(mine.from)) return { status: 481, found: null };
    if (event?.token !== "dialog") return { status: 489, found: null };
    const isDocument = contentType?.toLowerCase().split(";")[0]?.trim() === dialogInfoType;
    if (isDocument && !this.#isOverTcp && tellsTooLarge(request)) {
      this.#tooLarge = "the document tells not all: it is too large for a datagram";
      return { status: 200, found: "too large" };
    }
    if (isDocument) {
      const document = parseDialogInfo(bodyText(request));
      return { status: document.ok ? 200 : 400, found: document.ok ? this.#whole(document.value, request) : document };
    }
    const isLast = request.headers.subscriptionState?.token.toLowerCase() === "terminated";
    return { status: 200, found: isLast ? refused("the NOTIFY holds no dialog-info document") : null };
  }

  /** A document that does not tell all is said to be so, not taken for all there is. */
  #whole(document: DialogInfo, notify: SipRequest): ParseResult<DialogInfo> {
    if (document.state === "full") return parsed(document);
    const told = `the document tells ${document.dialogs.length} connections and not all`;
    return refused(`${told}: it is ${tellsTooLarge(notify) ? "larger than the gateway tells" : "partial"}`);
  }

  /** RFC 3261 section 22.2: the same request with credentials and the next CSeq. */
  #authorized({ headers }: SipResponse): ParseResult<SipRequest> {
    const { credentials } = this.#options;
    if (credentials === null) return refused(`${this.#name()} wants a user and a password (401)`);
    const challenges = valuesOf(headers.others, "www-authenticate").map(parseChallenge);
    const challenge = challenges.find(({ ok }) => ok);
    if (challenge?.ok !== true) {
      return refused(`${this.#name()} wants another authentication than Digest with SHA-256 (401)`);
    }
    const { realm, nonce, isStale, opaque } = challenge.value;
    this.#challenges += 1;
    if (this.#challenges > (isStale ? 2 : 1)) {
      return refused(`${this.#name()} does not take the password of "${credentials.userName}" (401)`);
    }
    this.#used = { nonce, count: this.#used.nonce === nonce ? this.#used.count + 1 : 1 };
    const { method, uri, headers: asked } = this.#subscribe;
    const clientNonce = randomHex(this.#random, 16).toLowerCase();
    const parts = {
      userName: credentials.userName,
      realm,
      nonce,
      uri: formatUri(uri),
      count: this.#used.count,
      clientNonce,
    };
    const response = digestResponse(parts, credentials.password, method);
    const cseq = { number: asked.cseq.number + 1, method };
    return parsed({
      ...this.#subscribe,
      headers: { ...asked, cseq, others: [credentialsHeader({ ...parts, response, opaque })] },
    });
  }

  #failure(event: SipEvent): ParseResult<DialogInfo> | null {
    if ((event.kind === "failed" || event.kind === "response") && event.reference !== this.#reference()) return null;
    if (event.kind === "failed") return refused(`no answer from ${this.#name()}: ${event.reason}`);
    if (event.kind !== "response" || event.response.status < 300) return null;
    return refused(`${this.#name()} answered ${event.response.status} ${event.response.reason}`);
  }

  /** Answers to the subscription that was given up for TCP are no longer this query's. */
  #reference(): string {
    return this.#isOverTcp ? "query by TCP" : "query";
  }

  #timeoutMs(): number {
    return this.#options.timeoutMs * (this.#isOverTcp ? streamTimeoutFactor : 1);
  }

  #name(): string {
    return formatAddress(this.#options.to);
  }

  #end(found: ParseResult<DialogInfo>): AuditOutcome {
    this.#givesUpAtMs = null;
    if (!found.ok) return found;
    const isOurs = found.value.gateway !== null && found.value.dialogs.every(({ connection }) => connection !== null);
    const audit = auditOf(found.value, this.#options.gateway);
    return { ok: true, audit, notTold: isOurs ? toldByNone : [...notInRfc4235, ...toldByNone], cost: this.#cost };
  }
}

/** Our gateways' reason for a document that does not hold everything. */
function tellsTooLarge({ headers }: SipRequest): boolean {
  return parameterOf(headers.subscriptionState?.parameters ?? [], "reason") === "too-large";
}

function isChallenge(event: SipEvent): event is Extract<SipEvent, { kind: "response" }> {
  return event.kind === "response" && event.response.status === 401;
}

/** RFC 3261 section 8.1.1, RFC 6665 section 4.1.2.1. */
function subscribeRequest(
  options: Required<Omit<SipQueryOptions, "times">>,
  isOverTcp: boolean,
  random: Random,
): SipRequest {
  const { to, from, observed } = options;
  const byTransport = (uri: SipUri) => (isOverTcp ? overTcp(uri) : uri);
  const observedUri = byTransport(sipUri(observed, to.address, to.port));
  const asker = byTransport(sipUri("audit", from.address, from.port));
  return requestOutsideDialog({
    method: "SUBSCRIBE",
    uri: observedUri,
    from: withTag(nameAddress(asker), randomHex(random, 16)),
    to: nameAddress(observedUri),
    callId: `${randomHex(random, 24)}@${from.address.includes(":") ? `[${from.address}]` : from.address}`,
    sequence: 1,
    headers: {
      contact: contactOf(asker),
      event: { token: "dialog", parameters: [] },
      expiresSeconds: 0,
      accept: [dialogInfoType],
    },
  });
}

const toldByNone = ["line events", "ended connections"];
const notInRfc4235 = [
  "coding algorithm",
  "quality of service",
  "media addresses",
  "statistics",
  "tag",
  "epoch",
  "change counter",
  "exact start",
];

function auditOf(document: DialogInfo, asked: string): GatewayAudit {
  const { gateway, dialogs } = document;
  const facts = gateway ?? { gateway: asked, bootId: null, counter: null, upMs: null, epoch: null, heard: [] };
  const live = dialogs.filter(({ state }) => state !== "terminated");
  const connections = live.map((dialog) => dialog.connection ?? connectionOf(dialog, facts.gateway));
  return { ...facts, via: "sip", connections, lineEvents: [], ended: [] };
}

/** What a plain RFC 4235 dialog tells of a connection; the rest is null, empty or zero, and named in `notTold`. */
function connectionOf(dialog: DialogElement, gateway: string): ActiveConnection {
  const isUp = dialog.state === "confirmed";
  const caller = dialog.direction === "recipient" ? dialog.remote : dialog.local;
  return {
    ...namedConnection(gateway, dialog.id),
    callId: dialog.callId ?? "",
    endpoint: userOfText(dialog.local?.identity ?? null) ?? "",
    mode: isUp ? "sendrecv" : "inactive",
    state: isUp ? "up" : "setting-up",
    origin: {
      device: caller?.identity ?? "",
      address: addressOf(caller),
      from: dialog.direction === "recipient" ? "remote-description" : "line",
    },
    durationMs: isUp ? (dialog.durationSeconds ?? 0) * 1_000 : 0,
  };
}

function userOfText(text: string | null): string | null {
  const uri = text === null ? null : parseUri(text);
  return uri?.ok ? userOf(uri.value) : null;
}

/** The host of the caller's target, where it is an IP literal. */
function addressOf(participant: Participant | null): string | null {
  const uri = parseUri(participant?.target ?? "");
  return uri.ok ? (uriAddress(uri.value)?.address ?? null) : null;
}
