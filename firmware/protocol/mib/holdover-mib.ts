/**
 * HOLDOVER-MIB as names and numbers: what docs/mib/HOLDOVER-MIB.txt says to people and management stations, said to our
 * own face and query. The columns of the connection table are in connection-columns.ts.
 *
 *     root                            netSnmpPlaypen 2427, or as configured
 *      +-- 0  hoNotifications         notifications.ts
 *      +-- 1  hoObjects
 *      |    +-- 1  hoGateway          scalars: .1.1.N.0
 *      |    +-- 2  hoConnTable        .1.2.1.COLUMN.(characters of the connection id)
 *      |    +-- 3  hoHeardTable       .1.3.1.COLUMN.(characters of the address)
 *      |    +-- 4  hoChangedTable     change-log.ts
 *      |    +-- 5  hoGoneTable        change-log.ts
 *      +-- 2  hoConformance
 */
import type { GatewaySnapshot, HeardAgent } from "../active-connection.js";
import { isIpLiteral } from "../address.js";
import { type ParseResult, parsed, refused } from "../parse-result.js";
import type { Oid } from "../snmp/oid.js";
import type { SnmpValue } from "../snmp/value.js";
import { counter, type Syntax, text, unsigned } from "./textual-convention.js";

/** No enterprise number is ours, so the module stands where Net-SNMP lets anyone play; 2427 is MGCP's port. */
export const holdoverRoot: Oid = [1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 2427];

/** A longer root would leave no room for an index within 128 sub-identifiers. */
export const rootSubIdentifiersMax = 64;

export function scalarsOid(root: Oid): Oid {
  return [...root, 1, 1];
}

export function connectionEntryOid(root: Oid): Oid {
  return [...root, 1, 2, 1];
}

export function heardEntryOid(root: Oid): Oid {
  return [...root, 1, 3, 1];
}

/** The scalars laid flat; null for what is not known, which then has no instance: a GET of it says noSuchInstance. */
export interface GatewayScalars {
  gateway: string | null;
  bootId: string | null;
  counter: number | null;
  upMs: number | null;
  epochNumber: number | null;
  epochServer: string | null;
  connectionCount: number | null;
  goneForgotten: number | null;
}

export interface Scalar {
  readonly number: number;
  readonly name: string;
  readonly write: (values: GatewayScalars) => SnmpValue | null;
  /** Keeps the value, or gives the reason why it cannot. */
  readonly read: (value: SnmpValue, values: GatewayScalars) => string | null;
}

/** Asked for once in each GETBULK of a walk, to see whether the table has changed. */
export const changeCounter = scalar(3, "hoChangeCounter", "counter", counter);

export const gatewayName = scalar(1, "hoGatewayName", "gateway", text);
export const bootId = scalar(2, "hoBootId", "bootId", text);

const epochNumber = scalar(5, "hoEpochNumber", "epochNumber", counter);
const epochServer = scalar(6, "hoEpochServer", "epochServer", text);

/** An agent that has it has hoChangedTable and hoGoneTable too. */
export const goneForgotten = scalar(8, "hoGoneForgotten", "goneForgotten", counter);

export const scalars: readonly Scalar[] = [
  gatewayName,
  bootId,
  changeCounter,
  scalar(4, "hoUpTime", "upMs", counter),
  epochNumber,
  epochServer,
  scalar(7, "hoConnCount", "connectionCount", unsigned()),
  goneForgotten,
];

/** What may be another at each answer, and belongs to the rows in it. */
export const momentScalars: readonly Scalar[] = [bootId, changeCounter, epochNumber, epochServer, goneForgotten];

/** What a gateway says of itself at one moment, beside its tables. */
export interface GatewayFacts extends Pick<GatewaySnapshot, "gateway" | "bootId" | "counter" | "upMs" | "epoch"> {
  readonly connectionCount: number;
  /** Ends of connections up to this value of the counter are not remembered. */
  readonly goneForgotten: number;
}

export function scalarsOf({ epoch, ...facts }: GatewayFacts): GatewayScalars {
  return { ...facts, epochNumber: epoch?.number ?? null, epochServer: epoch?.server ?? null };
}

export function emptyScalars(): GatewayScalars {
  return {
    gateway: null,
    bootId: null,
    counter: null,
    upMs: null,
    epochNumber: null,
    epochServer: null,
    connectionCount: null,
    goneForgotten: null,
  };
}

function scalar<Key extends keyof GatewayScalars>(
  number: number,
  name: string,
  key: Key,
  syntax: Syntax<NonNullable<GatewayScalars[Key]>>,
): Scalar {
  const write = (values: GatewayScalars) => {
    const value = values[key];
    return value === null ? null : syntax.write(value);
  };
  const read = (value: SnmpValue, values: GatewayScalars) => {
    if (isAbsent(value)) return null;
    const result = syntax.read(value);
    if (!result.ok) return `${name}: ${result.reason}`;
    values[key] = result.value;
    return null;
  };
  return { number, name, write, read };
}

/** The exceptions of RFC 3416 section 3, which stand where a value would. */
function isAbsent(value: SnmpValue): boolean {
  return value.type === "noSuchObject" || value.type === "noSuchInstance" || value.type === "endOfMibView";
}

export interface HeardColumn {
  readonly number: number;
  readonly name: string;
  readonly write: (agent: HeardAgent) => SnmpValue;
}

/** Column 1, hoHeardAddress, is the index. */
export const heardAge = {
  number: 2,
  name: "hoHeardAge",
  write: (agent: HeardAgent) => counter.write(agent.ageMs),
  read: counter.read,
};

export const heardColumns: readonly HeardColumn[] = [heardAge];

/** hoHeardAddress as the index (IMPLIED text); null for what is no address. */
export function heardIndex(address: string): Oid | null {
  return isIpLiteral(address) ? [...address].map((character) => character.charCodeAt(0)) : null;
}

export function heardAddressOf(index: Oid): ParseResult<string> {
  const address = index.length <= 45 && index.every((code) => code < 128) ? String.fromCharCode(...index) : "";
  return isIpLiteral(address) ? parsed(address) : refused(`index ${index.slice(0, 48).join(".")} is not an IP address`);
}
