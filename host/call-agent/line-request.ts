/**
 * What a line is asked to watch for and to play (RQNT, RFC 3435 section 2.3.3), by what it is doing. Packages: L line
 * and D DTMF of RFC 3660 sections 2.4 and 2.2, G generic media of section 2.1.
 */
import type { EventName, MgcpParameters, RequestedEvent } from "#protocol/mgcp/message.js";

export type LineRequest = "idle" | "dial-tone" | "ringback" | "ringing" | "talking" | "busy-tone";

const hookDown: RequestedEvent = { ...eventName("L", "hd"), actions: [{ kind: "notify" }] };
/** L/of(rg): it cannot be rung (RFC 3660 section 2.4, operation failure). */
const failure: RequestedEvent = { ...eventName("L", "of"), actions: [{ kind: "notify" }] };
const hookUp: RequestedEvent = { ...eventName("L", "hu"), actions: [{ kind: "notify" }] };
const digits: RequestedEvent = { ...eventName("D", "[0-9#*T]"), actions: [{ kind: "digits" }] };

/** L/hd is off-hook, L/hu on-hook (RFC 3660 section 2.4). */
const requests: Readonly<Record<LineRequest, { events: readonly RequestedEvent[]; signals: readonly EventName[] }>> = {
  idle: { events: [hookDown], signals: [] },
  "dial-tone": { events: [hookUp, digits], signals: [eventName("L", "dl")] },
  ringback: { events: [hookUp], signals: [eventName("G", "rt")] },
  ringing: { events: [hookDown, hookUp, failure], signals: [eventName("L", "rg")] },
  talking: { events: [hookUp], signals: [] },
  "busy-tone": { events: [hookUp], signals: [eventName("L", "bz")] },
};

/** An empty list of signals stops those that play. `tellsFailure`: the gateway has event L/of. */
export function lineParameters(
  request: LineRequest,
  requestIdentifier: string,
  digitMap: string,
  tellsFailure: boolean,
): MgcpParameters {
  const { events, signals } = requests[request];
  const requestedEvents = tellsFailure ? events : events.filter((event) => event !== failure);
  const parameters = { requestIdentifier, requestedEvents, signals };
  return request === "dial-tone" ? { ...parameters, digitMap } : parameters;
}

/** The digits of a Notify in their order; the timer's T and other events are left out. */
export function dialledDigits(observed: readonly EventName[]): string {
  return observed
    .filter((event) => event.packageName?.toUpperCase() === "D" && /^[0-9*#A-D]$/i.test(event.event))
    .map((event) => event.event.toUpperCase())
    .join("");
}

export function observes(observed: readonly EventName[], event: "hd" | "hu" | "of"): boolean {
  return observed.some((seen) => (seen.packageName ?? "L").toUpperCase() === "L" && seen.event.toLowerCase() === event);
}

function eventName(packageName: string, event: string): EventName {
  return { packageName, event, connectionId: null, parameters: [] };
}
