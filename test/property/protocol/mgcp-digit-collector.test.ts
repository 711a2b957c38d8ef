/** The collector against a reference made another way: the map as sets of what is still to come (derivatives). */
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { DigitCollector } from "../../../firmware/protocol/mgcp/digit-collector.js";
import { type DigitMatch, parseDigitMap } from "../../../firmware/protocol/mgcp/digit-map.js";

interface Piece {
  readonly text: string;
  readonly letters: string;
  readonly repeats: boolean;
}

/** Each row is what one alternative still wants. */
type Wanted = readonly (readonly Piece[])[];

function afterLetter(wanted: Wanted, letter: string): Wanted {
  const next = new Map<string, readonly Piece[]>();
  const add = (pieces: readonly Piece[]) => next.set(JSON.stringify(pieces), pieces);
  for (const pieces of wanted) {
    for (const [index, piece] of pieces.entries()) {
      if (piece.letters.includes(letter)) add(pieces.slice(piece.repeats ? index : index + 1));
      if (!piece.repeats) break;
    }
  }
  return [...next.values()];
}

function verdictOf(wanted: Wanted): DigitMatch {
  if (wanted.some((pieces) => pieces.every(({ repeats }) => repeats))) return "unambiguous match";
  return wanted.length > 0 ? "partial match" : "no match";
}

const timers = { partialMs: 16_000, criticalMs: 4_000 };

/** Dialled letters and verdict, as RFC 3435 section 2.1.5 and RFC 3660 section 2.2 say it. */
function reference(map: Wanted, keys: readonly { readonly gapMs: number; readonly key: string }[], untilMs: number) {
  let wanted = map;
  let dialled = "";
  let nowMs = 0;
  let dueMs = Number.POSITIVE_INFINITY;
  const ended = () => dialled !== "" && verdictOf(wanted) !== "partial match";
  const take = (letter: string, atMs: number) => {
    dialled += letter;
    wanted = afterLetter(wanted, letter);
    const isCritical = verdictOf(afterLetter(wanted, "T")) === "unambiguous match";
    dueMs = atMs + (isCritical ? timers.criticalMs : timers.partialMs);
  };
  const expireUntil = (atMs: number) => {
    while (!ended() && dueMs <= atMs) take("T", dueMs);
  };
  for (const { gapMs, key } of keys) {
    nowMs += gapMs;
    expireUntil(nowMs);
    if (!ended()) take(key, nowMs);
  }
  expireUntil(nowMs + untilMs);
  return { dialled, verdict: dialled === "" ? "partial match" : verdictOf(wanted) };
}

const keys = [..."0123456789*#AD"];
const aPiece: fc.Arbitrary<Piece> = fc
  .tuple(
    fc.constantFrom<readonly [string, string]>(
      ["1", "1"],
      ["2", "2"],
      ["#", "#"],
      ["x", "0123456789"],
      ["X", "0123456789"],
      ["T", "T"],
      ["[1-3T]", "123T"],
      ["[*#]", "*#"],
      ["[x*]", "0123456789*"],
      ["[a-d]", "ABCD"],
    ),
    fc.boolean(),
  )
  .map(([[text, letters], repeats]) => ({ text: repeats ? `${text}.` : text, letters, repeats }));
const aMap = fc.array(fc.array(aPiece, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 });
const someKeys = fc.array(
  fc.record({ gapMs: fc.constantFrom(1, 500, 3_999, 4_000, 15_999, 16_000), key: fc.constantFrom("1", "2", ...keys) }),
  { maxLength: 6 },
);

test.prop([aMap, someKeys], { numRuns: 1_000 })(
  "digits and timers end as the reference says, at the same moments",
  (map, pressed) => {
    const text = `(${map.map((pieces) => pieces.map((piece) => piece.text).join("")).join("|")})`;
    const parsed = parseDigitMap(text);
    if (!parsed.ok) throw new Error(parsed.reason);
    const collector = new DigitCollector(parsed.value, timers);
    const runUntil = (atMs: number) => {
      for (let due = collector.next(); due !== null && due <= atMs; due = collector.next()) collector.tick(due);
    };
    let nowMs = 0;
    for (const { gapMs, key } of pressed) {
      nowMs += gapMs;
      runUntil(nowMs);
      collector.push(key, nowMs);
    }
    runUntil(nowMs + 10 * timers.partialMs);
    const { dialled, verdict } = collector;
    expect({ dialled, verdict }, text).toEqual(reference(map, pressed, 10 * timers.partialMs));
  },
);
