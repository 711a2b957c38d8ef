/**
 * Tells the configured receivers by trap or inform (RFC 3413 section 3.3) that the gateway was started again and which
 * connections started and ended. What cannot be told in time is dropped and counted: whoever must know all asks, by an
 * audit. Nobody is told unless configured.
 */
import type { ActiveConnection } from "#protocol/active-connection.js";
import { type Address, sameAddress } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import { earliest } from "#protocol/deadlines.js";
import {
  type ConnectionNotificationName,
  connectionNotification,
  restartNotification,
} from "#protocol/mib/notifications.js";
import type { Oid } from "#protocol/snmp/oid.js";
import type { VariableBinding } from "#protocol/snmp/pdu.js";
import { type NotificationLimits, NotificationQueue, type NotificationReceiver } from "./notification-queue.js";

export interface SnmpNotifierOptions {
  /** Where HOLDOVER-MIB stands. */
  readonly root: Oid;
  readonly gateway: string;
  readonly bootId: string;
  readonly limits: NotificationLimits;
}

export const notificationLimits: NotificationLimits = {
  perSecondMax: 100,
  waitingMax: 1_000,
  inFlightMax: 32,
  firstTryMs: 1_000,
  triesMax: 4,
};

const requestIdMax = 0x7fff_ffff;

export class SnmpNotifier {
  readonly #options: SnmpNotifierOptions;
  readonly #startedAtMs: number;
  readonly #queues: readonly NotificationQueue[];
  #requestId: number;

  constructor(options: SnmpNotifierOptions, receivers: readonly NotificationReceiver[], random: Random, nowMs: number) {
    this.#options = options;
    this.#startedAtMs = nowMs;
    this.#queues = receivers.map((receiver) => new NotificationQueue(receiver, options.limits));
    this.#requestId = Math.floor(random() * requestIdMax);
  }

  /** Notifications that some receiver was not told, over all receivers. */
  get dropped(): number {
    return this.#queues.reduce((sum, { dropped }) => sum + dropped, 0);
  }

  restarted(nowMs: number): void {
    const { gateway, bootId, root } = this.#options;
    this.#tell(restartNotification(gateway, bootId, root, nowMs - this.#startedAtMs), nowMs);
  }

  connection(name: ConnectionNotificationName, connection: ActiveConnection, nowMs: number): void {
    const bindings = connectionNotification(name, connection, this.#options.root, nowMs - this.#startedAtMs);
    if (bindings !== null) this.#tell(bindings, nowMs);
  }

  /** An acknowledgement, or what a receiver's engine says of itself; false: it is something else. */
  receive(bytes: Uint8Array, from: Address, nowMs: number): boolean {
    return this.#queues.some((queue) => sameAddress(queue.to, from) && queue.receive(bytes, nowMs));
  }

  tick(nowMs: number): void {
    for (const queue of this.#queues) queue.tick(nowMs);
  }

  next(): number | null {
    return earliest(...this.#queues.map((queue) => queue.next()));
  }

  /** What is to be sent now, each once. */
  takeSends(): readonly OutgoingDatagram[] {
    return this.#queues.flatMap((queue) => queue.takeSends());
  }

  #tell(bindings: readonly VariableBinding[], nowMs: number): void {
    this.#requestId = this.#requestId >= requestIdMax ? 1 : this.#requestId + 1;
    for (const queue of this.#queues) queue.tell(this.#requestId, bindings, nowMs);
  }
}
