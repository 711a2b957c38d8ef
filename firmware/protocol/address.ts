import { type ParseResult, parsed, refused } from "./parse-result.js";

/** A transport address: an IPv4 or IPv6 literal (never a name) and a port, 0..65535. */
export interface Address {
  readonly address: string;
  readonly port: number;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;

export function isIpv4(text: string): boolean {
  return IPV4.test(text);
}

/** RFC 4291 section 2.2: up to eight groups of up to four hex digits, at most one "::", an IPv4 address may end it. */
export function isIpv6(text: string): boolean {
  if (text.length < 2 || text.length > 45 || !/^[0-9A-Fa-f:.]+$/.test(text)) return false;
  const halves = text.split("::");
  if (halves.length > 2) return false;
  let groups = 0;
  for (const half of halves) {
    if (half === "") continue;
    const parts = half.split(":");
    for (const [index, part] of parts.entries()) {
      const isLast = half === halves[halves.length - 1] && index === parts.length - 1;
      if (part.includes(".")) {
        if (!isLast || !isIpv4(part)) return false;
        groups += 2;
      } else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups += 1;
      else return false;
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8;
}

export function isIpLiteral(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

/** `192.0.2.1:2427`, `[2001:db8::1]:2427`. */
export function formatAddress(address: Address): string {
  return address.address.includes(":") ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
}

/** The reverse of formatAddress; a missing port becomes `defaultPort`, or is refused where there is none. */
export function parseAddress(text: string, defaultPort?: number): ParseResult<Address> {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return refused(`"${text}" is not address:port (IPv6 in brackets)`);
  const host = match[1] ?? match[2] ?? "";
  if (match[1] !== undefined ? !isIpv6(host) : !isIpv4(host)) return refused(`"${host}" is not an IP address`);
  const port = match[3] === undefined ? defaultPort : Number(match[3]);
  if (port === undefined) return refused(`"${text}" has no port`);
  if (port > 65_535) return refused(`port ${port} is above 65535`);
  return parsed({ address: host, port });
}

/** Port 0 comes from the network - in a Via, a session description, as a source - and nothing can be sent there. */
export function isReachable({ port }: Address): boolean {
  return port >= 1 && port <= 65_535;
}

/** Nobody's address: in a description it says that nothing is to be sent (RFC 3264 section 8.4). */
export function isUnspecified({ address }: Address): boolean {
  return address === "0.0.0.0" || address === "::";
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.port === b.port && a.address === b.address;
}
