/** Whether an event that happened is one that was asked for (RFC 3435 sections 2.1.7 and 3.2.2.4). */
import type { EventName } from "#protocol/mgcp/message.js";

/**
 * `D/[0-9#*T]` and `D/x` ask for `D/7`; `L/all` for any event of L; `*\/hd` for hd of any package; `R/ma@*`, and `R/ma`
 * where it only happens on connections, for it on any of them. Both have their packages; letters' case does not count.
 */
export function eventMatches(requested: EventName, observed: EventName): boolean {
  const packageName = requested.packageName?.toUpperCase();
  if (packageName !== "*" && packageName !== observed.packageName?.toUpperCase()) return false;
  const { connectionId } = requested;
  if (connectionId !== null && connectionId !== "*" && !sameId(connectionId, observed.connectionId)) return false;
  if (connectionId !== null && observed.connectionId === null) return false;
  const wanted = requested.event.toLowerCase();
  const event = observed.event.toLowerCase();
  if (wanted === "all" || wanted === event || (wanted === "*" && packageName !== "D")) return true;
  if (wanted === "x") return /^\d$/.test(event);
  const range = /^\[(.+)\]$/.exec(wanted)?.[1];
  return range !== undefined && event.length === 1 && inRange(range, event);
}

export function isDigit({ packageName, event }: EventName): boolean {
  return packageName?.toUpperCase() === "D" && /^[0-9*#A-D]$/i.test(event);
}

export function isDigitTimer({ packageName, event }: EventName): boolean {
  return packageName?.toUpperCase() === "D" && event.toUpperCase() === "T";
}

/** Can this request be fulfilled by a digit that is dialled? */
export function asksForDigits(requested: EventName): boolean {
  return [..."0123456789*#abcd"].some((event) =>
    eventMatches(requested, { packageName: "D", event, connectionId: null, parameters: [] }),
  );
}

function sameId(wanted: string, actual: string | null): boolean {
  return wanted.toUpperCase() === actual?.toUpperCase();
}

/** `0-9#*t`, `1x`: letters, lower case, with subranges. */
function inRange(range: string, letter: string): boolean {
  const expanded = range
    .replace(/x/g, "0123456789")
    .replace(/([0-9a-d])-([0-9a-d])/g, (_match, first: string, last: string) => {
      let letters = "";
      for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code += 1) letters += String.fromCharCode(code);
      return letters;
    });
  return expanded.includes(letter);
}
