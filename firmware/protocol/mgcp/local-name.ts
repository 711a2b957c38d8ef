/**
 * Which local endpoint names a name with wildcards stands for (RFC 3435 section 2.1.2 and Appendix E.5), term by term
 * between slashes: `*` all, `$` any, `[1-4,7]` numbers in a range. A name of only a wildcard is all of the gateway's.
 */
export const rangeCharactersMax = 128;

export function hasWildcard(local: string): boolean {
  return /[*$[]/.test(local);
}

/** Names are case-insensitive. "Any of" matches as "all of" does; which one is taken is the gateway's choice. */
export function endpointMatches(pattern: string, local: string): boolean {
  if (pattern === "*" || pattern === "$") return true;
  const wanted = pattern.toLowerCase().split("/");
  const terms = local.toLowerCase().split("/");
  return wanted.length === terms.length && wanted.every((term, index) => termMatches(term, terms[index] ?? ""));
}

function termMatches(wanted: string, actual: string): boolean {
  if (wanted === "*" || wanted === "$" || wanted === actual) return true;
  const bracket = wanted.indexOf("[");
  if (bracket < 0) return false;
  const close = wanted.indexOf("]", bracket);
  if (close < 0 || close - bracket > rangeCharactersMax) return false;
  const head = wanted.slice(0, bracket);
  const tail = wanted.slice(close + 1);
  if (actual.length < head.length + tail.length || !actual.startsWith(head) || !actual.endsWith(tail)) return false;
  return inRange(wanted.slice(bracket + 1, close), actual.slice(head.length, actual.length - tail.length));
}

function inRange(ranges: string, text: string): boolean {
  if (!/^\d{1,9}$/.test(text)) return false;
  const number = Number(text);
  return ranges.split(",").some((range) => {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(range);
    if (match === null) return false;
    const first = Number(match[1]);
    return number >= first && number <= Number(match[2] ?? first);
  });
}
