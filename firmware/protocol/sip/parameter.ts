/**
 * The pieces that most SIP header fields are made of (RFC 3261 section 25.1): tokens, quoted strings, and the
 * `;name=value` parameters behind a value. Not the header fields themselves: those are rows in header-fields.ts.
 */
import { type ParseResult, parsed, refused } from "../parse-result.js";

/** `;name` (value null) or `;name=value`; a quoted value is held without its quotes and escapes. */
export interface SipParameter {
  readonly name: string;
  readonly value: string | null;
}

export const parametersMax = 64;

const token = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
/** Wider than gen-value (token / host / quoted-string): `tag=a==` and `received=2001:db8::1` are met in the field. */
const plainValue = /^[!#-'*+\-./0-9:=?@A-Z[\]^_`a-z|~$%&]+$/;

export function isToken(text: string): boolean {
  return token.test(text);
}

/** Cuts at a separator that stands outside quoted strings and outside `<>`. The pieces are trimmed. */
export function splitOutside(text: string, separator: "," | ";"): ParseResult<readonly string[]> {
  const pieces: string[] = [];
  let start = 0;
  let state: "plain" | "quoted" | "angle" = "plain";
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (state === "quoted") {
      if (character === "\\") index += 1;
      else if (character === '"') state = "plain";
    } else if (state === "angle") {
      if (character === ">") state = "plain";
    } else if (character === '"') state = "quoted";
    else if (character === "<") state = "angle";
    else if (character === separator) {
      pieces.push(trim(text.slice(start, index)));
      start = index + 1;
    }
  }
  if (state !== "plain") return refused(state === "quoted" ? "a quoted string does not end" : "a < has no >");
  pieces.push(trim(text.slice(start)));
  return parsed(pieces);
}

/** SP and HT only, and in one pass: a pattern anchored at the end takes quadratic time on long runs of blanks. */
export function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start += 1;
  while (end > start && isBlank(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

function isBlank(text: string, index: number): boolean {
  return text[index] === " " || text[index] === "\t";
}

/** `"text"`, quotes included, to what it says (RFC 3261 section 25.1, quoted-string). */
export function readQuoted(text: string): ParseResult<string> {
  if (text.length < 2 || !text.startsWith('"')) return refused("a quoted string was expected");
  let said = "";
  for (let index = 1; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') return index === text.length - 1 ? parsed(said) : refused("text behind a quoted string");
    if (character === "\\") index += 1;
    said += text[index] ?? "";
  }
  return refused("a quoted string does not end");
}

/** CR and LF cannot be in a quoted string at all (section 25.1, quoted-pair): they become a space. */
export function writeQuoted(text: string): string {
  return `"${text.replace(/[\r\n]+/g, " ").replace(/["\\]/g, "\\$&")}"`;
}

/** The part behind a value: empty, or `;a;b=c`. */
export function parseParameters(text: string): ParseResult<readonly SipParameter[]> {
  if (trim(text) === "") return parsed([]);
  const pieces = splitOutside(text, ";");
  if (!pieces.ok) return pieces;
  const [before, ...rest] = pieces.value;
  if (before !== "") return refused(`"${before?.slice(0, 32)}" stands where a ; was expected`);
  if (rest.length > parametersMax) return refused(`more than ${parametersMax} parameters`);
  const parameters: SipParameter[] = [];
  for (const piece of rest) {
    const parameter = parseParameter(piece);
    if (!parameter.ok) return parameter;
    if (parameterOf(parameters, parameter.value.name) !== undefined)
      return refused(`parameter ${parameter.value.name} twice`);
    parameters.push(parameter.value);
  }
  return parsed(parameters);
}

function parseParameter(piece: string): ParseResult<SipParameter> {
  const equals = piece.indexOf("=");
  const name = trim(equals < 0 ? piece : piece.slice(0, equals));
  if (!isToken(name)) return refused(`"${name.slice(0, 32)}" is no parameter name`);
  if (equals < 0) return parsed({ name, value: null });
  const text = trim(piece.slice(equals + 1));
  if (text.startsWith('"')) {
    const value = readQuoted(text);
    return value.ok ? parsed({ name, value: value.value }) : value;
  }
  return plainValue.test(text) ? parsed({ name, value: text }) : refused(`parameter ${name} has a bad value`);
}

export function formatParameters(parameters: readonly SipParameter[]): string {
  let text = "";
  for (const { name, value } of parameters) {
    text += value === null ? `;${name}` : `;${name}=${plainValue.test(value) ? value : writeQuoted(value)}`;
  }
  return text;
}

/** Names compare without case. undefined: not there; null: there without a value. */
export function parameterOf(parameters: readonly SipParameter[], name: string): string | null | undefined {
  const wanted = name.toLowerCase();
  return parameters.find((parameter) => parameter.name.toLowerCase() === wanted)?.value;
}

/** The same parameters with this one set (in its place, or at the end). */
export function withParameter(
  parameters: readonly SipParameter[],
  name: string,
  value: string | null,
): readonly SipParameter[] {
  if (parameterOf(parameters, name) === undefined) return [...parameters, { name, value }];
  const wanted = name.toLowerCase();
  return parameters.map((parameter) => (parameter.name.toLowerCase() === wanted ? { name, value } : parameter));
}
