/** Where and how a gateway is asked, in one word: `mgcp://host[:2427][/[endpoints@]domain]`, `snmp://community@host[:161]`, `snmpv3://user@host[:161]`, `sip://[user@]host[:5060][;transport=tcp]`. */
import { type AuditProtocol, auditProtocols } from "#protocol/active-connection.js";
import { isIpLiteral } from "#protocol/address.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";

export interface AuditUri {
  readonly protocol: AuditProtocol;
  /** A name that has to be looked up, or an IP literal without brackets. */
  readonly host: string;
  readonly port: number;
  /** What the gateway calls itself: MGCP's domain name. */
  readonly gateway: string;
  /** MGCP's local endpoint name, "*" by default. */
  readonly endpoints: string;
  /** SIP: over what it begins. */
  readonly transport: "udp" | "tcp";
  /** SNMP v2c; "public" by default. Null: v3. */
  readonly community: string | null;
  /** SNMP v3, or SIP's digest authentication; null: none. Passphrases never stand in the URI. */
  readonly user: string | null;
}

/** RFC 3414 section 2.4 (SNMP): up to 32 octets; a colon would be a passphrase on the command line. */
const userName = /^[!-9;-~]{1,32}$/;

export const auditPorts = { mgcp: 2427, snmp: 161, sip: 5060 } as const;

export function parseAuditUri(text: string): ParseResult<AuditUri> {
  const match =
    /^([a-z0-9]+):\/\/(?:([^@/]{1,64})@)?(\[[^\]]{1,45}\]|[^:/;[\]]{1,253})(?::(\d{1,5}))?(?:\/([^;]{0,255}))?(?:;transport=(udp|tcp))?$/i.exec(
      text,
    );
  if (match === null) return refused(`"${text}" is not protocol://host[:port]`);
  const [, scheme = "", user, bracketed = "", portText, path = "", transportText] = match;
  const isV3 = scheme.toLowerCase() === "snmpv3";
  const protocol = isV3 ? "snmp" : auditProtocols.find((known) => known === scheme.toLowerCase());
  if (protocol === undefined) return refused(`"${scheme}" is not one of ${[...auditProtocols, "snmpv3"].join(", ")}`);
  const host = bracketed.startsWith("[") ? bracketed.slice(1, -1) : bracketed;
  if (bracketed.startsWith("[") && !isIpLiteral(host)) return refused(`"${host}" is not an IP address`);
  if (!/^[A-Za-z0-9._:-]+$/.test(host)) return refused(`"${host}" is not a host name`);
  const port = portText === undefined ? auditPorts[protocol] : Number(portText);
  if (port < 1 || port > 65_535) return refused(`port ${port} is not 1..65535`);
  if (user !== undefined && protocol === "mgcp") return refused(`${protocol}: takes no "${user}@"`);
  if (protocol === "sip" && user !== undefined && !userName.test(user))
    return refused(`sip: "${user}" is no user name`);
  if (isV3 && !userName.test(user ?? "")) return refused("snmpv3: wants a user, such as snmpv3://backup@192.0.2.1");
  if (path !== "" && protocol !== "mgcp") return refused(`${protocol}: takes no "/${path}"`);
  if (transportText !== undefined && protocol !== "sip") return refused(`${protocol}: takes no ";transport="`);
  const transport = transportText?.toLowerCase() === "tcp" ? "tcp" : "udp";
  const at = path.lastIndexOf("@");
  const gateway = path.slice(at + 1) || (isIpLiteral(host) ? `[${host}]` : host);
  const endpoints = path.slice(0, Math.max(at, 0)) || "*";
  const isUser = isV3 || (protocol === "sip" && user !== undefined);
  const access = isUser ? { community: null, user: user ?? "" } : { community: user ?? "public", user: null };
  return parsed({ protocol, host, port, gateway, endpoints, transport, ...access });
}
