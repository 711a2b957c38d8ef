/**
 * Events, signals and requested events (RFC 3435 sections 3.2.2.4, 3.2.2.16 and Appendix A) to values and back:
 *
 *   L/hu   G/rt@0A3F58   D/[0-9#*T]   L/adsi("123456 Francois Gerard")   L/hd(E(R(D/[0-9#T](D)),S(L/dl),D(xxxT)))
 */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { parseList, splitGroups, splitList } from "./list-syntax.js";
import type { EmbeddedRequest, EventName, RequestedAction, RequestedEvent } from "./message.js";

const eventNameSyntax =
  /^(?:([A-Za-z0-9]+(?:-[A-Za-z0-9]+)*|\*)\/)?([A-Za-z0-9-]+|\[[0-9A-Za-z#*-]{1,64}\]|[*#])(?:@([0-9A-Fa-f]{1,32}|[$*]))?$/;

/** The action letters of section 3.2.2.16; E is taken apart by itself. */
const actionLetters = [
  ["N", "notify"],
  ["A", "accumulate"],
  ["D", "digits"],
  ["S", "swap"],
  ["I", "ignore"],
  ["K", "keep"],
] as const;

export function parseEvents(text: string): ParseResult<EventName[]> {
  return parseList(text, (element) => {
    const split = splitGroups(element);
    if (!split.ok) return split;
    const { name, groups } = split.value;
    if (groups.length > 1) return refused(`"${name}" has more than one list of parameters`);
    return parseEventName(name, groups[0] ?? null);
  });
}

export function writeEvents(events: readonly EventName[]): string {
  return events.map((event) => writeEventName(event) + writeEventParameters(event)).join(",");
}

/** `embedded` says whether this list stands inside an embedded request, which holds no further one (section 2.3.3). */
export function parseRequestedEvents(text: string, embedded = false): ParseResult<RequestedEvent[]> {
  return parseList(text, (element) => {
    const split = splitGroups(element);
    if (!split.ok) return split;
    const { name, groups } = split.value;
    const [actionText, parameterText, ...more] = groups;
    if (more.length > 0) return refused(`"${name}" has too many parentheses`);
    const event = parseEventName(name, parameterText ?? null);
    if (!event.ok) return event;
    const actions = parseActions(actionText ?? "N", embedded);
    return actions.ok ? parsed({ ...event.value, actions: actions.value }) : actions;
  });
}

/** The action is left out where it is the default one and no parameters follow (section 3.2.2.16). */
export function writeRequestedEvents(events: readonly RequestedEvent[]): string {
  return events
    .map((event) => {
      const [first, ...more] = event.actions;
      const isDefault = first?.kind === "notify" && more.length === 0 && event.parameters.length === 0;
      const actions = isDefault || first === undefined ? "" : `(${event.actions.map(writeAction).join(",")})`;
      return writeEventName(event) + actions + writeEventParameters(event);
    })
    .join(",");
}

function parseEventName(name: string, parameterText: string | null): ParseResult<EventName> {
  const match = eventNameSyntax.exec(name);
  if (match === null) return refused(`"${name.slice(0, 60)}" is not an event`);
  const [, packageName = null, event = "", connectionId = null] = match;
  const parameters = splitList(parameterText ?? "");
  if (!parameters.ok) return parameters;
  return parsed({ packageName, event, connectionId, parameters: parameters.value });
}

function writeEventName(event: EventName): string {
  const packaged = event.packageName === null ? event.event : `${event.packageName}/${event.event}`;
  return event.connectionId === null ? packaged : `${packaged}@${event.connectionId}`;
}

function writeEventParameters(event: EventName): string {
  return event.parameters.length === 0 ? "" : `(${event.parameters.join(",")})`;
}

function parseActions(text: string, embedded: boolean): ParseResult<RequestedAction[]> {
  const actions = parseList(text, (element): ParseResult<RequestedAction> => {
    const split = splitGroups(element);
    if (!split.ok) return split;
    const { name, groups } = split.value;
    const letter = name.toUpperCase();
    const [content, ...more] = groups;
    if (letter === "E" && content !== undefined && more.length === 0) {
      if (embedded) return refused("a request embedded in an embedded one");
      const request = parseEmbedded(content);
      return request.ok ? parsed({ kind: "embedded", request: request.value }) : request;
    }
    const found = actionLetters.find(([known]) => known === letter);
    if (found === undefined || groups.length > 0) return refused(`"${element.slice(0, 60)}" is not an action`);
    return parsed({ kind: found[1] });
  });
  return actions.ok && actions.value.length === 0 ? refused("an empty list of actions") : actions;
}

function writeAction(action: RequestedAction): string {
  if (action.kind !== "embedded") return actionLetters.find(([, kind]) => kind === action.kind)?.[0] ?? "N";
  const { requestedEvents, signals, digitMap } = action.request;
  const groups: string[] = [];
  if (requestedEvents.length > 0) groups.push(`R(${writeRequestedEvents(requestedEvents)})`);
  if (signals.length > 0) groups.push(`S(${writeEvents(signals)})`);
  if (digitMap !== null) groups.push(`D(${digitMap})`);
  return `E(${groups.join(",")})`;
}

/** R, S and D in any order, as section 3.2.2.16 asks of a receiver. */
function parseEmbedded(text: string): ParseResult<EmbeddedRequest> {
  const groups = splitList(text);
  if (!groups.ok) return groups;
  let request: EmbeddedRequest = { requestedEvents: [], signals: [], digitMap: null };
  const seen = new Set<string>();
  for (const group of groups.value) {
    const letter = group.charAt(0).toUpperCase();
    if (!/^[RSD]\(.*\)$/i.test(group) || seen.has(letter)) return refused("an embedded request is R(), S() and D()");
    seen.add(letter);
    const content = group.slice(2, -1);
    if (letter === "R") {
      const requestedEvents = parseRequestedEvents(content, true);
      if (!requestedEvents.ok) return requestedEvents;
      request = { ...request, requestedEvents: requestedEvents.value };
    } else if (letter === "S") {
      const signals = parseEvents(content);
      if (!signals.ok) return signals;
      request = { ...request, signals: signals.value };
    } else request = { ...request, digitMap: content };
  }
  return parsed(request);
}
