/**
 * What a line is asked to watch for and to play (RFC 3435 section 2.3.3), by what it is doing. Packages: L line and D DTMF
 * of RFC 3660 sections 2.4 and 2.2, G generic media of section 2.1.
 */
import type { EventName, MgcpParameters, RequestedEvent } from "#protocol/mgcp/message.js";
import type { Ability } from "./gateway-dialects.js";

export type LineRequest = "idle" | "dial-tone" | "ringback" | "ringing" | "silence" | "busy-tone";

/** A request as a gateway is given it, by itself or within a connection command. */
export interface WrittenRequest {
  readonly identifier: string;
  readonly parameters: MgcpParameters;
  readonly presumes: readonly Ability[];
}

/** Which of the optional parts the gateway knows. */
export interface RequestAbilities {
  /** Event L/of. */
  readonly tellsFailure: boolean;
  /** DetectEvents (T:). */
  readonly detects: boolean;
  /** QuarantineHandling (Q:). */
  readonly discards: boolean;
}

const hookDown: RequestedEvent = { ...eventName("L", "hd"), actions: [{ kind: "notify" }] };
/** L/of(rg): it cannot be rung (RFC 3660 section 2.4, operation failure). */
const failure: RequestedEvent = { ...eventName("L", "of"), actions: [{ kind: "notify" }] };
const hookUp: RequestedEvent = { ...eventName("L", "hu"), actions: [{ kind: "notify" }] };
const digits: RequestedEvent = { ...eventName("D", "[0-9#*T]"), actions: [{ kind: "digits" }] };

/**
 * L/hd is off-hook, L/hu on-hook (RFC 3660 section 2.4). Never both: one of them is refused, as the handset is where it is
 * (section 4.4.2). What comes next, while a Notify is unanswered, is kept by DetectEvents (section 4.4.1).
 */
const requests: Readonly<Record<LineRequest, { events: readonly RequestedEvent[]; signals: readonly EventName[] }>> = {
  idle: { events: [hookDown], signals: [] },
  "dial-tone": { events: [hookUp, digits], signals: [eventName("L", "dl")] },
  ringback: { events: [hookUp], signals: [eventName("G", "rt")] },
  ringing: { events: [hookDown, failure], signals: [eventName("L", "rg")] },
  silence: { events: [hookUp], signals: [] },
  "busy-tone": { events: [hookUp], signals: [eventName("L", "bz")] },
};

const hook = [eventName("L", "hd"), eventName("L", "hu")];
/** Whoever lifts the handset may dial before the dial tone comes. */
const detected: Readonly<Partial<Record<LineRequest, readonly EventName[]>>> = {
  idle: [...hook, eventName("D", "[0-9#*]")],
};

/**
 * What a station did before it rings is no answer to this ringing, and no hang-up behind it: it is not to be told
 * (section 3.2.2.14). Where its handset is now, the gateway says with 401.
 */
const discarding = { loop: false, process: false };

/** An empty list of signals stops those that play. */
export function lineParameters(
  request: LineRequest,
  requestIdentifier: string,
  digitMap: string,
  { tellsFailure, detects, discards }: RequestAbilities,
): MgcpParameters {
  const { events, signals } = requests[request];
  const requestedEvents = tellsFailure ? events : events.filter((event) => event !== failure);
  return {
    requestIdentifier,
    requestedEvents,
    signals,
    ...(discards && request === "ringing" && { quarantine: discarding }),
    ...(detects && { detectEvents: detected[request] ?? hook }),
    ...(request === "dial-tone" && { digitMap }),
  };
}

/** The digits of a Notify in their order; the timer's T and other events are left out. */
export function dialledDigits(observed: readonly EventName[]): string {
  return observed
    .filter((event) => event.packageName?.toUpperCase() === "D" && /^[0-9*#A-D]$/i.test(event.event))
    .map((event) => event.event.toUpperCase())
    .join("");
}

/** Where the handset was after all of a Notify; null: nothing of it was observed. */
export function lastHook(observed: readonly EventName[]): "off-hook" | "on-hook" | null {
  const last = observed.findLast((event) => observes([event], "hd") || observes([event], "hu"));
  if (last === undefined) return null;
  return observes([last], "hd") ? "off-hook" : "on-hook";
}

export function observes(observed: readonly EventName[], event: "hd" | "hu" | "of"): boolean {
  return observed.some((seen) => (seen.packageName ?? "L").toUpperCase() === "L" && seen.event.toLowerCase() === event);
}

function eventName(packageName: string, event: string): EventName {
  return { packageName, event, connectionId: null, parameters: [] };
}
