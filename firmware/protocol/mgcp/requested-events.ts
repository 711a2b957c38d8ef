/**
 * Requested events with their actions (RFC 3435 sections 2.3.3 and 3.2.2.16) to values and back:
 *
 *   L/hu(N)   L/hf(S,N)   X/foobar(N)(epar=2)   L/hd(PKG/act(x))
 *   L/hd(A,E(R(D/[0-9#T](D),L/hu(N)),S(L/dl),D([0-9].[#T])))
 */
import { checkDigitMapSyntax } from "./digit-map.js";
import {
  eventParameterError,
  parseEventName,
  parseEvents,
  writeEventName,
  writeEventParameters,
  writeEvents,
} from "./event-names.js";
import { parseList, splitGroups, splitList } from "./list-syntax.js";
import type { EmbeddedRequest, RequestedAction, RequestedEvent } from "./message.js";
import { invalidParameter, type ParameterResult, right, withCode, wrong } from "./parameter-result.js";

const unknownAction = 523;

/** Each with those it may be combined with (section 2.3.3's table); E is taken apart by itself. */
const actions = [
  ["N", "notify", "swap keep embedded"],
  ["A", "accumulate", "swap keep embedded"],
  ["D", "digits", "keep"],
  ["S", "swap", "notify accumulate ignore"],
  ["I", "ignore", "swap keep"],
  ["K", "keep", "notify accumulate digits embedded ignore"],
] as const;

const combinable = new Map<string, readonly string[]>([
  ...actions.map(([, kind, others]) => [kind, others.split(" ")] as const),
  ["embedded", ["notify", "accumulate", "keep"]],
]);

/** `embedded` says whether this list stands inside an embedded request, which holds no further one (section 2.3.3). */
export function parseRequestedEvents(text: string, embedded = false): ParameterResult<RequestedEvent[]> {
  const events = parseList(text, (element): ParameterResult<RequestedEvent> => {
    const split = splitGroups(element);
    if (!split.ok) return withCode(split, invalidParameter);
    const { name, groups } = split.value;
    const [actionText, parameterText, ...more] = groups;
    if (more.length > 0) return wrong(`"${name}" has too many parentheses`, eventParameterError);
    const event = parseEventName(name, parameterText ?? null);
    if (!event.ok) return event;
    const actions = parseActions(actionText ?? "N", embedded);
    return actions.ok ? right({ ...event.value, actions: actions.value }) : actions;
  });
  return withCode(events, invalidParameter);
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

function parseActions(text: string, embedded: boolean): ParameterResult<RequestedAction[]> {
  const list = parseList(text, (element) => parseAction(element, embedded));
  if (!list.ok) return withCode(list, unknownAction);
  if (list.value.length === 0) return wrong("an empty list of actions", unknownAction);
  for (const [index, { kind }] of list.value.entries()) {
    const clash = list.value.slice(index + 1).find((later) => combinable.get(kind)?.includes(later.kind) === false);
    if (clash !== undefined) return wrong(`${kind} cannot be combined with ${clash.kind}`, unknownAction);
  }
  return right(list.value);
}

/** Section 3.2.2.16: R, S and D in this order. */
function writeAction(action: RequestedAction): string {
  if (action.kind === "extension") {
    const { packageName, action: name, parameters } = action;
    return `${packageName}/${name}${parameters.length === 0 ? "" : `(${parameters.join(",")})`}`;
  }
  if (action.kind !== "embedded") return actions.find(([, kind]) => kind === action.kind)?.[0] ?? "N";
  const { requestedEvents, signals, digitMap } = action.request;
  const groups: string[] = [];
  if (requestedEvents.length > 0) groups.push(`R(${writeRequestedEvents(requestedEvents)})`);
  if (signals.length > 0) groups.push(`S(${writeEvents(signals)})`);
  if (digitMap !== null) groups.push(`D(${digitMap})`);
  return `E(${groups.join(",")})`;
}

function parseAction(element: string, embedded: boolean): ParameterResult<RequestedAction> {
  const split = splitGroups(element);
  if (!split.ok) return withCode(split, unknownAction);
  const { name, groups } = split.value;
  const letter = name.toUpperCase();
  const [content, ...more] = groups;
  if (letter === "E" && content !== undefined && more.length === 0) {
    if (embedded) return wrong("a request embedded in an embedded one", unknownAction);
    const request = parseEmbedded(content);
    return request.ok ? right({ kind: "embedded", request: request.value }) : request;
  }
  const found = actions.find(([known]) => known === letter);
  if (found !== undefined && groups.length === 0) return right({ kind: found[1] });
  const extension = /^([A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)\/([A-Za-z]+)$/.exec(name);
  if (extension === null || more.length > 0) return wrong(`"${element.slice(0, 60)}" is not an action`, unknownAction);
  const parameters = splitList(content ?? "");
  if (!parameters.ok) return withCode(parameters, unknownAction);
  const [, packageName = "", action = ""] = extension;
  return right({ kind: "extension", packageName, action, parameters: parameters.value });
}

/** R, S and D in any order: others write them so (section 3.2.2.16). */
function parseEmbedded(text: string): ParameterResult<EmbeddedRequest> {
  const groups = splitList(text);
  if (!groups.ok) return withCode(groups, unknownAction);
  let request: EmbeddedRequest = { requestedEvents: [], signals: [], digitMap: null };
  const seen = new Set<string>();
  for (const group of groups.value) {
    const match = /^([RSD])[ \t]*\((.*)\)$/i.exec(group);
    const [, letterText = "", content = ""] = match ?? [];
    const letter = letterText.toUpperCase();
    if (match === null || seen.has(letter)) return wrong("an embedded request is R(), S() and D()", unknownAction);
    seen.add(letter);
    const part = parsePart(letter, content.trim());
    if (!part.ok) return part;
    request = { ...request, ...part.value };
  }
  const { requestedEvents, signals, digitMap } = request;
  const isEmpty = requestedEvents.length === 0 && signals.length === 0 && digitMap === null;
  return isEmpty ? wrong("an empty embedded request", unknownAction) : right(request);
}

function parsePart(letter: string, content: string): ParameterResult<Partial<EmbeddedRequest>> {
  if (letter === "R") {
    const requestedEvents = parseRequestedEvents(content, true);
    return requestedEvents.ok ? right({ requestedEvents: requestedEvents.value }) : requestedEvents;
  }
  if (letter === "S") {
    const signals = parseEvents(content);
    return signals.ok ? right({ signals: signals.value }) : signals;
  }
  const reason = checkDigitMapSyntax(content);
  return reason === null ? right({ digitMap: content }) : wrong(reason, invalidParameter);
}
