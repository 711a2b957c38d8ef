/**
 * Capabilities (RFC 3435 section 3.2.2.3), one line of A: to a value and back: the attributes of local connection
 * options, read as what is supported, and the packages and modes of the endpoint.
 *
 *   a:PCMU;G728, p:10-100, e:on, s:off, t:1, v:L;D, m:sendonly;recvonly;sendrecv;inactive
 */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { splitList } from "./list-syntax.js";
import { parseLocalOptions, writeLocalOptions } from "./local-connection-options.js";
import type { Capability } from "./message.js";

export function parseCapability(text: string): ParseResult<Capability> {
  const read = parseLocalOptions(text);
  if (!read.ok) return refused(read.reason);
  const { others = [], ...options } = read.value;
  const left = others.filter(({ name }) => name !== "v" && name !== "m");
  const listOf = (wanted: string) => splitList(others.find(({ name }) => name === wanted)?.value ?? "", "none", ";");
  const packages = listOf("v");
  const modes = listOf("m");
  if (!packages.ok) return packages;
  if (!modes.ok) return modes;
  return parsed({
    options: left.length === 0 ? options : { ...options, others: left },
    ...(packages.value.length > 0 && { packages: packages.value }),
    ...(modes.value.length > 0 && { modes: modes.value.map((mode) => mode.toLowerCase()) }),
  });
}

export function writeCapability({ options, packages = [], modes = [] }: Capability): string {
  const parts = [writeLocalOptions(options, true)];
  if (packages.length > 0) parts.push(`v:${packages.join(";")}`);
  if (modes.length > 0) parts.push(`m:${modes.join(";")}`);
  return parts.filter((part) => part !== "").join(", ");
}
