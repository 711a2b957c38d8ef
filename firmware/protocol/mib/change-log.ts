/**
 * hoChangedTable and hoGoneTable of HOLDOVER-MIB: the connections in the order of their last change, and those that
 * ended, by the change counter. Who knows the gateway's state up to a counter reads from there on, and who knows nothing
 * from 0; each row is one variable. The counter has 53 bits and an index 32, so it stands there as two numbers.
 *
 *     hoChangedEntry .1.4.1 . COLUMN . (counter >> 32) . (counter & 0xffffffff)
 *     hoGoneEntry    .1.5.1 . COLUMN . (counter >> 32) . (counter & 0xffffffff)
 *
 * A record is the line x-ho/R of an audit by MGCP (mgcp/recovery-row.ts). Its tag is there only for who asks under
 * authPriv.
 */
import type { ActiveConnection } from "../active-connection.js";
import { readConnectionLine, writeConnectionLine } from "../mgcp/recovery-row.js";
import { type ParseResult, refused } from "../parse-result.js";
import type { Oid } from "../snmp/oid.js";
import type { SnmpValue } from "../snmp/value.js";
import { text } from "./textual-convention.js";

export function changedEntryOid(root: Oid): Oid {
  return [...root, 1, 4, 1];
}

export function goneEntryOid(root: Oid): Oid {
  return [...root, 1, 5, 1];
}

export interface ChangedColumn {
  readonly number: number;
  readonly name: string;
  readonly write: (connection: ActiveConnection, tellsTags: boolean) => SnmpValue;
}

export const changedRecord = {
  number: 4,
  name: "hoChangedRecord",
  write: (connection: ActiveConnection, tellsTags: boolean): SnmpValue => ({
    type: "octets",
    value: encoder.encode(writeConnectionLine(tellsTags ? connection : { ...connection, tag: "" })),
  }),
} as const satisfies ChangedColumn;

/** Columns 1 and 2 are the index. */
export const changedColumns: readonly ChangedColumn[] = [
  { number: 3, name: "hoChangedConnId", write: ({ connectionId }) => text.write(connectionId) },
  changedRecord,
];

/** Columns 1 and 2 are the index. */
export const goneConnId = { number: 3, name: "hoGoneConnId", write: text.write } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8");

/** Above it a record is refused unread: a datagram holds no more. */
const recordOctetsMax = 8_192;

/** `gateway` is what it calls itself; the record does not repeat it. */
export function readRecord(gateway: string, value: SnmpValue): ParseResult<ActiveConnection> {
  if (value.type !== "octets") return refused(`${value.type} where a record should be`);
  if (value.value.length > recordOctetsMax) return refused(`a record of ${value.value.length} octets`);
  return readConnectionLine(gateway, decoder.decode(value.value));
}

const lowHalf = 2 ** 32;

export function counterIndex(counter: number): Oid {
  return [Math.floor(counter / lowHalf), counter % lowHalf];
}

/** Null for what is no index of these tables. */
export function counterOf(index: Oid): number | null {
  const [high, low] = index;
  if (high === undefined || low === undefined || index.length !== 2) return null;
  const counter = high * lowHalf + low;
  return counter <= Number.MAX_SAFE_INTEGER ? counter : null;
}

/** The highest counter whose index does not come after this one, whatever it is: the first row behind it is the next. */
export function counterUpTo(index: Oid): number {
  const [high, low] = index;
  if (high === undefined) return 0;
  const counter = high * lowHalf + (low ?? -1);
  return Math.min(Math.max(0, counter), Number.MAX_SAFE_INTEGER);
}
