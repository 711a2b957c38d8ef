/**
 * SNMP requests under way to one agent: sent again until answered or too often, matched to their answers by request-id
 * (RFC 3416 section 4.1). What is asked and what an answer means is snmp-query's affair; which message is around it, the
 * envelope's.
 */
import { type Address, sameAddress } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import { Deadlines } from "#protocol/deadlines.js";
import type { Pdu, PlainPdu } from "#protocol/snmp/pdu.js";
import type { SnmpEnvelope } from "#protocol/snmp/snmp-envelope.js";
import type { AuditCost } from "./audit-query.js";

export interface SnmpRequestsOptions {
  readonly to: Address;
  readonly envelope: SnmpEnvelope;
  /** A request is sent again after this, then after twice as long, and so on. */
  readonly firstTryMs: number;
  readonly triesMax: number;
}

interface Pending<Purpose> {
  readonly pdu: Pdu;
  readonly purpose: Purpose;
  readonly tries: number;
}

/** What a datagram brought: the answer to one of these requests, for the first time, or why there will be none. */
export type ReceivedAnswer<Purpose> =
  | { readonly kind: "answer"; readonly pdu: PlainPdu; readonly purpose: Purpose }
  | { readonly kind: "refused"; readonly reason: string };

const requestIdMax = 0x7fff_ffff;

export class SnmpRequests<Purpose> {
  readonly #options: SnmpRequestsOptions;
  readonly #random: Random;
  readonly #deadlines = new Deadlines<number>();
  readonly #pending = new Map<number, Pending<Purpose>>();
  readonly #cost = { sent: 0, received: 0, octets: 0 };
  #lastRequestId: number | null = null;
  #sends: OutgoingDatagram[] = [];

  constructor(options: SnmpRequestsOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  get cost(): AuditCost {
    return { ...this.#cost };
  }

  /** When `sendAgain` wants to be called; null while nothing is under way. */
  next(): number | null {
    return this.#deadlines.next();
  }

  ask(purpose: Purpose, nowMs: number, pduOf: (requestId: number) => Pdu): void {
    const last = this.#lastRequestId ?? Math.floor(this.#random() * requestIdMax);
    const requestId = last >= requestIdMax ? 1 : last + 1;
    this.#lastRequestId = requestId;
    this.#send(requestId, { pdu: pduOf(requestId), purpose, tries: 1 }, nowMs);
  }

  /** Null: of no use. */
  take(bytes: Uint8Array, from: Address, nowMs: number): ReceivedAnswer<Purpose> | null {
    if (!sameAddress(from, this.#options.to)) return null;
    const opened = this.#options.envelope.open(bytes, nowMs);
    if (opened.kind === "foreign") return null;
    const answer = opened.kind === "pdu" ? this.#answerIn(opened.pdu) : null;
    if (opened.kind === "pdu" && answer === null) return null;
    this.#cost.received += 1;
    this.#cost.octets += bytes.length;
    if (opened.kind === "refused") return opened;
    if (opened.kind === "learnt") for (const [id, pending] of [...this.#pending]) this.#send(id, pending, nowMs);
    return answer;
  }

  #answerIn(pdu: Pdu): ReceivedAnswer<Purpose> | null {
    const pending = pdu.kind === "response" ? this.#pending.get(pdu.requestId) : undefined;
    if (pdu.kind !== "response" || pending === undefined) return null;
    this.#forget(pdu.requestId);
    return { kind: "answer", pdu, purpose: pending.purpose };
  }

  /** False when a request was sent as often as it may be. */
  sendAgain(nowMs: number): boolean {
    for (const requestId of this.#deadlines.takeDue(nowMs)) {
      const pending = this.#pending.get(requestId);
      if (pending === undefined) continue;
      if (pending.tries >= this.#options.triesMax) return false;
      this.#send(requestId, { ...pending, tries: pending.tries + 1 }, nowMs);
    }
    return true;
  }

  /** What is to be sent now, each once. */
  takeSends(): readonly OutgoingDatagram[] {
    const sends = this.#sends;
    this.#sends = [];
    return sends;
  }

  /** Answers that still come are not taken. */
  forgetAll(): void {
    for (const requestId of [...this.#pending.keys()]) this.#forget(requestId);
    this.#sends = [];
  }

  #forget(requestId: number): void {
    this.#pending.delete(requestId);
    this.#deadlines.clear(requestId);
  }

  #send(requestId: number, pending: Pending<Purpose>, nowMs: number): void {
    this.#pending.set(requestId, pending);
    this.#deadlines.set(requestId, nowMs + this.#options.firstTryMs * 2 ** (pending.tries - 1));
    const bytes = this.#options.envelope.wrap(pending.pdu, nowMs);
    this.#sends.push({ bytes, to: this.#options.to });
    this.#cost.sent += 1;
    this.#cost.octets += bytes.length;
  }
}
