/** Comma-separated lists of MGCP values, in which quotes, parentheses and brackets may hold commas of their own. */
import { type ParseResult, parsed, refused } from "../parse-result.js";

/** Elements of any one list; a longer one is refused whole. */
export const listElementsMax = 256;

/** The trimmed elements; an empty text is an empty list, an empty element is refused. One pass over the text. */
export function splitList(text: string, separator = ","): ParseResult<string[]> {
  const elements: string[] = [];
  if (text.trim() === "") return parsed(elements);
  const closers: string[] = [];
  let quoted = false;
  let start = 0;
  for (let index = 0; index <= text.length; index++) {
    const character = index === text.length ? separator : text.charAt(index);
    if (index < text.length) {
      if (character === '"') quoted = !quoted;
      if (quoted) continue;
      if (character === "(") closers.push(")");
      else if (character === "[") closers.push("]");
      else if (character === ")" || character === "]") {
        if (closers.pop() !== character) return refused(`unbalanced ${character}`);
      }
    } else if (quoted || closers.length > 0) return refused("an open quote or parenthesis");
    if (character !== separator || closers.length > 0) continue;
    const element = text.slice(start, index).trim();
    if (element === "") return refused("an empty list element");
    if (elements.length >= listElementsMax) return refused(`a list above ${listElementsMax} elements`);
    elements.push(element);
    start = index + 1;
  }
  return parsed(elements);
}

/** Each element through `parse`; the first that is wrong is the reason of the whole list. */
export function parseList<T>(text: string, parse: (element: string) => ParseResult<T>): ParseResult<T[]> {
  const elements = splitList(text);
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
