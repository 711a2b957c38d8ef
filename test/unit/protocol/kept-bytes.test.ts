import { expect, test } from "vitest";
import { KeptBytes, pieceBytesMax } from "../../../firmware/protocol/kept-bytes.js";

test("a piece is read as it was appended, as often as wanted", () => {
  const kept = new KeptBytes();
  const first = kept.append(Uint8Array.of(1, 2, 3));
  const second = kept.append(Uint8Array.of(4));
  expect(kept.read(first, 3)).toEqual(Uint8Array.of(1, 2, 3));
  expect(kept.read(second, 1)).toEqual(Uint8Array.of(4));
  expect(kept.read(first, 3)).toEqual(Uint8Array.of(1, 2, 3));
});

test("a piece that does not fit behind the last one begins a block of its own", () => {
  const kept = new KeptBytes();
  kept.append(Uint8Array.of(1));
  const large = kept.append(new Uint8Array(pieceBytesMax).fill(7));
  expect(large).toBe(pieceBytesMax);
  expect(kept.read(large, pieceBytesMax).every((byte) => byte === 7)).toBe(true);
  expect(kept.size).toBe(2 * pieceBytesMax);
});

test("what is forgotten reads empty, and its block is used again without what was in it changing the rest", () => {
  const kept = new KeptBytes();
  const places: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    places.push(kept.append(new Uint8Array(pieceBytesMax).fill(round)));
    kept.forgetBefore(places.at(-2) ?? 0);
  }
  expect(kept.size).toBe(2 * pieceBytesMax);
  expect(kept.read(places[7] ?? 0, 1)).toEqual(new Uint8Array(0));
  expect([places[8], places[9]].map((place) => kept.read(place ?? 0, 1)[0])).toEqual([8, 9]);
  kept.forgetBefore(kept.end);
  expect(kept.size).toBe(0);
  expect(kept.read(kept.append(Uint8Array.of(5)), 1)).toEqual(Uint8Array.of(5));
});

test("a piece that fits into no block is a mistake of the caller's", () => {
  expect(() => new KeptBytes().append(new Uint8Array(pieceBytesMax + 1))).toThrow(RangeError);
});
