/** ConnectionParameters (RFC 3435 section 3.2.2.7): `PS=1245, OS=62345, X-FOO=3`, to a value and back. */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { splitList } from "./list-syntax.js";
import type { ConnectionParameters } from "./message.js";

const codes = [
  ["PS", "packetsSent"],
  ["OS", "octetsSent"],
  ["PR", "packetsReceived"],
  ["OR", "octetsReceived"],
  ["PL", "packetsLost"],
  ["JI", "jitterMs"],
  ["LA", "latencyMs"],
] as const;

/**
 * Nine digits; a counter that is full stays there. Gateways that write ten are read as full,
 * and those that write less than none as none: a loss may be counted so (RFC 3550 section 6.4.1; osmo-mgw does).
 */
export const connectionParameterMax = 999_999_999;

const extensionName = /^(?:x-[a-z0-9]{2,32}|[a-z0-9]+(?:-[a-z0-9]+)*\/[a-z0-9-]{1,32})$/i;

export function parseConnectionParameters(text: string): ParseResult<ConnectionParameters> {
  const elements = splitList(text, "none");
  if (!elements.ok) return elements;
  const parameters: { -readonly [K in (typeof codes)[number][1]]?: number } = {};
  const others: { name: string; value: number }[] = [];
  for (const element of elements.value) {
    const [name = "", value = "", ...more] = element.split("=", 3).map((part) => part.trim());
    if (!/^-?\d{1,20}$/.test(value) || more.length > 0) return refused(`"${element.slice(0, 40)}" is not name=digits`);
    const number = Math.min(Math.max(0, Number(value)), connectionParameterMax);
    const known = codes.find(([code]) => code === name.toUpperCase());
    if (known !== undefined) parameters[known[1]] = number;
    else if (extensionName.test(name)) others.push({ name, value: number });
  }
  return parsed(others.length === 0 ? parameters : { ...parameters, others });
}

export function writeConnectionParameters(parameters: ConnectionParameters): string {
  const parts: string[] = [];
  for (const [code, key] of codes) {
    const value = parameters[key];
    if (value !== undefined) parts.push(`${code}=${bounded(value)}`);
  }
  for (const { name, value } of parameters.others ?? []) parts.push(`${name}=${bounded(value)}`);
  return parts.join(", ");
}

function bounded(value: number): number {
  return Math.min(Math.max(0, Math.round(value)), connectionParameterMax);
}
