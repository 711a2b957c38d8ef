/** Names of endpoints and of call agents (RFC 3435 sections 2.1.2, 2.1.4 and 3.2.1.3, Appendix A). */
import { type Address, isIpLiteral } from "../address.js";
import { type ParseResult, parsed, refused } from "../parse-result.js";
import type { EndpointName } from "./message.js";

export const namePartCharactersMax = 255;

/** Section 3.5: where a command goes when its name has no port. */
export const gatewayPort = 2427;
export const callAgentPort = 2727;

/** `ca@ca1.example:5234`: local part and port may be left out. */
export interface EntityName {
  readonly local: string | null;
  readonly domain: string;
  readonly port: number;
}

export function parseEndpoint(text: string): ParseResult<EndpointName> {
  const at = text.lastIndexOf("@");
  const local = text.slice(0, Math.max(at, 0));
  const domain = text.slice(at + 1);
  if (!isLocalName(local)) return refused(`"${text.slice(0, 60)}" has no local endpoint name`);
  return isDomain(domain) ? parsed({ local, domain }) : refused(`"${domain.slice(0, 60)}" is not a domain name`);
}

/** A NotifiedEntity; its port defaults to the call agents' one. */
export function parseEntity(text: string): ParseResult<EntityName> {
  const at = text.lastIndexOf("@");
  const local = at < 0 ? null : text.slice(0, at);
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text.slice(at + 1));
  const domain = match?.[1] ?? "";
  const port = match?.[2] === undefined ? callAgentPort : Number(match[2]);
  if (local !== null && !isLocalName(local)) return refused("its local name is malformed");
  if (!isDomain(domain) || port === 0 || port > 65_535) return refused(`"${text.slice(0, 60)}" names no call agent`);
  return parsed({ local, domain, port });
}

/** Null where the entity is named by a domain name, which somebody has to look up. */
export function entityAddress(entity: EntityName): Address | null {
  const address = entity.domain.startsWith("[") ? entity.domain.slice(1, -1) : entity.domain;
  return isIpLiteral(address) ? { address, port: entity.port } : null;
}

/** Domain names and local names are compared without regard to case. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Terms between single slashes; a wildcard is a whole term (Appendix A, "LocalNamePart"). */
function isLocalName(text: string): boolean {
  if (text.length > namePartCharactersMax) return false;
  let termStart = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at === text.length ? slash : text.charCodeAt(at);
    if (code === slash) {
      if (at === termStart) return false;
      termStart = at + 1;
    } else if (code === dollar || code === star) {
      const isWhole = at === termStart && (at + 1 === text.length || text.charCodeAt(at + 1) === slash);
      if (!isWhole) return false;
    } else if (code <= 0x20 || code >= 0x7f || code === atSign) return false;
  }
  return true;
}

const dollar = 0x24;
const star = 0x2a;
const slash = 0x2f;
const atSign = 0x40;

function isDomain(text: string): boolean {
  if (text.length > namePartCharactersMax) return false;
  const literal = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : undefined;
  return literal !== undefined ? isIpLiteral(literal) : /^[A-Za-z0-9._-]+$|^#\d+$/.test(text);
}
