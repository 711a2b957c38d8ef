/**
 * The notifications of HOLDOVER-MIB, as docs/mib/HOLDOVER-MIB.txt has them: what they are called and which variables they
 * carry, after the two that every notification begins with (RFC 3416 section 4.2.6). Who is told is snmp-notifier.ts.
 */
import type { ActiveConnection } from "../active-connection.js";
import type { Oid } from "../snmp/oid.js";
import type { VariableBinding } from "../snmp/pdu.js";
import { connectionColumns } from "./connection-columns.js";
import { connectionIndex, rowOf } from "./connection-row.js";
import { bootId, connectionEntryOid, gatewayName, scalarsOid } from "./holdover-mib.js";
import { sysUpTimeOid } from "./system-group.js";
import { text } from "./textual-convention.js";

export const snmpTrapOid: Oid = [1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0];

interface ConnectionNotification {
  readonly number: number;
  /** Columns of hoConnTable, in the order in which they are carried. */
  readonly columns: readonly string[];
}

const facts = ["hoConnOriginDevice", "hoConnOriginAddress", "hoConnCallId", "hoConnEndpoint"];

export const connectionNotifications = {
  hoConnectionStarted: { number: 1, columns: [...facts, "hoConnSendCoding", "hoConnDscpName", "hoConnStartedMs"] },
  hoConnectionEnded: { number: 2, columns: [...facts, "hoConnStartedMs", "hoConnDuration"] },
} as const satisfies Record<string, ConnectionNotification>;
export type ConnectionNotificationName = keyof typeof connectionNotifications;

export const gatewayRestarted = { number: 3 } as const;

/** Null: the connection has no index in the table. */
export function connectionNotification(
  name: ConnectionNotificationName,
  connection: ActiveConnection,
  root: Oid,
  upMs: number,
): readonly VariableBinding[] | null {
  const index = connectionIndex(connection.connectionId);
  if (index === null) return null;
  const { number, columns } = connectionNotifications[name];
  const row = rowOf(connection);
  const cells = columns.flatMap((wanted) => {
    const column = connectionColumns.find((known) => known.name === wanted);
    if (column === undefined) return [];
    return [{ name: [...connectionEntryOid(root), column.number, ...index], value: column.write(row) }];
  });
  return [...beginning(number, root, upMs), ...cells];
}

export function restartNotification(
  gateway: string,
  boot: string,
  root: Oid,
  upMs: number,
): readonly VariableBinding[] {
  const scalar = ({ number }: { readonly number: number }): Oid => [...scalarsOid(root), number, 0];
  return [
    ...beginning(gatewayRestarted.number, root, upMs),
    { name: scalar(gatewayName), value: text.write(gateway) },
    { name: scalar(bootId), value: text.write(boot) },
  ];
}

function beginning(number: number, root: Oid, upMs: number): VariableBinding[] {
  return [
    { name: sysUpTimeOid, value: { type: "ticks", value: Math.floor(upMs / 10) % 2 ** 32 } },
    { name: snmpTrapOid, value: { type: "oid", value: [...root, 0, number] } },
  ];
}
