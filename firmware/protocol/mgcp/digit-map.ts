/**
 * Digit maps (RFC 3435 section 2.1.5, Appendix A "DigitMap"): what has been dialled, held against the dial plan a call
 * agent loaded. Timers are not here: their expiry is the letter T among what was dialled (digit-collector.ts runs
 * them).
 *
 *   (0T|00T|[1-7]xxx|8xxxxxxx|*xx|9011x.T)
 */
import { type ParameterResult, right, wrong } from "./parameter-result.js";

/** Section 2.1.5 asks for 2,048 at least. */
export const digitMapCharactersMax = 8_192;
export const dialledMax = 256;

const malformedDigitMap = 539;
const unknownExtension = 537;

/** One position of an alternative: the letters it takes, and whether any number of them (".") may stand there. */
interface Position {
  readonly letters: string;
  readonly repeats: boolean;
}

interface Alternative {
  readonly positions: readonly Position[];
  /** Ends in P (RFC 3660 section 2.7): no match while another alternative may still be completed. */
  readonly yields: boolean;
}

export type DigitMap = readonly Alternative[];

/**
 * unambiguous match: an alternative is complete, the digits go to the call agent at once; partial match: an alternative
 * may still be completed; no match: nothing can, which is reported as well ("over-qualified").
 */
export type DigitMatch = "unambiguous match" | "partial match" | "no match";

const basicLetters = "0123456789#*ABCDT";
/** ExtensionDigitMapLetter: every letter but A to D, T and X. */
const extensionLetters = "EFGHIJKLMNOPQRSUVWYZ";

/** The letter of package DM1 (RFC 3660 section 2.7): at the end of an alternative, and no event. */
export const partialOverrideLetter = "P";

/**
 * One string or a list in parentheses. Letters of extension packages (section 6.5) only where `extensions` names them
 * in upper case; otherwise refused with code 537.
 */
export function parseDigitMap(text: string, extensions = ""): ParameterResult<DigitMap> {
  const reason = checkDigitMapSyntax(text);
  if (reason !== null) return wrong(reason, malformedDigitMap);
  const known = basicLetters + extensions.replace(partialOverrideLetter, "");
  return readMap(text, known, extensions.includes(partialOverrideLetter));
}

/** Whether the grammar holds, letters of any extension included; null when it does. */
export function checkDigitMapSyntax(text: string): string | null {
  if (text.length > digitMapCharactersMax) return `digit map above ${digitMapCharactersMax} characters`;
  const map = readMap(text, basicLetters + extensionLetters, true);
  return map.ok ? null : map.reason;
}

/** A map that cannot be read matches nothing. */
export function matchDigitMap(text: string, dialled: string, extensions = ""): DigitMatch {
  const map = parseDigitMap(text, extensions);
  return map.ok ? matchDigits(map.value, dialled) : "no match";
}

/** `dialled` is one letter per event: digits, `#`, `*`, A to D, and T for a timer that ran out. */
export function matchDigits(map: DigitMap, dialled: string): DigitMatch {
  if (dialled.length > dialledMax) return "no match";
  const letters = dialled.toUpperCase();
  let partial = false;
  let yielding = false;
  for (const { positions, yields } of map) {
    const reached = matchAlternative(positions, letters);
    const isComplete = reached.has(positions.length);
    if (isComplete && !yields) return "unambiguous match";
    if (isComplete) yielding = true;
    else if (reached.size > 0) partial = true;
  }
  if (partial) return "partial match";
  return yielding ? "unambiguous match" : "no match";
}

/** The positions that may come next once all letters are taken: a walk over all at once, never back. */
function matchAlternative(alternative: readonly Position[], letters: string): Set<number> {
  let reached = withoutRepeats(alternative, [0]);
  for (const letter of letters) {
    const next: number[] = [];
    for (const index of reached) {
      const position = alternative[index];
      if (position?.letters.includes(letter) === true) next.push(position.repeats ? index : index + 1);
    }
    if (next.length === 0) return new Set();
    reached = withoutRepeats(alternative, next);
  }
  return reached;
}

/** A repeated position may be left without a letter. */
function withoutRepeats(alternative: readonly Position[], from: readonly number[]): Set<number> {
  const reached = new Set<number>();
  for (const start of from) {
    for (let index = start; !reached.has(index); index++) {
      reached.add(index);
      if (alternative[index]?.repeats !== true) break;
    }
  }
  return reached;
}

function readMap(text: string, known: string, mayYield: boolean): ParameterResult<DigitMap> {
  const compact = text.toUpperCase().replace(/[ \t]/g, "");
  const inner = compact.startsWith("(") && compact.endsWith(")") ? compact.slice(1, -1) : compact;
  const alternatives: Alternative[] = [];
  for (const alternative of inner.split("|")) {
    const yields = mayYield && alternative.endsWith(partialOverrideLetter);
    const positions = readAlternative(yields ? alternative.slice(0, -1) : alternative, known);
    if (!positions.ok) return positions;
    alternatives.push({ positions: positions.value, yields });
  }
  return right(alternatives);
}

function readAlternative(text: string, known: string): ParameterResult<Position[]> {
  const positions: Position[] = [];
  for (let index = 0; index < text.length; ) {
    const close = text.charAt(index) === "[" ? text.indexOf("]", index) : index;
    if (close < 0) return wrong("digit map with an open range", malformedDigitMap);
    const isRange = close !== index;
    const content = isRange ? text.slice(index + 1, close) : text.charAt(index);
    const letters = isRange ? expandRange(content, known) : expandLetter(content, known);
    if (letters === null) return wrong(`digit map with "${text.slice(index, close + 1)}"`, unknownExtension);
    index = close + 1;
    const repeats = text.charAt(index) === ".";
    if (repeats) index += 1;
    positions.push({ letters, repeats });
  }
  return positions.length === 0 ? wrong("digit map with an empty alternative", malformedDigitMap) : right(positions);
}

function expandLetter(letter: string, known: string): string | null {
  if (letter === "X") return "0123456789";
  return letter !== "" && known.includes(letter) ? letter : null;
}

/** `1-7`, `0-9*#T`, `A-D`, `x`; null for anything else. */
function expandRange(text: string, known: string): string | null {
  let letters = "";
  for (let index = 0; index < text.length; ) {
    const first = expandLetter(text.charAt(index), known);
    if (first === null) return null;
    if (text.charAt(index + 1) !== "-") {
      letters += first;
      index += 1;
      continue;
    }
    const last = text.charAt(index + 2);
    const subrange = basicLetters.slice(basicLetters.indexOf(first), basicLetters.indexOf(last) + 1);
    if (last === "" || !/^(?:\d+|[A-D]+)$/.test(subrange)) return null;
    letters += subrange;
    index += 3;
  }
  return letters === "" ? null : letters;
}
