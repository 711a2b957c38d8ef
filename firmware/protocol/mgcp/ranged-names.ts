/**
 * Lists of local endpoint names with range wildcards (RFC 3435 Appendix E.5, RFC 3624 section 2.1.1.3) to plain names
 * and back: `ds/ds1-[1-2]/[1,3-5]` names eight endpoints, from left to right.
 */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { parseList } from "./list-syntax.js";
import { rangeCharactersMax } from "./local-name.js";

/** Names of one list: as many as RFC 3624's BA/NU can ask for. */
export const rangedNamesMax = 65_535;

const rangeSyntax = /^\d{1,9}(?:-\d{1,9})?(?:,\d{1,9}(?:-\d{1,9})?)*$/;

/** The elements of a list as they stand: each a local name whose brackets are well formed. */
export function parseRangedNames(text: string): ParseResult<string[]> {
  return parseList(text, parseRangedName, "[]");
}

function parseRangedName(text: string): ParseResult<string> {
  if (text.length > 255 || !/^[\x21-\x3f\x41-\x7e]+$/.test(text)) return refused("not a local endpoint name");
  for (const [range] of text.matchAll(/\[[^\]]*\]?/g)) {
    if (range.length - 2 > rangeCharactersMax) return refused(`a range above ${rangeCharactersMax} characters`);
    if (!range.endsWith("]") || !rangeSyntax.test(range.slice(1, -1))) return refused(`"${range}" is not a range`);
  }
  return parsed(text);
}

/** Every name in its order; refused above rangedNamesMax. Names with `*` stay as they are. */
export function expandRangedNames(names: readonly string[]): ParseResult<string[]> {
  const expanded: string[] = [];
  for (const name of names) {
    const refusal = expandOne("", name, expanded);
    if (refusal !== null) return refused(refusal);
  }
  return parsed(expanded);
}

function expandOne(head: string, rest: string, expanded: string[]): string | null {
  const open = rest.indexOf("[");
  const close = rest.indexOf("]", open);
  if (open < 0 || close < 0) {
    if (expanded.length >= rangedNamesMax) return `above ${rangedNamesMax} names`;
    expanded.push(head + rest);
    return null;
  }
  for (const range of rest.slice(open + 1, close).split(",")) {
    const [first = 0, last = first] = range.split("-", 2).map(Number);
    if (!(first <= last)) return `[${range}] is an empty range`;
    for (let number = first; number <= last; number++) {
      const refusal = expandOne(`${head}${rest.slice(0, open)}${number}`, rest.slice(close + 1), expanded);
      if (refusal !== null) return refusal;
    }
  }
  return null;
}

/**
 * Names in their order, those that follow one another and differ in the number at their end put into one range, which
 * is all that RFC 3624's ReportedEndpointList allows. Numbers with leading zeroes stay names of their own.
 */
export function compressNames(names: readonly string[]): string[] {
  const compressed: string[] = [];
  let run: { readonly head: string; readonly numbers: number[] } | null = null;
  for (const name of names) {
    const match = /^(.*?)(0|[1-9]\d{0,8})$/.exec(name);
    const [, head = "", digits = ""] = match ?? [];
    if (run !== null && match !== null && head === run.head && Number(digits) > (run.numbers.at(-1) ?? -1)) {
      run.numbers.push(Number(digits));
      continue;
    }
    if (run !== null) compressed.push(...writeRun(run.head, run.numbers));
    run = match === null || name.includes("[") || /\d$/.test(head) ? null : { head, numbers: [Number(digits)] };
    if (run === null) compressed.push(name);
  }
  if (run !== null) compressed.push(...writeRun(run.head, run.numbers));
  return compressed;
}

/** As many names as the bound on one range asks for. */
function writeRun(head: string, numbers: readonly number[]): string[] {
  const ranges: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const current = ranges.at(-1);
    if (current !== undefined && number === current.last + 1) current.last = number;
    else ranges.push({ first: number, last: number });
  }
  const written: string[] = [];
  let text = "";
  for (const { first, last } of ranges) {
    const range = first === last ? `${first}` : `${first}-${last}`;
    if (text.length + 1 + range.length > rangeCharactersMax) {
      written.push(text);
      text = "";
    }
    text += text === "" ? range : `,${range}`;
  }
  written.push(text);
  return written.map((content) => (/^\d+$/.test(content) ? head + content : `${head}[${content}]`));
}
