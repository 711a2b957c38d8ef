/** Chance, handed in by the edge (node:crypto) or by a test (seeded). A value in [0, 1). */
export type Random = () => number;

/** `digits` upper-case hex digits. */
export function randomHex(random: Random, digits: number): string {
  let text = "";
  while (text.length < digits) text += Math.floor(random() * 16).toString(16);
  return text.toUpperCase();
}
