/** Every setting of a gateway with its bounds. Parsed once, at the door; nothing below reads a file or the environment. */

import { z } from "zod";
import { isIpLiteral, isIpv6, parseAddress } from "#protocol/address.js";
import { parseEntity } from "#protocol/mgcp/entity-name.js";
import { passphraseCharactersMax, passphraseCharactersMin } from "#protocol/snmp/usm-keys.js";
import { securityLevels } from "#protocol/snmp/v3-message.js";
import { codecNames } from "./media/codec.js";

/** A section answers an unknown key with the keys it knows. */
function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = `allowed here: ${Object.keys(shape).join(", ")}`;
  return z.strictObject(shape, { error: (issue) => (issue.code === "unrecognized_keys" ? known : undefined) });
}

const ipLiteral = z.string().refine(isIpLiteral, { error: "must be an IPv4 or IPv6 address" });
const port = z.int().min(1).max(65_535);
const evenPort = port.refine((value) => value % 2 === 0, { error: "must be even: RTCP goes on the next port" });
const endpoint = z.string().regex(/^aaln\/[1-9]\d{0,3}$/, { error: 'must be an endpoint such as "aaln/1"' });
const telephoneNumber = z
  .string()
  .regex(/^[0-9*#]{1,20}$/, { error: 'must be 1 to 20 digits in quotes, such as "101"' });
const socketAddress = z
  .string()
  .refine((text) => parseAddress(text).ok, { error: 'must be address:port, such as "192.0.2.7:5060"' });

/** RFC 1123 host name, or an address literal in brackets as MGCP writes it. */
const domainName = z
  .string()
  .max(255)
  .regex(/^(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])$/, { error: "must be a domain name" });

const lines = section({
  /** Endpoint, number and telephone of the first line; the others are counted up from it, the telephone's address too. */
  first: endpoint,
  number: telephoneNumber,
  phone: socketAddress,
  count: z.int().min(1).max(1000).default(1),
});

const relay = section({
  /** Comes before the number; ends with a slash. */
  prefix: z
    .string()
    .regex(/^(?:[a-z0-9_.+-]{1,32}\/){1,4}$/, {
      error: 'must be lower-case terms, each with a slash behind, such as "relay/"',
    })
    .refine((prefix) => prefix !== "aaln/", { error: "aaln/ is the lines' own" })
    .default("relay/"),
  count: z.int().min(1).max(10_000),
  first: z.int().min(0).max(65_535).default(1),
  /** Far sides may be behind NATs: another port of the signalled address may start a stream (RFC 4961). */
  learnsPort: z.boolean().default(false),
});

/** RFC 3435 sections 2.3.12, 4.4.6 and 4.4.7. */
const restart = section({
  /**
   * Whether RestartInProgress is sent. Not there: it is when there are lines or a notifiedEntity. What drives relays alone
   * often does not know it, never answers it, and would find it before every answer.
   */
  announce: z.boolean().optional(),
  /** MWD: after a start call agents are told within so long, at a random time, so that many gateways do not speak at once. */
  waitMaxSeconds: z.number().min(0).max(3600).default(2.5),
  /** Tdinit, Tdmin and Tdmax of an endpoint whose call agent does not answer. */
  disconnectedFirstSeconds: z.number().min(1).max(600).default(15),
  disconnectedLeastSeconds: z.number().min(0).max(600).default(15),
  disconnectedMostSeconds: z.number().min(1).max(86_400).default(600),
  /** Told to end, it goes on for so long, or until no connection is left; SIGHUP calls it back. */
  gracefulSeconds: z.int().min(0).max(86_400).default(0),
});

const passphrase = z
  .string()
  .min(passphraseCharactersMin)
  .max(passphraseCharactersMax, {
    error: `must have ${passphraseCharactersMin} to ${passphraseCharactersMax} characters`,
  });

/** SNMPv3 (RFC 3414): by HMAC-SHA-256 and AES-128. authPriv unless configured lower; what comes under less is refused. */
const snmpUser = section({
  name: z.string().regex(/^[!-9;-~]{1,32}$/, { error: "must be 1 to 32 characters without blanks and colons" }),
  level: z.enum(securityLevels).default("authPriv"),
  /** Passphrases; as authenticationFile and privacyFile they stand in files that the first start makes. */
  authentication: passphrase.optional(),
  privacy: passphrase.optional(),
}).refine(
  ({ level, authentication, privacy }) =>
    (level === "noAuthNoPriv" || authentication !== undefined) && (level !== "authPriv" || privacy !== undefined),
  { error: "authPriv needs authentication and privacy (or authenticationFile and privacyFile), authNoPriv the first" },
);

/** As secretFile the password stands in a file that the first start makes. */
const sipUser = section({
  name: z.string().regex(/^[!-9;-~]{1,64}$/, { error: "must be 1 to 64 characters without blanks and colons" }),
  secret: z.string().min(8).max(255),
});

/** Who is told by SNMP of restarts and connections: under a community (v2c) or as one of the users (v3). */
const receiver = section({
  address: ipLiteral,
  port: port.default(162),
  /** Informs are sent again until they are acknowledged. */
  kind: z.enum(["trap", "inform"]).default("trap"),
  community: z.string().min(1).max(64).optional(),
  user: z.string().optional(),
}).refine(({ community, user }) => (community === undefined) !== (user === undefined), {
  error: "must have a community (v2c) or a user (v3)",
});

const snmp = section({
  port: port.default(161),
  /** v2c; not there: it is not spoken. There is no default community. */
  community: z.string().min(8).max(64).optional(),
  /** v3; needs stateFile, where the starts of the engine are counted. */
  users: z
    .array(snmpUser)
    .max(16)
    .refine((users) => new Set(users.map(({ name }) => name)).size === users.length, { error: "has a name twice" })
    .default([]),
  notify: z.array(receiver).max(8).default([]),
})
  .refine(({ community, users, notify }) => community !== undefined || users.length > 0 || notify.length > 0, {
    error: "must have a community (v2c), users (v3), notify or several of them",
  })
  .refine(
    ({ users, notify }) => notify.every(({ user }) => user === undefined || users.some(({ name }) => name === user)),
    { path: ["notify"], error: "names a user who is not among users" },
  );

const journal = section({
  file: z.string().min(1),
  /** While connections are up the file says so at least so often: what is lost of a call when the gateway dies. */
  checkpointSeconds: z.number().min(1).max(3600).default(10),
  /** What was written is on the disk so much later at the latest: what a power failure loses. Less wears an SD card. */
  syncSeconds: z.number().min(0.01).max(60).default(1),
});

const gatewaySections = section({
  /** The gateway's domain name, the part after the @ of its endpoints. */
  name: domainName,
  /** What it listens on and sends from; loopback unless configured. */
  address: ipLiteral.default("127.0.0.1"),
  mgcp: section({ port: port.default(2427) }).prefault({}),
  /** Over UDP and TCP; a NOTIFY over TCP may bring a document of so many MB, about 1 for each 1,000 connections. */
  sip: section({
    port: port.default(5060),
    documentMegabytesMax: z.int().min(1).max(64).default(16),
    /** Who may ask from any address, by digest authentication with SHA-256 (RFC 8760). */
    users: z.array(sipUser).max(16).default([]),
  }).prefault({}),
  /** Not there: no SNMP is spoken. */
  snmp: snmp.optional(),
  media: z
    .strictObject({
      address: ipLiteral.optional(),
      /** Beside an IPv4 address: what far sides with IPv6 are told; without it they are refused. */
      address6: z.string().refine(isIpv6, { error: "must be an IPv6 address" }).optional(),
      portFirst: evenPort.default(16_384),
      portLast: evenPort.default(24_574),
      /** Differentiated services code point of the media packets (RFC 2474); 46 is Expedited Forwarding (RFC 3246). */
      dscp: z.int().min(0).max(63).default(46),
      /** What the gateway decodes and encodes, the preferred first. */
      codings: z
        .array(
          z.string().refine((name) => codecNames.includes(name), { error: `must be one of ${codecNames.join(", ")}` }),
        )
        .min(1)
        .refine((names) => new Set(names).size === names.length, { error: "must not name a coding twice" })
        .default(["PCMA", "PCMU"]),
      ptimeMs: z.literal([10, 20, 30, 40, 50, 60]).default(20),
      /** Way to the network: linux (epoll by koffi), portable (node:dgram), auto (the first that works). */
      network: z.enum(["auto", "linux", "portable"]).default("auto"),
    })
    .prefault({}),
  /** Who may command; the first is told of a restart, the others where it does not answer. */
  callAgents: z
    .array(section({ address: ipLiteral, port: port.default(2727) }))
    .min(1)
    .max(16),
  /** Whom it tells instead, by a name that may have several addresses: ca@ca1.example:2727. They must be listed above. */
  notifiedEntity: z
    .string()
    .refine((text) => parseEntity(text).ok, { error: 'must be a call agent such as "ca@ca1.example:2727"' })
    .optional(),
  restart: restart.prefault({}),
  /** Who may only ask: management stations, watchers. */
  askers: z.array(ipLiteral).max(64).default([]),
  lines: z.array(lines).max(100).default([]),
  /** Packet relay endpoints, numbered in hex: relay/1 .. relay/a, relay/b, and so on. Not there: there are none. */
  relay: relay.optional(),
  /** Where the fencing epoch and the boots of the SNMP engine survive a restart; not there: they do not. */
  stateFile: z.string().min(1).optional(),
  /** Where the journal survives a restart; not there: it does not, and calls that ended meanwhile may go unbilled. */
  journal: journal.optional(),
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

export const gatewaySchema = gatewaySections.refine(
  ({ snmp: face, stateFile }) => face === undefined || face.users.length === 0 || stateFile !== undefined,
  { path: ["stateFile"], error: "must be there for snmp.users: the starts of the SNMP engine are counted in it" },
);

export type GatewayConfig = z.infer<typeof gatewaySchema>;

/** Section 4.4.6 sends it to the notified entity that is provisioned for the purpose. */
export function announcesRestarts({ restart, lines, notifiedEntity }: GatewayConfig): boolean {
  return restart.announce ?? (lines.length > 0 || notifiedEntity !== undefined);
}

export interface ConfiguredLine {
  readonly line: string;
  readonly number: string;
  readonly phone: { readonly address: string; readonly port: number };
}

/** The lines one by one; a reason when they cannot be counted up or one is there twice. */
export function configuredLines(
  config: GatewayConfig,
): { ok: true; value: ConfiguredLine[] } | { ok: false; reason: string } {
  const all: ConfiguredLine[] = [];
  for (const { first, number, phone, count } of config.lines) {
    const start = parseAddress(phone);
    if (!start.ok) return start;
    const firstIndex = Number(first.slice("aaln/".length));
    for (let index = 0; index < count; index += 1) {
      const address = countUpAddress(start.value.address, index);
      if (address === null) return { ok: false, reason: `lines: ${phone} cannot be counted up by ${index}` };
      all.push({
        line: `aaln/${firstIndex + index}`,
        number: String(Number(number) + index).padStart(number.length, "0"),
        phone: { address, port: start.value.port },
      });
    }
  }
  const seen = new Set<string>();
  for (const { line, number } of all)
    for (const name of [line, number]) {
      if (seen.has(name)) return { ok: false, reason: `lines: ${name} is there twice` };
      seen.add(name);
    }
  return { ok: true, value: all };
}

/** 192.0.2.7 and 3 give 192.0.2.10; only within the last octet, and IPv6 not beyond itself. */
function countUpAddress(address: string, by: number): string | null {
  if (by === 0) return address;
  const parts = address.split(".");
  const last = Number(parts[3]) + by;
  if (parts.length !== 4 || last > 254) return null;
  return [...parts.slice(0, 3), last].join(".");
}
