/**
 * Every setting of a call server with its bounds. Read once at the door (io/configuration-file.ts); what comes out is
 * the plain value everything below is built from.
 */
import { z } from "zod";
import { type AuditProtocol, auditProtocols } from "#protocol/active-connection.js";
import { isIpLiteral } from "#protocol/address.js";
import { passphraseCharactersMax, passphraseCharactersMin } from "#protocol/snmp/usm-keys.js";

/** A section answers an unknown key with the keys it knows. */
function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = `allowed here: ${Object.keys(shape).join(", ")}`;
  return z.strictObject(shape, { error: (issue) => (issue.code === "unrecognized_keys" ? known : undefined) });
}

const ipAddress = z.string().refine(isIpLiteral, "expected an IPv4 or IPv6 address");
const port = z.int().min(1).max(65_535);
const serverName = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "expected 1 to 64 letters, digits, dots, dashes");
const domain = z.string().regex(/^[A-Za-z0-9.[\]:_-]{1,255}$/, "expected a domain name or [address]");
const ms = (least: number, most: number) => z.int().min(least).max(most);

const lines = section({
  /** Endpoints `<prefix><first>` and on: aaln/1, aaln/2 … */
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9/_-]{1,64}$/, "expected an endpoint prefix like aaln/")
    .default("aaln/"),
  first: z.int().min(0).max(99_999).default(1),
  count: z.int().min(0).max(10_000),
  /** Number of the first line; the next ones count up, keeping its length. */
  firstNumber: z.string().regex(/^[0-9]{1,15}$/, "expected 1 to 15 digits, in quotes"),
});

const passphrase = z.string().min(passphraseCharactersMin).max(passphraseCharactersMax);

const gateway = section({
  domain,
  address: ipAddress,
  mgcpPort: port.default(2427),
  snmp: section({
    port: port.default(161),
    /** v2c. */
    community: z.string().min(1).max(255).optional(),
    /** v3, under authPriv; as authenticationFile and privacyFile the passphrases are copies of the gateway's files. */
    user: section({
      name: z.string().regex(/^[!-9;-~]{1,32}$/, "expected 1 to 32 characters without blanks and colons"),
      authentication: passphrase,
      privacy: passphrase,
    }).optional(),
  })
    .refine(({ community, user }) => (community === undefined) !== (user === undefined), {
      message: "expected community (v2c) or user (v3)",
    })
    .optional(),
  sip: section({
    port: port.default(5060),
    /** For digest authentication, where the gateway does not list this server's address. */
    user: section({ name: z.string().min(1).max(64), secret: z.string().min(8).max(255) }).optional(),
  }).optional(),
  /** How it is polled. */
  poll: z.enum(auditProtocols).default("mgcp"),
  lines,
});

export const callServerSchema = section({
  server: serverName,
  role: z.enum(["primary", "backup"]).default("primary"),
  address: ipAddress,
  mgcpPort: port.default(2727),
  heartbeat: section({
    port: port.default(2728),
    everyMs: ms(50, 60_000).default(500),
    deadAfterMs: ms(200, 600_000).default(2_000),
    /** How long a peer is given that was never heard since our own start. */
    startGraceMs: ms(0, 600_000).default(10_000),
    secret: z.string().min(16, "expected at least 16 characters").max(1_024),
  }).optional(),
  peer: section({
    server: serverName,
    address: ipAddress,
    heartbeatPort: port.default(2728),
    mgcpPort: port.default(2727),
  }).optional(),
  poll: section({
    everyMs: ms(100, 3_600_000).default(5_000),
    inFlightMax: z.int().min(1).max(1_000).default(32),
  }).default({ everyMs: 5_000, inFlightMax: 32 }),
  audit: section({
    via: z
      .union([z.literal("all"), z.enum(auditProtocols), z.array(z.enum(auditProtocols)).min(1)])
      .default("all")
      .transform((via) => (via === "all" ? [...auditProtocols] : typeof via === "string" ? [via] : [...new Set(via)])),
  }).default({ via: [...auditProtocols] }),
  calls: section({
    encodings: z
      .array(
        z
          .string()
          .regex(/^[A-Za-z0-9._-]{1,32}(\/\d{4,6})?$/, "expected an encoding name, or one with its clock: L16/16000"),
      )
      .min(1)
      .default(["PCMA"]),
    ptimeMs: z.int().min(10).max(60).multipleOf(10).default(20),
    dscp: z.int().min(0).max(63).default(46),
    noAnswerMs: ms(1_000, 3_600_000).default(180_000),
    digitsMs: ms(1_000, 600_000).default(16_000),
    max: z.int().min(1).max(100_000).default(10_000),
  }).default({ encodings: ["PCMA"], ptimeMs: 20, dscp: 46, noAnswerMs: 180_000, digitsMs: 16_000, max: 10_000 }),
  store: section({ file: z.string().min(1).max(4_096) }),
  /** Where `holdover calls` and `holdover switchover` reach a running server; beside its store unless told. */
  control: section({ socket: z.string().min(1).max(4_096) }).optional(),
  gateways: z.array(gateway).min(1).max(10_000),
})
  .refine((config) => (config.peer === undefined) === (config.heartbeat === undefined), {
    path: ["peer"],
    message: "expected peer and heartbeat together, or neither for a call server that stands alone",
  })
  .refine((config) => config.role === "primary" || config.peer !== undefined, {
    path: ["role"],
    message: "expected a peer for a backup",
  })
  .refine((config) => config.heartbeat === undefined || config.heartbeat.deadAfterMs >= 2 * config.heartbeat.everyMs, {
    path: ["heartbeat", "deadAfterMs"],
    message: "expected at least twice heartbeat.everyMs",
  })
  .refine(
    (config) => new Set(config.gateways.map(({ domain: name }) => name.toLowerCase())).size === config.gateways.length,
    {
      path: ["gateways"],
      message: "expected each domain once",
    },
  )
  .refine((config) => new Set(config.gateways.map(({ address }) => address)).size === config.gateways.length, {
    path: ["gateways"],
    message: "expected each address once",
  })
  .refine((config) => numbersAreUnique(config.gateways), {
    path: ["gateways"],
    message: "expected each number once in all lines",
  });

/** In the file system of this machine. */
export function controlSocketOf({ control, store }: Pick<CallServerConfig, "control" | "store">): string {
  return control?.socket ?? `${store.file}.control`;
}

export type CallServerConfig = z.output<typeof callServerSchema>;
export type GatewayConfig = CallServerConfig["gateways"][number];

interface NumberedLines {
  readonly domain: string;
  readonly lines: {
    readonly prefix: string;
    readonly first: number;
    readonly count: number;
    readonly firstNumber: string;
  };
}

interface NumberedLine {
  readonly gateway: string;
  readonly endpoint: string;
  readonly number: string;
}

/** The lines of a gateway, written out. */
export function linesOf(config: NumberedLines): NumberedLine[] {
  const { prefix, first, count, firstNumber } = config.lines;
  return Array.from({ length: count }, (_, index) => ({
    gateway: config.domain,
    endpoint: `${prefix}${first + index}`,
    number: String(BigInt(firstNumber) + BigInt(index)).padStart(firstNumber.length, "0"),
  }));
}

function numbersAreUnique(gateways: readonly NumberedLines[]): boolean {
  const numbers = gateways.flatMap(linesOf).map(({ number }) => number);
  return new Set(numbers).size === numbers.length;
}

/** Where a gateway is and how it may be asked (registry/known-gateway). */
export function gatewayPlaceOf({
  domain,
  address,
  mgcpPort,
  poll,
  lines: { prefix, first },
  snmp,
  sip,
}: GatewayConfig) {
  const speaks: AuditProtocol[] = ["mgcp"];
  if (snmp !== undefined) speaks.push("snmp");
  if (sip !== undefined) speaks.push("sip");
  return { domain, address, mgcpPort, poll, firstEndpoint: `${prefix}${first}`, speaks };
}

/** A server without a peer still takes a moment to ask its gateways who is in charge. */
const startMsAlone = 1_000;

export function roleOptionsOf({ server, role: configured, peer, heartbeat }: CallServerConfig) {
  const { everyMs: heartbeatMs = 0, deadAfterMs = startMsAlone } = heartbeat ?? {};
  return { server, configured, peer: peer?.server ?? null, heartbeatMs, deadAfterMs };
}

/** The peer and how it is watched (watch/peer-watch); null for a call server that stands alone. */
export function peerWatchOptionsOf({ server, peer, heartbeat, gateways }: CallServerConfig) {
  if (peer === undefined || heartbeat === undefined) return null;
  const { secret, everyMs: heartbeatMs, deadAfterMs, startGraceMs } = heartbeat;
  const watched = { server: peer.server, heartbeat: { address: peer.address, port: peer.heartbeatPort } };
  const names = gateways.map(({ domain: name }) => name);
  return { server, peer: watched, secret, heartbeatMs, deadAfterMs, startGraceMs, gateways: names };
}
