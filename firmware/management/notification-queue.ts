/**
 * What one receiver of notifications must still be told (RFC 3413 section 3.3): so many a second and no more, informs
 * again until they are acknowledged, and a limit to what waits. It sends nothing itself: snmp-notifier.ts takes what is
 * to be sent.
 */
import type { Address } from "#protocol/address.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import { Deadlines, earliest } from "#protocol/deadlines.js";
import type { PlainPdu, VariableBinding } from "#protocol/snmp/pdu.js";
import type { SnmpEnvelope } from "#protocol/snmp/snmp-envelope.js";

export interface NotificationReceiver {
  readonly to: Address;
  /** Informs are acknowledged, and sent again until they are; traps are sent once. */
  readonly kind: "trap" | "inform";
  readonly envelope: SnmpEnvelope;
}

export interface NotificationLimits {
  readonly perSecondMax: number;
  /** What waits beyond this is dropped, the newest first, and counted. */
  readonly waitingMax: number;
  /** Informs without an acknowledgement. */
  readonly inFlightMax: number;
  /** An inform is sent again after this, then after twice as long. */
  readonly firstTryMs: number;
  readonly triesMax: number;
}

interface InFlight {
  readonly pdu: PlainPdu;
  readonly tries: number;
}

const rateWindowMs = 1_000;

export class NotificationQueue {
  readonly #receiver: NotificationReceiver;
  readonly #limits: NotificationLimits;
  readonly #inFlight = new Map<number, InFlight>();
  readonly #deadlines = new Deadlines<number>();
  #waiting: PlainPdu[] = [];
  #sends: OutgoingDatagram[] = [];
  #window = { fromMs: Number.NEGATIVE_INFINITY, sent: 0 };
  #dropped = 0;

  constructor(receiver: NotificationReceiver, limits: NotificationLimits) {
    this.#receiver = receiver;
    this.#limits = limits;
  }

  get to(): Address {
    return this.#receiver.to;
  }

  /** Not told at all: too many waited, or nobody acknowledged. */
  get dropped(): number {
    return this.#dropped;
  }

  tell(requestId: number, bindings: readonly VariableBinding[], nowMs: number): void {
    const { kind } = this.#receiver;
    if (this.#waiting.length >= this.#limits.waitingMax) this.#dropped += 1;
    else this.#waiting.push({ kind, requestId, errorStatus: 0, errorIndex: 0, bindings });
    this.#sendWaiting(nowMs);
  }

  /** False: nothing that this receiver was expected to send. */
  receive(bytes: Uint8Array, nowMs: number): boolean {
    const opened = this.#receiver.envelope.open(bytes, nowMs);
    if (opened.kind === "foreign") return false;
    if (opened.kind === "learnt") for (const [id, { pdu, tries }] of this.#inFlight) this.#send(id, pdu, tries, nowMs);
    if (opened.kind === "pdu" && opened.pdu.kind === "response") this.#forget(opened.pdu.requestId);
    this.#sendWaiting(nowMs);
    return true;
  }

  tick(nowMs: number): void {
    for (const requestId of this.#deadlines.takeDue(nowMs)) {
      const inFlight = this.#inFlight.get(requestId);
      if (inFlight === undefined) continue;
      if (inFlight.tries < this.#limits.triesMax) this.#send(requestId, inFlight.pdu, inFlight.tries + 1, nowMs);
      else {
        this.#dropped += 1;
        this.#forget(requestId);
      }
    }
    this.#sendWaiting(nowMs);
  }

  next(): number | null {
    const isHeldByRate = this.#waiting.length > 0 && this.#inFlightRoom() > 0;
    return earliest(this.#deadlines.next(), isHeldByRate ? this.#window.fromMs + rateWindowMs : null);
  }

  takeSends(): readonly OutgoingDatagram[] {
    const sends = this.#sends;
    this.#sends = [];
    return sends;
  }

  #sendWaiting(nowMs: number): void {
    if (nowMs - this.#window.fromMs >= rateWindowMs) this.#window = { fromMs: nowMs, sent: 0 };
    const room = Math.min(this.#limits.perSecondMax - this.#window.sent, this.#inFlightRoom());
    const now = this.#waiting.slice(0, Math.max(0, room));
    this.#waiting = this.#waiting.slice(now.length);
    this.#window.sent += now.length;
    for (const pdu of now) this.#send(pdu.requestId, pdu, 1, nowMs);
  }

  #inFlightRoom(): number {
    if (this.#receiver.kind === "trap") return Number.POSITIVE_INFINITY;
    return this.#limits.inFlightMax - this.#inFlight.size;
  }

  #send(requestId: number, pdu: PlainPdu, tries: number, nowMs: number): void {
    this.#sends.push({ bytes: this.#receiver.envelope.wrap(pdu, nowMs), to: this.#receiver.to });
    if (pdu.kind !== "inform") return;
    this.#inFlight.set(requestId, { pdu, tries });
    this.#deadlines.set(requestId, nowMs + this.#limits.firstTryMs * 2 ** (tries - 1));
  }

  #forget(requestId: number): void {
    this.#inFlight.delete(requestId);
    this.#deadlines.clear(requestId);
  }
}
