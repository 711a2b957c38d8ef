/** `holdover audit URI…`: asks gateways what is active, by any of the three protocols, and shows it. */
import { randomInt } from "node:crypto";
import { lookup } from "node:dns/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { complain, durationArgument, parseArguments, usageError } from "#io/command-line.js";
import type { GatewayAudit } from "#protocol/active-connection.js";
import { type Address, isIpLiteral } from "#protocol/address.js";
import { runQuery } from "../io/query-runner.js";
import { compareAudits, type Disagreement } from "../query/agreement.js";
import type { AuditOutcome, AuditQuery } from "../query/audit-query.js";
import { type AuditUri, parseAuditUri } from "../query/audit-uri.js";
import { MgcpQuery } from "../query/mgcp-query.js";
import { type SipCredentials, SipQuery } from "../query/sip-query.js";
import { envelopeOf, type SnmpAccess } from "../query/snmp-access.js";
import { SnmpQuery, snmpQueryDefaults } from "../query/snmp-query.js";
import { type AuditSecrets, readAuditSecrets, secretsHelp } from "./audit-secrets.js";
import { listConnections, mergeConnections } from "./connection-list.js";

/** A gateway is not asked more often than it can be read. */
const watchLeastMs = 100;

interface AuditOptions {
  readonly json?: true;
  readonly watch?: number;
  readonly from?: string;
  readonly authenticationFile?: string;
  readonly privacyFile?: string;
}

interface Answer {
  readonly uri: string;
  readonly tookMs: number;
  readonly outcome: AuditOutcome;
}

const uriHelp = `
A URI says how and whom to ask:
  mgcp://HOST[:2427][/[ENDPOINTS@]DOMAIN]
                                   our recovery package, or AUEP and AUCX one by one
  snmp://COMMUNITY@HOST[:161]      HOLDOVER-MIB by SNMPv2c
  snmpv3://USER@HOST[:161]         the same by SNMPv3, authPriv with SHA-256 and AES-128
  sip://[USER@]HOST[:5060][;transport=tcp]
                                   SUBSCRIBE to the dialog package; over TCP by itself where a datagram is too small
Passphrases never stand on the command line: ${secretsHelp}
Several URIs of one gateway are held against each other. An IPv6 address stands in [brackets].
Exit code: 0 all answered and agree, or a watch was told to end; 1 not so, 2 wrong usage.`;

/** Exit code: 0 all told and agreed, or a watch was told to end, 1 somebody did not answer or answers disagree, 2 wrong usage. */
export async function run(args: readonly string[]): Promise<number> {
  const command = new Command("holdover audit")
    .description("Ask gateways which media connections are active.")
    .addHelpText("after", uriHelp)
    .argument("<uri...>", "whom to ask")
    .option("--json", "one JSON object per round instead of a table")
    .option("--watch <interval>", "ask again and again, e.g. every 5s, 500ms or 1m", durationArgument)
    .option("--from <address>", "send from this local IP address")
    .option("--authentication-file <file>", "SNMPv3 or SIP: the user's passphrase or password")
    .option("--privacy-file <file>", "SNMPv3: the user's privacy passphrase, where it is another")
    .allowExcessArguments(true);
  const wrong = parseArguments(command, args);
  if (wrong !== null) return wrong;
  const options = command.opts<AuditOptions>();
  const uris: { text: string; uri: AuditUri }[] = [];
  for (const text of command.args) {
    const uri = parseAuditUri(text);
    if (!uri.ok) return complain("audit", uri.reason, usageError);
    uris.push({ text, uri: uri.value });
  }
  const everyMs = options.watch ?? null;
  if (everyMs !== null && everyMs < watchLeastMs)
    return complain("audit", `--watch is at least ${watchLeastMs}ms`, usageError);
  if (options.from !== undefined && !isIpLiteral(options.from)) {
    return complain("audit", `--from ${options.from} is not an IP address`, usageError);
  }
  const secrets = readAuditSecrets(options);
  if (!secrets.ok) return complain("audit", secrets.reason, usageError);
  const [unasked] = uris.filter(({ uri }) => uri.user !== null && secrets.value.authentication === null);
  if (unasked !== undefined) return complain("audit", `${unasked.text}: whose passphrase? ${secretsHelp}`, usageError);
  const from = options.from ?? null;
  // A round may be waiting for a gateway that is gone; who says stop means now.
  if (everyMs !== null)
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
  for (;;) {
    const round = await Promise.all(uris.map(({ text, uri }) => ask(text, uri, from, secrets.value)));
    const exitCode = show(round, options.json === true, everyMs !== null);
    if (everyMs === null) return exitCode;
    await sleep(everyMs);
  }
}

async function ask(text: string, uri: AuditUri, from: string | null, secrets: AuditSecrets): Promise<Answer> {
  const startedAtMs = performance.now();
  const to = await resolve(uri);
  const outcome: AuditOutcome =
    to === null
      ? { ok: false, reason: `${uri.host}: no such host` }
      : await runQuery((local) => queryOf(uri, to, local, secrets), from === null ? null : { address: from }, now, to);
  return { uri: text, tookMs: Math.round(performance.now() - startedAtMs), outcome };
}

/** Null where the name is not known. */
async function resolve(uri: AuditUri): Promise<Address | null> {
  if (isIpLiteral(uri.host)) return { address: uri.host, port: uri.port };
  try {
    return { address: (await lookup(uri.host)).address, port: uri.port };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "ENODATA") return null;
    throw error;
  }
}

function queryOf(uri: AuditUri, to: Address, local: Address, secrets: AuditSecrets): AuditQuery {
  const { gateway, endpoints, transport } = uri;
  switch (uri.protocol) {
    case "mgcp":
      return new MgcpQuery({ gateway, endpoints, to }, random);
    case "snmp":
      return new SnmpQuery(
        { ...snmpQueryDefaults, gateway, to, envelope: envelopeOf(accessOf(uri, secrets), random) },
        random,
      );
    case "sip":
      return new SipQuery({ gateway, to, from: local, transport, credentials: credentialsOf(uri, secrets) }, random);
  }
}

function credentialsOf({ user }: AuditUri, { authentication: password }: AuditSecrets): SipCredentials | null {
  return user === null || password === null ? null : { userName: user, password };
}

function accessOf({ user, community }: AuditUri, { authentication, privacy }: AuditSecrets): SnmpAccess {
  if (user !== null) return { kind: "user", user, authentication, privacy };
  return { kind: "community", community: community ?? "" };
}

function now(): number {
  return performance.now();
}

function random(): number {
  return randomInt(2 ** 32) / 2 ** 32;
}

/** Gives the round's exit code. */
function show(round: readonly Answer[], asJson: boolean, isWatched: boolean): number {
  const audits = round.flatMap(({ outcome }) => (outcome.ok ? [outcome.audit] : []));
  const disagreements = compareAudits(audits);
  if (asJson) {
    const answers = round.map(({ uri, tookMs, outcome }) => ({ uri, tookMs, ...outcome }));
    process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), answers, disagreements })}\n`);
  } else showTable(round, audits, disagreements, isWatched);
  for (const { uri, outcome } of round) if (!outcome.ok) process.stderr.write(`${uri}: ${outcome.reason}\n`);
  return audits.length === round.length && disagreements.length === 0 ? 0 : 1;
}

function showTable(
  round: readonly Answer[],
  audits: readonly GatewayAudit[],
  disagreements: readonly Disagreement[],
  isWatched: boolean,
): void {
  const lines: string[] = [];
  const told = mergeConnections(audits);
  if (told.length > 0) lines.push(...listConnections(told), "");
  for (const { uri, tookMs, outcome } of round) {
    if (!outcome.ok) continue;
    const { audit, cost, notTold } = outcome;
    const price = `${cost.sent} sent, ${cost.received} received, ${cost.octets} octets, ${tookMs} ms`;
    const also = `${audit.lineEvents.length} line events, ${audit.ended.length} ended`;
    const journal = audit.lineEvents.length + audit.ended.length === 0 ? "" : `; journal: ${also}`;
    lines.push(`${uri}: ${audit.connections.length} active${journal} (${price})`);
    if (notTold.length > 0) lines.push(`  not told: ${notTold.join("; ")}`);
  }
  for (const { gateway, connectionId, fact, told } of disagreements) {
    const values = told.map(({ via, value }) => `${via} says ${value}`).join(", ");
    lines.push(`DISAGREEMENT ${gateway} ${connectionId ?? ""} ${fact}: ${values}`);
  }
  if (lines.length === 0) return;
  // A watched table stands at the top of a terminal; in a log each round follows the one before.
  const home = isWatched && process.stdout.isTTY ? "\u001b[H\u001b[2J" : "";
  process.stdout.write(`${home}${lines.join("\n")}\n`);
}
