/**
 * Numbers and addresses of several telephones that one program carries, counted up from the first, and the words by which
 * they are told what to do. The telephones themselves are station.ts.
 */
import { isIpv4 } from "#protocol/address.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";

export const telephonesMax = 250;

/** `101` and 2 is `103`; the digits do not become fewer. Refused when they are no digits. */
export function countedNumber(first: string, index: number): ParseResult<string> {
  if (!/^\d{1,15}$/.test(first)) return index === 0 ? parsed(first) : refused(`"${first}" cannot be counted up`);
  return parsed(String(Number(first) + index).padStart(first.length, "0"));
}

/** `127.10.1.1` and 2 is `127.10.1.3`. */
export function countedAddress(first: string, index: number): ParseResult<string> {
  if (index === 0) return parsed(first);
  if (!isIpv4(first)) return refused(`"${first}" is no IPv4 address and cannot be counted up`);
  const whole = first.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0) + index;
  if (whole >= 2 ** 32) return refused(`no ${index} addresses follow ${first}`);
  return parsed([24, 16, 8, 0].map((shift) => Math.floor(whole / 2 ** shift) % 256).join("."));
}

/** `calls/b.wav` for number 202 is `calls/b-202.wav`. */
export function recordingOf(file: string, number: string): string {
  const match = /^(.*?)(\.[^./\\]*)?$/s.exec(file);
  return `${match?.[1] ?? file}-${number}${match?.[2] ?? ""}`;
}

export type PhoneCommand =
  /** telephone: whose; null is every telephone's of the program. */
  | { readonly kind: "dial"; readonly to: string; readonly telephone: string | null }
  | { readonly kind: "answer" | "hang-up"; readonly telephone: string | null }
  | { readonly kind: "quit" };

export const commandCharactersMax = 200;

/** One line: `dial TO [NUMBER]`, `answer [NUMBER]`, `hang-up [NUMBER]`, `quit`. */
export function parsePhoneCommand(text: string): ParseResult<PhoneCommand> {
  if (text.length > commandCharactersMax) return refused(`a command of more than ${commandCharactersMax} characters`);
  const [word, ...rest] = text.trim().split(/\s+/);
  const [first = null, second = null] = rest;
  if (word === "quit" && rest.length === 0) return parsed({ kind: "quit" });
  if ((word === "answer" || word === "hang-up") && rest.length <= 1) return parsed({ kind: word, telephone: first });
  if (word === "dial" && first !== null && rest.length <= 2)
    return parsed({ kind: "dial", to: first, telephone: second });
  return refused(`"${text.trim()}" is none of: dial TO [NUMBER], answer [NUMBER], hang-up [NUMBER], quit`);
}
