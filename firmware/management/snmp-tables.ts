/** A gateway's snapshot laid out as the variables of the system group, RTP-MIB and HOLDOVER-MIB: the columns of an SnmpView. */
import type { GatewaySnapshot } from "#protocol/active-connection.js";
import { connectionColumns } from "#protocol/mib/connection-columns.js";
import { type ConnectionRow, connectionIndex, rowOf } from "#protocol/mib/connection-row.js";
import {
  connectionEntryOid,
  heardColumns,
  heardEntryOid,
  heardIndex,
  scalars,
  scalarsOf,
  scalarsOid,
} from "#protocol/mib/holdover-mib.js";
import { rtpSessionColumns, rtpSessionEntryOid, rtpSessionIndex, rtpSessionOf } from "#protocol/mib/rtp-mib.js";
import { systemObjects, systemOid } from "#protocol/mib/system-group.js";
import { compareOids, type Oid } from "#protocol/snmp/oid.js";
import type { SnmpValue } from "#protocol/snmp/value.js";
import type { ViewColumn } from "./snmp-view.js";

export function gatewayColumns(root: Oid, snapshot: GatewaySnapshot): ViewColumn[] {
  const values = scalarsOf(snapshot);
  return [
    ...systemObjects.map(({ number, write }) => scalarColumn([...systemOid, number], write(snapshot, root))),
    ...scalars.map(({ number, write }) => scalarColumn([...scalarsOid(root), number], write(values))),
    ...rtpSessionTable(snapshot),
    ...connectionTable(connectionEntryOid(root), snapshot),
    ...heardTable(heardEntryOid(root), snapshot),
  ];
}

/** A scalar without a value is a column without an instance. */
function scalarColumn(oid: Oid, value: SnmpValue | null): ViewColumn {
  return { oid, indexes: value === null ? [] : [[0]], read: () => value ?? { type: "null" } };
}

function connectionTable(entry: Oid, snapshot: GatewaySnapshot): ViewColumn[] {
  const { indexes, items } = sortedByIndex(snapshot.connections, (connection) =>
    connectionIndex(connection.connectionId),
  );
  const rows: ConnectionRow[] = [];
  const row = (place: number): ConnectionRow | null => {
    const item = items[place];
    if (rows[place] === undefined && item !== undefined) rows[place] = rowOf(item);
    return rows[place] ?? null;
  };
  return connectionColumns.map(({ number, write }) => ({
    oid: [...entry, number],
    indexes,
    read: (place) => cellOf(row(place), write),
  }));
}

function rtpSessionTable({ connections, upMs }: GatewaySnapshot): ViewColumn[] {
  const { indexes, items } = sortedByIndex(connections, (connection) => {
    const hasSession = rtpSessionOf(connection, upMs ?? 0) !== null;
    return hasSession ? rtpSessionIndex(connection.connectionId) : null;
  });
  return rtpSessionColumns.map(({ number, write }) => ({
    oid: [...rtpSessionEntryOid, number],
    indexes,
    read: (place) => {
      const connection = items[place];
      return cellOf(connection === undefined ? null : rtpSessionOf(connection, upMs ?? 0), write);
    },
  }));
}

function heardTable(entry: Oid, snapshot: GatewaySnapshot): ViewColumn[] {
  const { indexes, items } = sortedByIndex(snapshot.heard, (agent) => heardIndex(agent.address));
  return heardColumns.map(({ number, write }) => ({
    oid: [...entry, number],
    indexes,
    read: (place) => cellOf(items[place] ?? null, write),
  }));
}

/** Items that have an index, in its order; of two with the same index the first stays. */
function sortedByIndex<T>(items: readonly T[], indexOf: (item: T) => Oid | null): { indexes: Oid[]; items: T[] } {
  const pairs: { index: Oid; item: T }[] = [];
  for (const item of items) {
    const index = indexOf(item);
    if (index !== null) pairs.push({ index, item });
  }
  pairs.sort((a, b) => compareOids(a.index, b.index));
  const kept = pairs.filter(({ index }, place) => compareOids(index, pairs[place - 1]?.index ?? []) !== 0);
  return { indexes: kept.map(({ index }) => index), items: kept.map(({ item }) => item) };
}

function cellOf<T>(item: T | null, write: (item: T) => SnmpValue): SnmpValue {
  return item === null ? { type: "null" } : write(item);
}
