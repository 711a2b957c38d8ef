/**
 * SIP and SIPS URIs (RFC 3261 section 19.1, grammar in section 25.1); a URI of another scheme is kept as text.
 * Nothing is resolved here: a host is a literal or a name as written.
 *
 *   sip:user:password@host:port;uri-parameters?headers
 */
import { type Address, isIpLiteral, isIpv4, isIpv6 } from "../address.js";
import { type ParseResult, parsed, refused } from "../parse-result.js";
import type { SipParameter } from "./parameter.js";

export interface SipUri {
  readonly kind: "sip";
  readonly scheme: "sip" | "sips";
  /** As written, escapes included; null when there is none. `userOf` gives what it says. */
  readonly user: string | null;
  readonly password: string | null;
  /** A name, or an IP literal; IPv6 without its brackets. */
  readonly host: string;
  readonly port: number | null;
  readonly parameters: readonly SipParameter[];
  /** Behind the `?`, as written. */
  readonly headers: string | null;
}

export interface OtherUri {
  readonly kind: "other";
  /** The whole URI, scheme included. */
  readonly text: string;
}

export type Uri = SipUri | OtherUri;

export const uriCharactersMax = 2_048;
export const sipPort = 5060;

const hostName = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\.?$/;
const user = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/#[\]]|%[0-9A-Fa-f]{2})+$/;
const password = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,]|%[0-9A-Fa-f]{2})*$/;
const uriParameter = /^(?:[A-Za-z0-9\-_.!~*'()[\]/:&+$]|%[0-9A-Fa-f]{2})+$/;
const uriHeaders = /^(?:[A-Za-z0-9\-_.!~*'()[\]/?:+$&=@;,]|%[0-9A-Fa-f]{2})+$/;
const otherUri = /^[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-Z\\[\]^_`a-~]*$/;

export function parseUri(text: string): ParseResult<Uri> {
  if (text.length > uriCharactersMax) return refused(`a URI of more than ${uriCharactersMax} characters`);
  const match = /^(sips?):(.*)$/i.exec(text);
  const rest = match?.[2];
  if (rest === undefined) {
    return otherUri.test(text) ? parsed({ kind: "other", text }) : refused(`"${text.slice(0, 64)}" is no URI`);
  }
  return parseSipUri(match?.[1]?.toLowerCase() === "sips" ? "sips" : "sip", rest);
}

function parseSipUri(scheme: "sip" | "sips", text: string): ParseResult<SipUri> {
  const at = text.indexOf("@");
  const userInfo = at < 0 ? null : parseUserInfo(text.slice(0, at));
  if (userInfo !== null && !userInfo.ok) return userInfo;
  const match = /^(\[[^\]]*\]|[^:;?[\]]*)(?::(\d{1,5}))?((?:;[^?]*)?)(?:\?(.*))?$/.exec(text.slice(at + 1));
  const hostText = match?.[1];
  if (match === null || hostText === undefined) return refused("the host of a URI does not end well");
  const host = parseHost(hostText);
  if (!host.ok) return host;
  const port = match[2] === undefined ? null : Number(match[2]);
  if (port !== null && port > 65_535) return refused(`port ${port} is above 65535`);
  const parameters = parseUriParameters(match[3] ?? "");
  if (!parameters.ok) return parameters;
  const headers = match[4] ?? null;
  if (headers !== null && !uriHeaders.test(headers)) return refused("bad headers in a URI");
  return parsed({
    kind: "sip",
    scheme,
    user: userInfo?.value.user ?? null,
    password: userInfo?.value.password ?? null,
    host: host.value,
    port,
    parameters: parameters.value,
    headers,
  });
}

function parseUserInfo(text: string): ParseResult<{ user: string; password: string | null }> {
  const colon = text.indexOf(":");
  const userText = colon < 0 ? text : text.slice(0, colon);
  const passwordText = colon < 0 ? null : text.slice(colon + 1);
  if (!user.test(userText)) return refused("bad user in a URI");
  if (passwordText !== null && !password.test(passwordText)) return refused("bad password in a URI");
  return parsed({ user: userText, password: passwordText });
}

/** A host as URIs and Via write it: a name, IPv4, or IPv6 in brackets. Gives it without the brackets. */
export function parseHost(text: string): ParseResult<string> {
  if (text.startsWith("[")) {
    const inside = text.slice(1, -1);
    return text.endsWith("]") && isIpv6(inside) ? parsed(inside) : refused("bad IPv6 reference");
  }
  if (text.length > 255) return refused("a host name of more than 255 characters");
  return isIpv4(text) || hostName.test(text) ? parsed(text) : refused(`"${text.slice(0, 64)}" is no host`);
}

function parseUriParameters(text: string): ParseResult<readonly SipParameter[]> {
  const parameters: SipParameter[] = [];
  if (text === "") return parsed(parameters);
  for (const piece of text.slice(1).split(";")) {
    const equals = piece.indexOf("=");
    const name = equals < 0 ? piece : piece.slice(0, equals);
    const value = equals < 0 ? null : piece.slice(equals + 1);
    if (!uriParameter.test(name) || (value !== null && !uriParameter.test(value))) return refused("bad URI parameter");
    if (parameters.some((other) => other.name.toLowerCase() === name.toLowerCase()))
      return refused(`URI parameter ${name} twice`);
    parameters.push({ name, value });
  }
  return parsed(parameters);
}

export function formatUri(uri: Uri): string {
  if (uri.kind === "other") return uri.text;
  const userInfo = uri.user === null ? "" : `${uri.user}${uri.password === null ? "" : `:${uri.password}`}@`;
  const parameters = uri.parameters.map(({ name, value }) => (value === null ? `;${name}` : `;${name}=${value}`));
  const headers = uri.headers === null ? "" : `?${uri.headers}`;
  return `${uri.scheme}:${userInfo}${formatHostPort(uri.host, uri.port)}${parameters.join("")}${headers}`;
}

export function formatHostPort(host: string, port: number | null): string {
  const bracketed = host.includes(":") ? `[${host}]` : host;
  return port === null ? bracketed : `${bracketed}:${port}`;
}

/** `sip:user@host:port`; what may not stand in a user part is escaped. */
export function sipUri(userText: string | null, host: string, port: number | null = null): SipUri {
  const escaped =
    userText === null ? null : encodeURIComponent(userText).replace(/%(24|26|2B|2C|2F|3B|3D)/g, unescapeAllowed);
  return { kind: "sip", scheme: "sip", user: escaped, password: null, host, port, parameters: [], headers: null };
}

/** The same, to be asked over TCP (section 19.1.1). */
export function overTcp(uri: SipUri): SipUri {
  return { ...uri, parameters: [...uri.parameters, { name: "transport", value: "tcp" }] };
}

/** user-unreserved (section 25.1) may stand unescaped; `?` and `#` stay escaped, some readers cut there. */
function unescapeAllowed(escaped: string): string {
  return decodeURIComponent(escaped);
}

/** What the user part says, escapes undone; null when there is none. Escapes that are not UTF-8 are left as written. */
export function userOf(uri: Uri): string | null {
  if (uri.kind === "other" || uri.user === null) return null;
  try {
    return decodeURIComponent(uri.user);
  } catch (error) {
    if (error instanceof URIError) return uri.user;
    throw error;
  }
}

/** Where a request to this URI goes when its host is an IP literal; null for a name: nobody here resolves one. */
export function uriAddress(uri: Uri): Address | null {
  if (uri.kind === "other" || !isIpLiteral(uri.host)) return null;
  return { address: uri.host, port: uri.port ?? sipPort };
}
