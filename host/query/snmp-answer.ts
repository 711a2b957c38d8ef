/** What an audit over SNMP ends with: the gateway's facts and rows as an audit, and in words what it could not be told. */
import type { GatewayAudit } from "#protocol/active-connection.js";
import { type GatewayScalars, heardAge } from "#protocol/mib/holdover-mib.js";
import type { RtpSessionRows } from "./rtp-session-rows.js";
import { notInRtpMib } from "./rtp-session-rows.js";
import type { SnmpChanges } from "./snmp-changes.js";
import type { SnmpRows } from "./snmp-rows.js";
import type { SnmpWalk } from "./snmp-walk.js";

/** A gateway that told its name, and its scalars when the audit began. */
export interface KnownGateway {
  readonly gateway: string;
  readonly values: GatewayScalars;
}

export interface SnmpAnswer {
  readonly audit: GatewayAudit;
  readonly notTold: readonly string[];
}

const neverTold = ["line events", "ended connections"];
const toldInPrivate = "tags (by SNMP under authPriv only)";
const nothingElse = { lineEvents: [], ended: [] } as const;

/** Nothing changed since the record that is there. */
export function unchangedAnswer(known: KnownGateway, isPrivate: boolean): SnmpAnswer {
  const { counter } = known.values;
  const since = counter === null ? {} : { since: counter, gone: [] };
  const audit = { ...factsOf(known), ...nothingElse, heard: [], connections: [], ...since };
  return { audit, notTold: notToldOf(isPrivate) };
}

/** `since`: from where on changes are told; null: everything is. */
export function changesAnswer(
  { gateway }: KnownGateway,
  since: number | null,
  changes: SnmpChanges,
  { heard }: SnmpRows,
  isPrivate: boolean,
): SnmpAnswer {
  const facts = factsOf({ gateway, values: changes.values });
  const audit = { ...facts, ...nothingElse, heard, connections: changes.connections() };
  const whole = since === null ? audit : { ...audit, since, gone: changes.gone() };
  return { audit: whole, notTold: notToldOf(isPrivate) };
}

/** `movedIn`: so many walks, during each of which the table changed; 0: it is of one moment. */
export function columnsAnswer(
  known: KnownGateway,
  walk: SnmpWalk,
  rows: SnmpRows,
  movedIn: number,
  isPrivate: boolean,
): SnmpAnswer {
  const missing = walk.emptyColumns.filter((name) => name !== heardAge.name);
  const connections = rows.connections(known.gateway, rows.connectionCells - missing.length);
  const notTold = connections.length === 0 ? [] : missing.map((name) => `the column ${name}`);
  if (known.values.counter === null) notTold.push("whether the table changed while it was read");
  if (movedIn > 0) notTold.push(`a table of one moment: it changed during each of ${movedIn} walks`);
  const audit = { ...factsOf(known), ...nothingElse, heard: rows.heard, connections };
  return { audit, notTold: [...notToldOf(isPrivate), ...notTold] };
}

/** Of an agent without HOLDOVER-MIB. */
export function sessionsAnswer({ gateway, values: { upMs } }: KnownGateway, rows: RtpSessionRows): SnmpAnswer {
  const connections = rows.connections(gateway, upMs === null ? null : upMs / 10);
  const nothing = { bootId: null, counter: null, epoch: null, heard: [], ...nothingElse };
  const audit: GatewayAudit = { gateway, via: "snmp", upMs, ...nothing, connections };
  return { audit, notTold: [...notInRtpMib, "tags", ...neverTold] };
}

function notToldOf(isPrivate: boolean): readonly string[] {
  return isPrivate ? neverTold : [toldInPrivate, ...neverTold];
}

function factsOf({ gateway, values: { bootId, counter, upMs, epochNumber, epochServer } }: KnownGateway) {
  const epoch = epochNumber === null || epochServer === null ? null : { number: epochNumber, server: epochServer };
  return { gateway, via: "snmp", bootId, counter, upMs, epoch } as const;
}
