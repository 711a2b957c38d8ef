/**
 * What one message, timer or wish does to the transactions: gathered while it is worked through, then given to the
 * edge. And the names of their deadlines, which clients and servers share one table of.
 */
import type { OutgoingDatagram } from "../datagram.js";
import type { Deadlines } from "../deadlines.js";
import type { SipPeer, TransactionKey } from "./sip-output.js";
import { type TransactionAction, type TransactionTimer, transactionTimers } from "./transaction-steps.js";

export interface Turn<Event> {
  readonly nowMs: number;
  readonly sends: OutgoingDatagram[];
  readonly events: { push(event: Event): unknown };
}

/** A message on its way, by the transport of its peer. */
export function outgoing(bytes: Uint8Array, { address, port, reliable }: SipPeer): OutgoingDatagram {
  const to = { address, port };
  return reliable === true ? { bytes, to, isStream: true } : { bytes, to };
}

/** `timer key`. */
export type DeadlineName = `${TransactionTimer} ${TransactionKey}`;

/** Starts or stops the timer an action names; other actions are not its affair. */
export function setTimer(
  deadlines: Deadlines<DeadlineName>,
  key: TransactionKey,
  action: TransactionAction,
  nowMs: number,
): void {
  if (action.kind === "start") deadlines.set(`${action.timer} ${key}`, nowMs + action.afterMs);
  else if (action.kind === "stop") deadlines.clear(`${action.timer} ${key}`);
}

export function clearTimers(deadlines: Deadlines<DeadlineName>, key: TransactionKey): void {
  for (const timer of transactionTimers) deadlines.clear(`${timer} ${key}`);
}

export function timerOf(name: DeadlineName): { readonly timer: TransactionTimer; readonly key: TransactionKey } | null {
  const timer = transactionTimers.find((candidate) => name.startsWith(`${candidate} `));
  return timer === undefined ? null : { timer, key: name.slice(timer.length + 1) };
}
