/** How one value stands in a field of package x-ho (fields.ts), and how a line's fields are put and taken. */
import type { Coding, Epoch, HeardAgent, QualityOfService } from "../active-connection.js";
import { type Address, formatAddress, isIpLiteral, parseAddress } from "../address.js";
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { parseWholeNumber } from "./fields.js";
import { epochNumberMax, serverCharactersMax } from "./recovery-package.js";

export interface Codec<T> {
  readonly write: (value: T) => string;
  readonly read: (text: string) => ParseResult<T>;
}

export interface Field<T> extends Codec<T> {
  readonly key: string;
  /** The value of a field that is left out, and how it would be written. */
  readonly absent: T;
  readonly absentText: string;
}

export function field<T>(key: string, absent: T, codec: Codec<T>): Field<T> {
  return { key, absent, absentText: codec.write(absent), ...codec };
}

/** Left out for null. */
export function optional<T>(key: string, codec: Codec<T>): Field<T | null> {
  return field<T | null>(key, null, { write: (value) => (value === null ? "" : codec.write(value)), read: codec.read });
}

/** One line's fields being written. */
export class FieldWriter {
  readonly fields: [key: string, value: string][] = [];

  put<T>(to: Field<T>, value: T): void {
    const text = to.write(value);
    if (text !== to.absentText) this.fields.push([to.key, text]);
  }
}

/** One line's fields being read; the first that is wrong is the reason of the whole line. */
export class FieldReader {
  readonly #fields: ReadonlyMap<string, string>;
  #reason: string | null = null;

  constructor(fields: ReadonlyMap<string, string>) {
    this.#fields = fields;
  }

  take<T>(from: Field<T>): T {
    const text = this.#fields.get(from.key);
    if (text === undefined) return from.absent;
    const result = from.read(text);
    if (result.ok) return result.value;
    this.#reason ??= `${from.key}: ${result.reason}`;
    return from.absent;
  }

  /** The whole of what was taken, or why there is none. */
  result<T>(value: T): ParseResult<T> {
    return this.#reason === null ? parsed(value) : refused(this.#reason);
  }
}

export function textOf(charactersMax: number): Codec<string> {
  return {
    write: (value) => value,
    read: (text) => (text.length <= charactersMax ? parsed(text) : refused(`above ${charactersMax} characters`)),
  };
}

/** RFC 3435 CallId and ConnectionId: 1 to 32 hex digits; empty where there is none. */
export const hexIdentifier: Codec<string> = {
  write: (value) => value,
  read: (text) => (/^[0-9A-Fa-f]{0,32}$/.test(text) ? parsed(text) : refused("not up to 32 hex digits")),
};

export function oneOf<T extends string>(values: readonly T[]): Codec<T> {
  return {
    write: (value) => value,
    read: (text) => {
      const found = values.find((value) => value === text);
      return found === undefined ? refused(`not one of ${values.join(", ")}`) : parsed(found);
    },
  };
}

/** Rounded to whole units, never below 0. */
export const wholeNumber: Codec<number> = {
  write: (value) => String(Math.max(0, Math.round(value))),
  read: (text) => {
    const number = parseWholeNumber(text, Number.MAX_SAFE_INTEGER);
    return number === null ? refused("not a whole number") : parsed(number);
  },
};

/** Three decimals. */
export const decimalNumber: Codec<number> = {
  write: (value) => String(Math.max(0, Math.round(value * 1_000) / 1_000)),
  read: (text) => (/^\d{1,12}(?:\.\d{1,3})?$/.test(text) ? parsed(Number(text)) : refused("not a decimal number")),
};

export const ipLiteral: Codec<string> = {
  write: (value) => value,
  read: (text) => (isIpLiteral(text) ? parsed(text) : refused("not an IP address")),
};

export const transportAddress: Codec<Address> = { write: formatAddress, read: (text) => parseAddress(text) };

/** `PCMA/8000/8/20`: encoding, clock rate, payload type, packet time in ms. */
export const codingText: Codec<Coding> = {
  write: (coding) => `${coding.encoding}/${coding.clockRateHz}/${coding.payloadType}/${coding.ptimeMs}`,
  read: (text) => {
    const match = /^([\w.-]{1,32})\/(\d{1,6})\/(\d{1,3})\/(\d{1,4})$/.exec(text);
    if (match === null) return refused("not encoding/rate/payload type/packet time");
    const [, encoding = "", clockRateHz, payloadType, ptimeMs] = match;
    if (Number(payloadType) > 127) return refused("payload type above 127");
    return parsed({
      encoding,
      clockRateHz: Number(clockRateHz),
      payloadType: Number(payloadType),
      ptimeMs: Number(ptimeMs),
    });
  },
};

/** `46` or, with a reservation, `46/guaranteed`. */
export const qosText: Codec<QualityOfService> = {
  write: ({ dscp, reservation }) => (reservation === "none" ? String(dscp) : `${dscp}/${reservation}`),
  read: (text) => {
    const [dscpText = "", reservation = "none", ...more] = text.split("/", 3);
    const dscp = parseWholeNumber(dscpText, 63);
    if (dscp === null || more.length > 0) return refused("not DSCP/reservation");
    if (reservation !== "none" && reservation !== "guaranteed" && reservation !== "controlled-load") {
      return refused("an unknown reservation");
    }
    return parsed({ dscp, reservation });
  },
};

/** `7,ca-primary` */
export const epochText: Codec<Epoch> = {
  write: (epoch) => `${epoch.number},${epoch.server}`,
  read: (text) => {
    const comma = text.indexOf(",");
    const number = parseWholeNumber(text.slice(0, Math.max(comma, 0)), epochNumberMax);
    const server = text.slice(comma + 1);
    if (number === null || server === "" || server.length > serverCharactersMax) return refused("not number,server");
    return parsed({ number, server });
  },
};

/** Call agents named in one x-ho/B line, those heard latest first. */
export const heardMax = 16;

/** `127.10.0.3,250 127.10.0.4,3000`: address and age in ms. */
export const heardText: Codec<readonly HeardAgent[]> = {
  write: (heard) =>
    heard
      .slice(0, heardMax)
      .map((agent) => `${agent.address},${wholeNumber.write(agent.ageMs)}`)
      .join(" "),
  read: (text) => {
    const heard: HeardAgent[] = [];
    for (const part of text === "" ? [] : text.split(" ", heardMax)) {
      const [address = "", age = "", ...more] = part.split(",", 3);
      const ageMs = parseWholeNumber(age, Number.MAX_SAFE_INTEGER);
      if (!isIpLiteral(address) || ageMs === null || more.length > 0) return refused("not address,age");
      heard.push({ address, ageMs });
    }
    return parsed(heard);
  },
};
