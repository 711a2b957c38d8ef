import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { type DigitMatch, matchDigitMap } from "../../../firmware/protocol/mgcp/digit-map.js";

/** The reference: every string an alternative stands for, up to a length, by plain enumeration. */
type Piece = { readonly letters: string; readonly repeats: boolean };

function strings(pieces: readonly Piece[], lengthMax: number): Set<string> {
  const [piece, ...rest] = pieces;
  if (piece === undefined) return new Set([""]);
  const tails = strings(rest, lengthMax);
  let heads = [""];
  const all = new Set<string>();
  for (let times = 0; times <= (piece.repeats ? lengthMax : 1); times++) {
    if (times > 0) heads = heads.flatMap((head) => [...piece.letters].map((letter) => head + letter));
    if (times === 0 && !piece.repeats) continue;
    for (const head of heads)
      for (const tail of tails) if (head.length + tail.length <= lengthMax) all.add(head + tail);
  }
  return all;
}

function reference(map: readonly (readonly Piece[])[], dialled: string): DigitMatch {
  const all = map.map((pieces) => strings(pieces, dialled.length + pieces.length));
  if (all.some((set) => set.has(dialled))) return "unambiguous match";
  return all.some((set) => [...set].some((text) => text.startsWith(dialled))) ? "partial match" : "no match";
}

const aPiece = fc.record({ letters: fc.constantFrom("1", "2", "#", "T", "12"), repeats: fc.boolean() });
const aMap = fc.array(fc.array(aPiece, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 });
const someDigits = fc.array(fc.constantFrom("1", "2", "#", "T"), { maxLength: 4 }).map((letters) => letters.join(""));

test.prop([aMap, someDigits], { numRuns: 400 })("matching agrees with enumeration", (map, dialled) => {
  const write = ({ letters, repeats }: Piece) =>
    `${letters.length > 1 ? `[${letters}]` : letters}${repeats ? "." : ""}`;
  const text = `(${map.map((pieces) => pieces.map(write).join("")).join("|")})`;
  expect(matchDigitMap(text, dialled)).toBe(reference(map, dialled));
});

test.prop([fc.string({ maxLength: 60 }), fc.string({ maxLength: 300 })])(
  "any text is a map or none",
  (text, dialled) => {
    expect(["unambiguous match", "partial match", "no match"]).toContain(matchDigitMap(text, dialled));
  },
);
