/** Comma-separated lists of MGCP values, in which quotes, parentheses or brackets may hold commas of their own. */
import { type ParseResult, parsed, refused } from "../parse-result.js";

/** Elements of any one list; a longer one is refused whole. */
export const listElementsMax = 256;

/**
 * What an element may enclose commas in besides quotes: events parentheses, ranged names (Appendix E.5) brackets. What
 * is not named here is a character like any other: event parameters may hold a lone bracket.
 */
export type Enclosure = "()" | "[]" | "none";

/** The trimmed elements; an empty text is an empty list, an empty element is refused. One pass over the text. */
export function splitList(text: string, enclosure: Enclosure = "()", separator = ","): ParseResult<string[]> {
  const elements: string[] = [];
  if (text.trim() === "") return parsed(elements);
  const [opener, closer] = enclosure === "none" ? [] : enclosure;
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === '"') quoted = !quoted;
    if (quoted) continue;
    if (character === opener) depth += 1;
    else if (character === closer) depth -= 1;
    if (depth < 0) return refused(`unbalanced ${character}`);
    if (character !== separator || depth > 0) continue;
    const refusal = take(text, start, index, elements);
    if (refusal !== null) return refusal;
    start = index + 1;
  }
  if (quoted || depth > 0) return refused("an open quote or parenthesis");
  return take(text, start, text.length, elements) ?? parsed(elements);
}

function take(text: string, start: number, end: number, elements: string[]): ReturnType<typeof refused> | null {
  const element = text.slice(start, end).trim();
  if (element === "") return refused("an empty list element");
  if (elements.length >= listElementsMax) return refused(`a list above ${listElementsMax} elements`);
  elements.push(element);
  return null;
}

/** Each element through `parse`; the first that is wrong is what is wrong with the whole list. */
export function parseList<T, Wrong extends { readonly ok: false; readonly reason: string }>(
  text: string,
  parse: (element: string) => { readonly ok: true; readonly value: T } | Wrong,
  enclosure: Enclosure = "()",
): ParseResult<T[]> | Wrong {
  const elements = splitList(text, enclosure);
  if (!elements.ok) return elements;
  const values: T[] = [];
  for (const element of elements.value) {
    const result = parse(element);
    if (!result.ok) return result;
    values.push(result.value);
  }
  return parsed(values);
}

/** `name(first)(second)`: the name and the groups behind it, without their parentheses. */
export function splitGroups(text: string): ParseResult<{ name: string; groups: string[] }> {
  const open = text.indexOf("(");
  if (open < 0) return parsed({ name: text, groups: [] });
  const groups: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = open;
  for (let index = open; index < text.length; index++) {
    const character = text.charAt(index);
    if (depth === 0 && (character === " " || character === "\t")) continue;
    if (depth === 0 && character !== "(") return refused(`"${character}" behind a parenthesis`);
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === "(") {
      if (depth === 0) start = index + 1;
      depth += 1;
    } else if (character === ")") {
      depth -= 1;
      if (depth === 0) groups.push(text.slice(start, index));
    }
  }
  return depth === 0 && !quoted ? parsed({ name: text.slice(0, open).trim(), groups }) : refused("an open parenthesis");
}
