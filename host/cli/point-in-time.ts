/** A point in time as people type it: a date, a date with its time of day (this machine's zone), or how long ago. */
const units = new Map([
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

export const timeForms = "2026-11-22, 2026-11-22T14:30, 2026-11-22T13:30:00Z, or 90m, 2h, 7d for that long ago";

/** Wall clock, ms. A date alone is its first moment. */
export function parsePointInTime(text: string, wallMs: number): number | "malformed" {
  const ago = /^(\d{1,6})([smhd])$/.exec(text);
  if (ago !== null) return wallMs - Number(ago[1]) * (units.get(ago[2] ?? "") ?? Number.NaN);
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text)) return "malformed";
  // Without a time of day Date.parse takes UTC, with one and no zone the machine's own.
  const time = Date.parse(text.includes("T") ? text : `${text}T00:00`);
  return Number.isNaN(time) ? "malformed" : time;
}
