/** A length of time as people type it: `5s`, `500ms`, `1m`. */
const units = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
]);

export const durationMaxMs = 86_400_000;

/** In ms; from 100 ms to a day. */
export function parseDuration(text: string): number | "malformed" {
  const match = /^(\d{1,7}(?:\.\d{1,3})?)(ms|s|m)$/.exec(text);
  const durationMs = Number(match?.[1]) * (units.get(match?.[2] ?? "") ?? Number.NaN);
  return durationMs >= 100 && durationMs <= durationMaxMs ? durationMs : "malformed";
}
