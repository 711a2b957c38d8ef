/**
 * How our values travel as SNMP values and back: the textual conventions that HOLDOVER-MIB uses. Numbers are cut to what
 * their syntax holds, texts to 255 octets; what comes back from a network is checked and gives a value or a reason.
 */
import { type Address, formatAddress, isIpLiteral, parseAddress } from "../address.js";
import { type ParseResult, parsed, refused } from "../parse-result.js";
import type { SnmpValue } from "../snmp/value.js";

export interface Syntax<T> {
  readonly write: (value: T) => SnmpValue;
  readonly read: (value: SnmpValue) => ParseResult<T>;
}

/** SnmpAdminString (RFC 3411 section 5). */
export const textOctetsMax = 255;
const integer32Max = 0x7fff_ffff;
const unsigned32Max = 0xffff_ffff;

/** SnmpAdminString: UTF-8, cut at a character's border. Control characters are refused: gateways' texts reach terminals. */
export const text: Syntax<string> = { write: writeText, read: readText };

/** OCTET STRING of printable ASCII, at most so many characters. */
export function printable(charactersMax: number): Syntax<string> {
  return {
    write: (characters) => ({ type: "octets", value: encoder.encode(characters.slice(0, charactersMax)) }),
    read: (value) => {
      if (value.type !== "octets") return refused(`${value.type} where an OCTET STRING should be`);
      const { length } = value.value;
      if (length > charactersMax) return refused(`${length} octets, above ${charactersMax}`);
      const isPrintable = value.value.every((octet) => octet >= 0x20 && octet <= 0x7e);
      return isPrintable ? parsed(decoder.decode(value.value)) : refused("octets that are not printable");
    },
  };
}

/** An IP literal as text; empty where there is none. */
export const ipLiteral: Syntax<string | null> = {
  write: (address) => writeText(address ?? ""),
  read: (value) =>
    readTextAs(value, (literal) =>
      isIpLiteral(literal) ? parsed(literal) : refused(`"${literal}" is not an IP address`),
    ),
};

/** `192.0.2.1:5004`, `[2001:db8::1]:5004`; empty where there is none. */
export const transportAddress: Syntax<Address | null> = {
  write: (address) => writeText(address === null ? "" : formatAddress(address)),
  read: (value) => readTextAs(value, (address) => parseAddress(address)),
};

export interface RtpMap {
  readonly encoding: string;
  readonly clockRateHz: number;
}

/** Encoding name and clock rate as RFC 8866 section 6.6 (a=rtpmap) writes them, `PCMU/8000`; empty where there is none. */
export const rtpMap: Syntax<RtpMap | null> = {
  write: (map) => writeText(map === null ? "" : `${map.encoding}/${map.clockRateHz}`),
  read: (value) =>
    readTextAs(value, (map) => {
      const [, encoding, clockRate] = /^([!-.0-~]{1,64})\/(\d{1,9})$/.exec(map) ?? [];
      if (encoding === undefined) return refused(`"${map}" is not an encoding name and a clock rate`);
      return parsed({ encoding, clockRateHz: Number(clockRate) });
    }),
};

/** Counter64, and CounterBasedGauge64 (RFC 2856), which has the same form on the wire. */
export const counter: Syntax<number> = {
  write: (value) => ({ type: "counter64", value: BigInt(within(value, Number.MAX_SAFE_INTEGER)) }),
  read: (value) => {
    if (value.type !== "counter64") return refused(`${value.type} where a Counter64 should be`);
    if (value.value > BigInt(Number.MAX_SAFE_INTEGER)) return refused(`${value.value} is above 2^53`);
    return parsed(Number(value.value));
  },
};

/** CounterBasedGauge64 of milliseconds since 1970, where 0 says that there is none. */
export const wallClock: Syntax<number | null> = {
  write: (wallMs) => counter.write(wallMs ?? 0),
  read: (value) => {
    const result = counter.read(value);
    return result.ok && result.value === 0 ? parsed(null) : result;
  },
};

/** Unsigned32 (0..most) and Gauge32. */
export function unsigned(most: number = unsigned32Max): Syntax<number> {
  return {
    write: (value) => ({ type: "unsigned32", value: within(value, most) }),
    read: (value) => {
      if (value.type !== "unsigned32") return refused(`${value.type} where an Unsigned32 should be`);
      return value.value <= most ? parsed(value.value) : refused(`${value.value} is above ${most}`);
    },
  };
}

/** Counter32: what is above its end begins anew. */
export function counter32(value: number): SnmpValue {
  return { type: "counter32", value: value % 2 ** 32 };
}

/** TimeStamp (RFC 2579 section 2): a value of sysUpTime, hundredths of a second. `upMs`: the same in ms. */
export function timeStamp(upMs: number): SnmpValue {
  return { type: "ticks", value: ticksOf(upMs) };
}

export function ticksOf(upMs: number): number {
  return Math.max(0, Math.floor(upMs / 10)) % 2 ** 32;
}

/** Integer32 (-1..2147483647) of `unitsPerOne` parts, where -1 says that the value is not known. */
export function knownOrNot(unitsPerOne: number): Syntax<number | null> {
  return {
    write: (value) => ({ type: "integer", value: value === null ? -1 : within(value * unitsPerOne, integer32Max) }),
    read: (value) => {
      if (value.type !== "integer") return refused(`${value.type} where an Integer32 should be`);
      return parsed(value.value < 0 ? null : value.value / unitsPerOne);
    },
  };
}

/** INTEGER that names one of these, from 1 on in their order. */
export function oneOf<Name extends string>(names: readonly Name[]): Syntax<Name> {
  return {
    write: (name) => ({ type: "integer", value: names.indexOf(name) + 1 }),
    read: (value) => {
      const name = value.type === "integer" ? names[value.value - 1] : undefined;
      return name === undefined ? refused(`not one of ${names.join(", ")}`) : parsed(name);
    },
  };
}

/**
 * DateAndTime (RFC 2579 section 2) in UTC, tenths of a second; eight zero octets when there is no time to tell.
 *
 *     year (2) month day hour minutes seconds deci-seconds '+' hours minutes
 */
export function dateAndTime(wallMs: number | null): SnmpValue {
  if (wallMs === null) return { type: "octets", value: new Uint8Array(8) };
  const date = new Date(wallMs);
  const year = date.getUTCFullYear();
  const day = [year >> 8, year & 0xff, date.getUTCMonth() + 1, date.getUTCDate()];
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  const deciSeconds = Math.floor(date.getUTCMilliseconds() / 100);
  return { type: "octets", value: Uint8Array.from([...day, ...time, deciSeconds, 0x2b, 0, 0]) };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8");

function writeText(text: string): SnmpValue {
  const octets = encoder.encode(text);
  if (octets.length <= textOctetsMax) return { type: "octets", value: octets };
  let end = textOctetsMax;
  while (end > 0 && ((octets[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return { type: "octets", value: octets.subarray(0, end) };
}

function readText(value: SnmpValue): ParseResult<string> {
  if (value.type !== "octets") return refused(`${value.type} where a text should be`);
  if (value.value.length > textOctetsMax) return refused(`a text of ${value.value.length} octets`);
  const text = decoder.decode(value.value);
  return /\p{Cc}/u.test(text) ? refused("a text with control characters") : parsed(text);
}

/** An empty text is null, any other goes through `parse`. */
function readTextAs<T>(value: SnmpValue, parse: (text: string) => ParseResult<T>): ParseResult<T | null> {
  const result = readText(value);
  if (!result.ok) return result;
  return result.value === "" ? parsed(null) : parse(result.value);
}

function within(value: number, most: number): number {
  return Math.min(most, Math.max(0, Math.round(value)));
}
