/** Requests and events as they stand in messages, for tests of what a gateway does with them. */
import { parseEvents, writeEvents } from "../../firmware/protocol/mgcp/event-names.js";
import type { EventName, MgcpParameters, RequestedEvent } from "../../firmware/protocol/mgcp/message.js";
import { parseRequestedEvents } from "../../firmware/protocol/mgcp/requested-events.js";

export function requestedEvents(text: string): RequestedEvent[] {
  const events = parseRequestedEvents(text);
  if (!events.ok) throw new Error(`${text}: ${events.reason}`);
  return events.value;
}

export function eventNames(text: string): EventName[] {
  const events = parseEvents(text);
  if (!events.ok) throw new Error(`${text}: ${events.reason}`);
  return events.value;
}

export function eventTexts(events: readonly EventName[]): string {
  return writeEvents(events);
}

/** `R`, `S`, `T`, `D` and `Q` as in a message, X its identifier. */
export function requestParameters(
  requestIdentifier: string,
  texts: {
    readonly R?: string;
    readonly S?: string;
    readonly T?: string;
    readonly D?: string;
    readonly Q?: string;
    readonly PR?: string;
  },
): MgcpParameters {
  const { R, S, T, D, Q, PR } = texts;
  return {
    requestIdentifier,
    ...(R !== undefined && { requestedEvents: requestedEvents(R) }),
    ...(S !== undefined && { signals: eventNames(S) }),
    ...(T !== undefined && { detectEvents: eventNames(T) }),
    ...(D !== undefined && { digitMap: D }),
    ...(Q !== undefined && { quarantine: { loop: Q.includes("loop"), process: !Q.includes("discard") } }),
    ...(PR !== undefined && { extensions: [{ name: "B/PR", value: PR }] }),
  };
}
