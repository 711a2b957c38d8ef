/**
 * Digest authentication of SIP (RFC 3261 section 22, RFC 7616) with SHA-256 (RFC 8760) and qop auth, and nothing weaker:
 * the challenge, the credentials and the response that both ends compute. Whether a nonce is fresh and who the users are
 * is management/digest-gate.ts's affair.
 *
 *     WWW-Authenticate: Digest realm="gw1.example", nonce="…", algorithm=SHA-256, qop="auth"
 *     Authorization: Digest username="backup", realm=…, nonce=…, uri="sip:…", response="…", algorithm=SHA-256,
 *                    qop=auth, nc=00000001, cnonce="…"
 */
import { createHash } from "node:crypto";
import { type ParseResult, parsed, refused } from "../parse-result.js";
import type { RawHeader } from "./message.js";

export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  /** The credentials were right, but for their nonce. */
  readonly isStale: boolean;
  /** Comes back in the credentials as it is; null: there is none. Ours has none. */
  readonly opaque: string | null;
}

export interface DigestCredentials {
  readonly userName: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  /** nc: how often this nonce was used, this use included. */
  readonly count: number;
  readonly clientNonce: string;
  /** 64 hex digits in lower case. */
  readonly response: string;
  readonly opaque: string | null;
}

const fieldsMax = 32;
const field =
  /[ \t]*([A-Za-z][A-Za-z0-9_-]{0,31})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.){0,1024})"|([^\s",]{1,1024}))[ \t]*(?:,|$)/y;

/** `Digest name=value, name="value"`: names in lower case, quotes and escapes undone. */
function parseFields(value: string): ParseResult<ReadonlyMap<string, string>> {
  const scheme = /^[ \t]*Digest[ \t]+/i.exec(value)?.[0];
  if (scheme === undefined) return refused("not Digest");
  const fields = new Map<string, string>();
  field.lastIndex = scheme.length;
  let at = scheme.length;
  while (at < value.length) {
    const match = field.exec(value);
    const name = match?.[1]?.toLowerCase();
    if (match === null || name === undefined) return refused(`malformed at character ${at}`);
    if (fields.has(name) || fields.size >= fieldsMax) return refused(`${name} twice, or too many fields`);
    fields.set(name, match[2]?.replace(/\\(.)/g, "$1") ?? match[3] ?? "");
    at = field.lastIndex;
  }
  return parsed(fields);
}

function isSha256(fields: ReadonlyMap<string, string>): boolean {
  return fields.get("algorithm")?.toUpperCase() === "SHA-256";
}

/** The value of Authorization. */
export function parseCredentials(value: string): ParseResult<DigestCredentials> {
  const result = parseFields(value);
  if (!result.ok) return result;
  const fields = result.value;
  const [userName, realm, nonce, uri] = ["username", "realm", "nonce", "uri"].map((name) => fields.get(name));
  const [count, clientNonce, response] = ["nc", "cnonce", "response"].map((name) => fields.get(name));
  if (userName === undefined || realm === undefined || nonce === undefined || uri === undefined) {
    return refused("username, realm, nonce or uri is missing");
  }
  if (!isSha256(fields)) return refused("the algorithm is not SHA-256");
  if (fields.get("qop")?.toLowerCase() !== "auth" || clientNonce === undefined) return refused("qop is not auth");
  if (count === undefined || !/^[0-9a-f]{8}$/i.test(count)) return refused("nc is not 8 hex digits");
  if (response === undefined || !/^[0-9a-f]{64}$/i.test(response)) return refused("response is not of SHA-256");
  const proof = { count: Number.parseInt(count, 16), clientNonce, response: response.toLowerCase() };
  return parsed({ userName, realm, nonce, uri, ...proof, opaque: fields.get("opaque") ?? null });
}

/** The value of WWW-Authenticate; refused where it does not offer what is spoken here. */
export function parseChallenge(value: string): ParseResult<DigestChallenge> {
  const result = parseFields(value);
  if (!result.ok) return result;
  const fields = result.value;
  const [realm, nonce] = ["realm", "nonce"].map((name) => fields.get(name));
  if (realm === undefined || nonce === undefined) return refused("realm or nonce is missing");
  if (!isSha256(fields)) return refused("its algorithm is not SHA-256");
  const offered =
    fields
      .get("qop")
      ?.toLowerCase()
      .split(/[ \t]*,[ \t]*/) ?? [];
  if (!offered.includes("auth")) return refused("its qop is not auth");
  const isStale = fields.get("stale")?.toLowerCase() === "true";
  return parsed({ realm, nonce, isStale, opaque: fields.get("opaque") ?? null });
}

export function challengeHeader({ realm, nonce, isStale }: Omit<DigestChallenge, "opaque">): RawHeader {
  const stale = isStale ? ", stale=true" : "";
  const value = `Digest realm=${quoted(realm)}, nonce=${quoted(nonce)}, algorithm=SHA-256, qop="auth"${stale}`;
  return { name: "WWW-Authenticate", value };
}

export function credentialsHeader(credentials: DigestCredentials): RawHeader {
  const { userName, realm, nonce, uri, count, clientNonce, response, opaque } = credentials;
  const returned = opaque === null ? {} : { opaque };
  const named = { username: userName, realm, nonce, uri, response, cnonce: clientNonce, ...returned };
  const fields = Object.entries(named).map(([name, text]) => `${name}=${quoted(text)}`);
  const nc = count.toString(16).padStart(8, "0");
  return { name: "Authorization", value: `Digest ${fields.join(", ")}, algorithm=SHA-256, qop=auth, nc=${nc}` };
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** RFC 7616 section 3.4.1: with the password, what `response` must be. */
export function digestResponse(
  { userName, realm, nonce, uri, count, clientNonce }: Omit<DigestCredentials, "response" | "opaque">,
  password: string,
  method: string,
): string {
  const secret = sha256(`${userName}:${realm}:${password}`);
  const nc = count.toString(16).padStart(8, "0");
  return sha256(`${secret}:${nonce}:${nc}:${clientNonce}:auth:${sha256(`${method}:${uri}`)}`);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** All values of a header field that has no place of its own in SipHeaders. */
export function valuesOf(others: readonly RawHeader[] | undefined, name: string): readonly string[] {
  return (others ?? []).filter((raw) => raw.name.toLowerCase() === name).map(({ value }) => value);
}
