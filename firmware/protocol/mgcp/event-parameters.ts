/**
 * Parameters of events and signals (RFC 3435 section 3.2.2.4, Appendix A "eventParameter"): what stands in the second
 * pair of parentheses, one element at a time.
 *
 *   +     to=6000     to(6000)     "123456 Francois Gerard"     signal=G/rt     a(b=c,"d, e")
 */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { parseList } from "./list-syntax.js";

export type EventParameter =
  | { readonly kind: "value"; readonly value: string }
  /** The text between the quotes, `""` within them being one quote. */
  | { readonly kind: "quoted"; readonly value: string }
  | { readonly kind: "named"; readonly name: string; readonly value: EventParameter }
  | { readonly kind: "group"; readonly name: string; readonly parameters: readonly EventParameter[] };

/** How deep parameters may stand in parameters: the grammar sets no limit, no package needs more than two. */
export const eventParameterDepthMax = 8;

/** SuitableEventParamCharacter: visible, but none of `" ( ) , =`. */
const suitable = /^[\x21\x23-\x27\x2a\x2b\x2d-\x3c\x3e-\x7e]+$/;

export function parseEventParameter(text: string, depth = 0): ParseResult<EventParameter> {
  if (depth >= eventParameterDepthMax) return refused("event parameters nested too deep");
  if (text.startsWith('"')) return parseQuoted(text);
  const end = text.search(/[=(]/);
  const name = (end < 0 ? text : text.slice(0, end)).trim();
  if (!suitable.test(name)) return refused(`"${text.slice(0, 40)}" is not an event parameter`);
  if (end < 0) return parsed({ kind: "value", value: name });
  const rest = text.slice(end + 1).trim();
  if (text.charAt(end) === "=") {
    const value = parseEventParameter(rest, depth + 1);
    return value.ok ? parsed({ kind: "named", name, value: value.value }) : value;
  }
  if (!rest.endsWith(")")) return refused(`"${text.slice(0, 40)}" is not closed`);
  const parameters = parseList(rest.slice(0, -1), (element) => parseEventParameter(element, depth + 1));
  return parameters.ok ? parsed({ kind: "group", name, parameters: parameters.value }) : parameters;
}

export function writeEventParameter(parameter: EventParameter): string {
  switch (parameter.kind) {
    case "value":
      return parameter.value;
    case "quoted":
      return `"${parameter.value.replaceAll('"', '""')}"`;
    case "named":
      return `${parameter.name}=${writeEventParameter(parameter.value)}`;
    case "group":
      return `${parameter.name}(${parameter.parameters.map(writeEventParameter).join(",")})`;
  }
}

/** The one called `name`, its letters' case aside; null where there is none. */
export function findEventParameter(parameters: readonly string[], name: string): EventParameter | null {
  for (const text of parameters) {
    const parameter = parseEventParameter(text);
    if (!parameter.ok || (parameter.value.kind !== "named" && parameter.value.kind !== "group")) continue;
    if (parameter.value.name.toLowerCase() === name.toLowerCase()) return parameter.value;
  }
  return null;
}

/** A decimal number given as `name=value` or `name(value)`; null where there is none. */
export function numberParameter(parameters: readonly string[], name: string): number | null {
  const found = findEventParameter(parameters, name);
  const value = found?.kind === "named" ? found.value : found?.kind === "group" ? found.parameters[0] : undefined;
  return value?.kind === "value" && /^\d{1,9}$/.test(value.value) ? Number(value.value) : null;
}

/** How long a Time-out signal is to last instead of its default, ms (section 3.2.2.4: `to=6000`, `to(6000)`). */
export function timeOutMs(parameters: readonly string[]): number | null {
  return numberParameter(parameters, "to");
}

function parseQuoted(text: string): ParseResult<EventParameter> {
  const inner = text.slice(1, -1);
  if (text.length < 2 || !text.endsWith('"') || inner.replaceAll('""', "").includes('"')) {
    return refused("a quoted string that is not closed");
  }
  return parsed({ kind: "quoted", value: inner.replaceAll('""', '"') });
}
