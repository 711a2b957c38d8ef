/** LocalConnectionOptions (RFC 3435 section 3.2.2.10): `p:20, a:PCMU;PCMA, t:b8, e:on`, to a value and back. */
import { parseWholeNumber } from "./fields.js";
import { splitList } from "./list-syntax.js";
import type { LocalConnectionOptions } from "./message.js";
import { type ParameterResult, right, wrong } from "./parameter-result.js";

const optionsInternallyInconsistent = 524;
const optionExtensionUnknown = 525;

export function parseLocalOptions(text: string): ParameterResult<LocalConnectionOptions> {
  const elements = splitList(text);
  if (!elements.ok) return wrong(elements.reason);
  let options: LocalConnectionOptions = {};
  const others: { name: string; value: string }[] = [];
  const seen = new Set<string>();
  for (const element of elements.value) {
    const colon = element.indexOf(":");
    const name = (colon < 0 ? element : element.slice(0, colon)).trim().toLowerCase();
    const value = colon < 0 ? "" : element.slice(colon + 1).trim();
    if (!/^[\x21-\x7e]{1,64}$/.test(name)) return wrong("an option without a name");
    if (seen.has(name)) return wrong(`option ${name} is there twice`, optionsInternallyInconsistent);
    seen.add(name);
    if (name.startsWith("x+")) return wrong(`unknown option ${name}`, optionExtensionUnknown);
    const known = parseKnown(name, value);
    if (known === null) others.push({ name, value });
    else if (known === "malformed") return wrong(`option ${name}:${value.slice(0, 40)} is malformed`);
    else options = { ...options, ...known };
  }
  return right(others.length === 0 ? options : { ...options, others });
}

export function writeLocalOptions(options: LocalConnectionOptions): string {
  const parts: string[] = [];
  if (options.ptimeMs !== undefined) parts.push(`p:${options.ptimeMs}`);
  if (options.encodings !== undefined) parts.push(`a:${options.encodings.join(";")}`);
  if (options.typeOfService !== undefined) parts.push(`t:${options.typeOfService.toString(16).padStart(2, "0")}`);
  if (options.echoCancellation !== undefined) parts.push(`e:${options.echoCancellation ? "on" : "off"}`);
  if (options.silenceSuppression !== undefined) parts.push(`s:${options.silenceSuppression ? "on" : "off"}`);
  if (options.reservation !== undefined) parts.push(`r:${options.reservation}`);
  for (const { name, value } of options.others ?? []) parts.push(value === "" ? name : `${name}:${value}`);
  return parts.join(", ");
}

/** Null for an option this table does not know. */
function parseKnown(name: string, value: string): LocalConnectionOptions | "malformed" | null {
  if (name === "p") return parsePacketTime(value);
  if (name === "a") return parseEncodings(value);
  if (name === "t") {
    return /^[0-9A-Fa-f]{1,2}$/.test(value) ? { typeOfService: Number.parseInt(value, 16) } : "malformed";
  }
  if (name === "e" || name === "s") {
    const isOn = value.toLowerCase() === "on";
    if (!isOn && value.toLowerCase() !== "off") return "malformed";
    return name === "e" ? { echoCancellation: isOn } : { silenceSuppression: isOn };
  }
  if (name !== "r") return null;
  const reservation = value.toLowerCase();
  return reservation === "g" || reservation === "cl" || reservation === "be" ? { reservation } : "malformed";
}

const usualPacketTimeMs = 20;

/** Of a range we take 20 ms when it lies within, else the shorter end. */
function parsePacketTime(value: string): LocalConnectionOptions | "malformed" {
  const [first = "", last = first, ...more] = value.split("-", 3);
  const firstMs = parseWholeNumber(first, 9_999);
  const lastMs = parseWholeNumber(last, 9_999);
  if (firstMs === null || lastMs === null || firstMs > lastMs || more.length > 0) return "malformed";
  return { ptimeMs: firstMs <= usualPacketTimeMs && usualPacketTimeMs <= lastMs ? usualPacketTimeMs : firstMs };
}

/** Names in upper case, as they are compared without regard to it. */
function parseEncodings(value: string): LocalConnectionOptions | "malformed" {
  const encodings = splitList(value.toUpperCase(), ";");
  return encodings.ok && encodings.value.length > 0 ? { encodings: encodings.value } : "malformed";
}
