/**
 * Whether several answers about one gateway agree: the same connections, the same facts wherever both tell (null and
 * empty are "not told"), starts and durations within a second, as the questions were not asked at one instant. Counters
 * and ages of media move on and are not compared.
 */
import {
  type ActiveConnection,
  type AuditProtocol,
  type Coding,
  dscpName,
  type GatewayAudit,
} from "#protocol/active-connection.js";
import { type Address, formatAddress } from "#protocol/address.js";

export interface Disagreement {
  readonly gateway: string;
  /** Null for a fact of the gateway itself. */
  readonly connectionId: string | null;
  readonly fact: string;
  /** One entry per protocol that told, in words. */
  readonly told: readonly { readonly via: AuditProtocol; readonly value: string }[];
}

export const toleranceMs = 1_000;

/** How a fact reads in words; "" where it was not told. */
type Fact = readonly [name: string, read: (connection: ActiveConnection) => string];

const facts: readonly Fact[] = [
  ["call id", (row) => row.callId.toUpperCase()],
  ["endpoint", (row) => row.endpoint.toLowerCase()],
  ["mode", (row) => row.mode],
  ["state", (row) => row.state],
  ["originating device", (row) => row.origin.device],
  ["originating address", (row) => row.origin.address ?? ""],
  ["coding sent", (row) => describeCoding(row.sendCoding)],
  ["coding received", (row) => describeCoding(row.receiveCoding)],
  ["quality of service", (row) => `${dscpName(row.qos.dscp)}, reservation ${row.qos.reservation}`],
  ["local media", (row) => describeAddress(row.localMedia)],
  ["remote media", (row) => describeAddress(row.remoteMedia)],
  ["learnt media", (row) => describeAddress(row.learntMedia)],
  ["notified entity", (row) => row.notifiedEntity.toLowerCase()],
  ["epoch", (row) => (row.epoch === null ? "" : `${row.epoch.number} ${row.epoch.server}`)],
  ["tag", (row) => row.tag],
];

/** Facts in ms that may differ by toleranceMs; null where they were not told. */
const times: readonly (readonly [name: string, read: (connection: ActiveConnection) => number | null])[] = [
  ["started", (row) => row.startedWallMs],
  ["duration", (row) => (row.startedWallMs === null ? null : row.durationMs)],
];

/** Audits of one gateway or of several; those of different gateways are not held against each other. */
export function compareAudits(audits: readonly GatewayAudit[]): Disagreement[] {
  const byGateway = new Map<string, GatewayAudit[]>();
  for (const audit of audits) {
    const key = audit.gateway.toLowerCase();
    byGateway.set(key, [...(byGateway.get(key) ?? []), audit]);
  }
  return [...byGateway.values()].flatMap(compareAnswers);
}

function compareAnswers(audits: readonly GatewayAudit[]): Disagreement[] {
  const [first, second] = audits;
  if (first === undefined || second === undefined) return [];
  const { gateway } = first;
  const tables = audits.map(({ via, connections }) => ({
    via,
    rows: new Map(connections.map((row) => [keyOf(row), row])),
  }));
  const keys = new Set(tables.flatMap(({ rows }) => [...rows.keys()]));
  const disagreements = compareGateways(gateway, audits);
  for (const connectionId of [...keys].sort()) {
    const held = tables.map(({ via, rows }) => ({ via, row: rows.get(connectionId) ?? null }));
    disagreements.push(...compareRows(gateway, connectionId, held));
  }
  return disagreements;
}

function compareGateways(gateway: string, audits: readonly GatewayAudit[]): Disagreement[] {
  const told = [
    ["boot id", (audit: GatewayAudit) => audit.bootId ?? ""],
    ["epoch", (audit: GatewayAudit) => (audit.epoch === null ? "" : `${audit.epoch.number} ${audit.epoch.server}`)],
  ] as const;
  return told.flatMap(([fact, read]) =>
    disagreeing(
      gateway,
      null,
      fact,
      audits.map((audit) => ({ via: audit.via, value: read(audit) })),
      sameText,
    ),
  );
}

type HeldRow = { readonly via: AuditProtocol; readonly row: ActiveConnection | null };

function compareRows(gateway: string, connectionId: string, held: readonly HeldRow[]): Disagreement[] {
  if (held.some(({ row }) => row === null)) {
    const told = held.map(({ via, row }) => ({ via, value: row === null ? "not there" : "there" }));
    return [{ gateway, connectionId, fact: "being active", told }];
  }
  const rows = held.flatMap(({ via, row }) => (row === null ? [] : [{ via, row }]));
  const words = facts.flatMap(([fact, read]) =>
    disagreeing(
      gateway,
      connectionId,
      fact,
      rows.map(({ via, row }) => ({ via, value: read(row) })),
      sameText,
    ),
  );
  const moments = times.flatMap(([fact, read]) =>
    disagreeing(
      gateway,
      connectionId,
      fact,
      rows.map(({ via, row }) => ({ via, value: read(row)?.toString() ?? "" })),
      (a, b) => Math.abs(Number(a) - Number(b)) <= toleranceMs,
    ),
  );
  return [...words, ...moments];
}

function disagreeing(
  gateway: string,
  connectionId: string | null,
  fact: string,
  answers: readonly { readonly via: AuditProtocol; readonly value: string }[],
  agree: (a: string, b: string) => boolean,
): Disagreement[] {
  const told = answers.filter(({ value }) => value !== "");
  const allAgree = told.every((one) => told.every((other) => agree(one.value, other.value)));
  return allAgree ? [] : [{ gateway, connectionId, fact, told }];
}

function sameText(a: string, b: string): boolean {
  return a === b;
}

function keyOf(row: ActiveConnection): string {
  return row.connectionId.toUpperCase();
}

function describeCoding(coding: Coding | null): string {
  if (coding === null) return "";
  return `${coding.encoding}/${coding.clockRateHz} as ${coding.payloadType}, ${coding.ptimeMs} ms`;
}

function describeAddress(address: Address | null): string {
  return address === null ? "" : formatAddress(address);
}
