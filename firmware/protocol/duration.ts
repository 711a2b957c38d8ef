/** A length of time as people type it: `500ms`, `1.5s`, `2m`. */
import { type ParseResult, parsed, refused } from "./parse-result.js";

const unitsMs = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
]);
const durationMaxMs = 86_400_000;

/** In ms, at most a day. */
export function parseDuration(text: string): ParseResult<number> {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)$/.exec(text);
  const unitMs = unitsMs.get(match?.[2] ?? "");
  if (match === null || unitMs === undefined) return refused(`"${text}" is no time such as 500ms, 1.5s or 2m`);
  const ms = Number(match[1]) * unitMs;
  return ms <= durationMaxMs ? parsed(ms) : refused(`"${text}" is more than a day`);
}
