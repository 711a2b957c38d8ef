/**
 * Events and signals (RFC 3435 section 3.2.2.4 and Appendix A) to values and back:
 *
 *   L/hu   G/rt@0A3F58   D/[0-9#*T]   L/adsi("123456 Francois Gerard")
 */
import { parseEventParameter } from "./event-parameters.js";
import { parseList, splitGroups, splitList } from "./list-syntax.js";
import type { EventName } from "./message.js";
import { invalidParameter, type ParameterResult, right, withCode, wrong } from "./parameter-result.js";

/** Section 2.4: missing, erroneous, unsupported, unknown. */
export const eventParameterError = 538;

/** Hyphens are neither first nor last; `*` and `#` alone are the keys of a telephone (Appendix A, "eventName"). */
const eventNameSyntax =
  /^(?:([A-Za-z0-9]+(?:-[A-Za-z0-9]+)*|\*)\/)?([A-Za-z0-9]+(?:-[A-Za-z0-9]+)*|\[[0-9A-Za-z#*-]{1,64}\]|[*#])(?:@([0-9A-Fa-f]{1,32}|[$*]))?$/;

export function parseEvents(text: string): ParameterResult<EventName[]> {
  const events = parseList(text, (element): ParameterResult<EventName> => {
    const split = splitGroups(element);
    if (!split.ok) return withCode(split, invalidParameter);
    const { name, groups } = split.value;
    if (groups.length > 1) return wrong(`"${name}" has more than one list of parameters`, eventParameterError);
    return parseEventName(name, groups[0] ?? null);
  });
  return withCode(events, invalidParameter);
}

export function writeEvents(events: readonly EventName[]): string {
  return events.map((event) => writeEventName(event) + writeEventParameters(event)).join(",");
}

/** `parameterText` is what stood in the parentheses behind it; null where there were none. */
export function parseEventName(name: string, parameterText: string | null): ParameterResult<EventName> {
  const match = eventNameSyntax.exec(name);
  if (match === null) return wrong(`"${name.slice(0, 60)}" is not an event`, invalidParameter);
  const [, packageName = null, event = "", connectionId = null] = match;
  const parameters = splitList(parameterText ?? "");
  if (!parameters.ok) return withCode(parameters, eventParameterError);
  for (const parameter of parameters.value) {
    const checked = parseEventParameter(parameter);
    if (!checked.ok) return withCode(checked, eventParameterError);
  }
  return right({ packageName, event, connectionId, parameters: parameters.value });
}

export function writeEventName(event: EventName): string {
  const packaged = event.packageName === null ? event.event : `${event.packageName}/${event.event}`;
  return event.connectionId === null ? packaged : `${packaged}@${event.connectionId}`;
}

export function writeEventParameters(event: EventName): string {
  return event.parameters.length === 0 ? "" : `(${event.parameters.join(",")})`;
}
