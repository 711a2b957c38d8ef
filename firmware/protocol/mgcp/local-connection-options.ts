/**
 * LocalConnectionOptions (RFC 3435 section 3.2.2.10), to a value and back; capabilities.ts reads the same attributes.
 *
 *   p:20, a:PCMU;PCMA, b:64, t:b8, e:on, gc:-3, s:off, r:g, k:clear:key, nt:IN, fmtp:"PCMU x", x-foo:1, PKG/name:value
 *
 * Whether the gateway can do what is asked is not decided here.
 */
import { splitList } from "./list-syntax.js";
import type { LocalConnectionOptions, NumberRange, OtherOption } from "./message.js";
import { type ParameterResult, right, withCode, wrong } from "./parameter-result.js";

const optionsInternallyInconsistent = 524;
const optionExtensionUnknown = 525;
const unsupportedValue = 532;
const invalidOptions = 541;

type Options = Omit<LocalConnectionOptions, "others">;

interface OptionRow {
  readonly name: string;
  /** Null where the value is malformed. */
  readonly read: (value: string) => Options | null;
  /** Null where the options have none. */
  readonly write: (options: Options, isCapability: boolean) => string | null;
}

/** In the order they are written in. */
const rows: readonly OptionRow[] = [
  { name: "p", read: readPacketTime, write: writePacketTime },
  {
    name: "a",
    read: (value) => listed(value, (encodings) => ({ encodings })),
    write: ({ encodings }) => encodings?.join(";") ?? null,
  },
  {
    name: "b",
    read: (value) => ranged(value, (bandwidthKbps) => ({ bandwidthKbps })),
    write: ({ bandwidthKbps }) => (bandwidthKbps === undefined ? null : writeRange(bandwidthKbps)),
  },
  {
    name: "t",
    read: (value) => (/^[0-9A-Fa-f]{1,2}$/.test(value) ? { typeOfService: Number.parseInt(value, 16) } : null),
    // One digit is for capabilities only (Appendix A).
    write: ({ typeOfService }, isCapability) => typeOfService?.toString(16).padStart(isCapability ? 1 : 2, "0") ?? null,
  },
  {
    name: "e",
    read: (value) => switched(value, (echoCancellation) => ({ echoCancellation })),
    write: ({ echoCancellation }) => writeSwitch(echoCancellation),
  },
  { name: "gc", read: readGain, write: ({ gainControl }) => (gainControl === undefined ? null : `${gainControl}`) },
  {
    name: "s",
    read: (value) => switched(value, (silenceSuppression) => ({ silenceSuppression })),
    write: ({ silenceSuppression }) => writeSwitch(silenceSuppression),
  },
  { name: "r", read: readReservation, write: ({ reservation }) => reservation ?? null },
  {
    name: "k",
    read: readEncryptionKey,
    write: ({ encryptionKey }) => {
      if (encryptionKey === undefined) return null;
      return encryptionKey.method === "prompt" ? "prompt" : `${encryptionKey.method}:${encryptionKey.key}`;
    },
  },
  {
    name: "nt",
    read: (value) => listed(value, (networks) => ({ networks })),
    write: ({ networks }) => networks?.join(";") ?? null,
  },
];

const rowsByName = new Map(rows.map((row) => [row.name, row]));

/** The media format parameters of RFC 3660 section 2.9 may be given once for each codec. */
const repeatable: ReadonlySet<string> = new Set(["fmtp", "o-fmtp"]);

/** What the call agents wrote lately: they have a few policies for all their calls. */
const parsedLately = new Map<string, ParameterResult<LocalConnectionOptions>>();
const parsedLatelyMax = 64;
const parsedLatelyCharactersMax = 256;

export function parseLocalOptions(text: string): ParameterResult<LocalConnectionOptions> {
  const known = parsedLately.get(text);
  if (known !== undefined) return known;
  const result = parseOptions(text);
  if (text.length > parsedLatelyCharactersMax) return result;
  if (parsedLately.size === parsedLatelyMax) parsedLately.clear();
  parsedLately.set(text, result);
  return result;
}

function parseOptions(text: string): ParameterResult<LocalConnectionOptions> {
  const elements = splitList(text, "none");
  if (!elements.ok) return withCode(elements, invalidOptions);
  let options: LocalConnectionOptions = {};
  const others: OtherOption[] = [];
  const seen = new Set<string>();
  for (const element of elements.value) {
    const colon = element.indexOf(":");
    const name = (colon < 0 ? element : element.slice(0, colon)).trim().toLowerCase();
    const value = colon < 0 ? "" : element.slice(colon + 1).trim();
    if (!/^[\x21-\x7e]{1,64}$/.test(name)) return wrong("an option without a name", invalidOptions);
    if (seen.has(name) && !repeatable.has(name))
      return wrong(`option ${name} is there twice`, optionsInternallyInconsistent);
    seen.add(name);
    if (name.startsWith("x+")) return wrong(`unknown option ${name}`, optionExtensionUnknown);
    const known = rowsByName.get(name)?.read(value);
    if (known === null) return wrong(`option ${name}:${value.slice(0, 40)} is malformed`, unsupportedValue);
    if (known === undefined) others.push({ name, value });
    else options = { ...options, ...known };
  }
  return right(others.length === 0 ? options : { ...options, others });
}

export function writeLocalOptions(options: LocalConnectionOptions, isCapability = false): string {
  const parts: string[] = [];
  for (const { name, write } of rows) {
    const value = write(options, isCapability);
    if (value !== null) parts.push(`${name}:${value}`);
  }
  for (const { name, value } of options.others ?? []) parts.push(value === "" ? name : `${name}:${value}`);
  return parts.join(", ");
}

const usualPacketTimeMs = 20;

function readPacketTime(value: string): Options | null {
  const range = readRange(value);
  if (range === null) return null;
  const { first, last } = range;
  const ptimeMs = first <= usualPacketTimeMs && usualPacketTimeMs <= last ? usualPacketTimeMs : first;
  return first === last ? { ptimeMs } : { ptimeMs, ptimeRangeMs: range };
}

function writePacketTime({ ptimeMs, ptimeRangeMs }: Options): string | null {
  if (ptimeRangeMs !== undefined) return writeRange(ptimeRangeMs);
  return ptimeMs === undefined ? null : String(ptimeMs);
}

function readGain(value: string): Options | null {
  if (value.toLowerCase() === "auto") return { gainControl: "auto" };
  // No minus before zero, that what is read is written the same.
  return /^-?\d{1,4}$/.test(value) ? { gainControl: Number(value) || 0 } : null;
}

function readReservation(value: string): Options | null {
  const reservation = value.toLowerCase();
  return reservation === "g" || reservation === "cl" || reservation === "be" ? { reservation } : null;
}

function readEncryptionKey(value: string): Options | null {
  const match = /^(clear|base64|uri|prompt)(?::[ \t]*(.+))?$/i.exec(value);
  const method = match?.[1]?.toLowerCase();
  const key = match?.[2] ?? "";
  if (method === "prompt") return key === "" ? { encryptionKey: { method, key } } : null;
  if (method !== "clear" && method !== "base64" && method !== "uri") return null;
  return key === "" ? null : { encryptionKey: { method, key } };
}

/** `on` or `off`. */
function switched(value: string, take: (isOn: boolean) => Options): Options | null {
  const word = value.toLowerCase();
  return word === "on" || word === "off" ? take(word === "on") : null;
}

function writeSwitch(isOn: boolean | undefined): string | null {
  if (isOn === undefined) return null;
  return isOn ? "on" : "off";
}

/** Names between semicolons, in upper case, as they are compared without regard to it. */
function listed(value: string, take: (names: string[]) => Options): Options | null {
  const names = splitList(value.toUpperCase(), "none", ";");
  return names.ok && names.value.length > 0 ? take(names.value) : null;
}

function ranged(value: string, take: (range: NumberRange) => Options): Options | null {
  const range = readRange(value);
  return range === null ? null : take(range);
}

/** `20` or `10-30`, at most four digits each. */
function readRange(value: string): NumberRange | null {
  const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(value);
  const first = Number(match?.[1] ?? Number.NaN);
  const last = Number(match?.[2] ?? first);
  return first <= last ? { first, last } : null;
}

function writeRange({ first, last }: NumberRange): string {
  return first === last ? String(first) : `${first}-${last}`;
}
