/** A gateway laid out as the variables of the standard MIBs and HOLDOVER-MIB: the columns of an SnmpView. */
import type { ActiveConnection } from "#protocol/active-connection.js";
import {
  changedColumns,
  changedEntryOid,
  counterIndex,
  counterOf,
  counterUpTo,
  goneConnId,
  goneEntryOid,
} from "#protocol/mib/change-log.js";
import { connectionColumns } from "#protocol/mib/connection-columns.js";
import { connectionIndex, rowOf } from "#protocol/mib/connection-row.js";
import {
  type ActiveCall,
  callActiveColumns,
  callActiveEntryOid,
  callActiveIndex,
} from "#protocol/mib/dial-control-mib.js";
import {
  connectionEntryOid,
  heardColumns,
  heardEntryOid,
  heardIndex,
  scalars,
  scalarsOf,
  scalarsOid,
} from "#protocol/mib/holdover-mib.js";
import {
  type RtpSession,
  rtpSessionColumns,
  rtpSessionEntryOid,
  rtpSessionIndex,
  rtpSessionInverseEntryOid,
  rtpSessionInverseIndex,
  rtpSessionInverseStartTime,
  rtpSessionOf,
} from "#protocol/mib/rtp-mib.js";
import {
  rtpRcvrColumns,
  rtpRcvrEntryOid,
  rtpSenderColumns,
  rtpSenderEntryOid,
} from "#protocol/mib/rtp-stream-tables.js";
import { systemObjects, systemOid } from "#protocol/mib/system-group.js";
import { compareOids, type Oid } from "#protocol/snmp/oid.js";
import type { SnmpValue } from "#protocol/snmp/value.js";
import type { Counted } from "./counter-log.js";
import type { SnmpMoment, TableConnection } from "./snmp-source.js";
import { sortedColumn, type ViewColumn } from "./snmp-view.js";

/** `isPrivate`: for who asks under authPriv, and so may be told tags. */
export function gatewayColumns(root: Oid, moment: SnmpMoment, isPrivate: boolean): ViewColumn[] {
  const { facts, heard } = moment;
  const values = scalarsOf(facts);
  const connections = once(moment.connections);
  const shownColumns = connectionColumns.filter((column) => isPrivate || !column.isPrivate);
  return [
    ...systemObjects.map(({ number, write }) => scalarColumn([...systemOid, number], write(facts, root))),
    ...scalars.map(({ number, write }) => scalarColumn([...scalarsOid(root), number], write(values))),
    ...standardTables(connections, facts.upMs ?? 0),
    ...table(connectionEntryOid(root), shownColumns, () =>
      connections().map(({ connection }) => {
        return { index: connectionIndex(connection.connectionId), item: rowOf(connection) };
      }),
    ),
    ...table(heardEntryOid(root), heardColumns, () =>
      heard.map((agent) => ({ index: heardIndex(agent.address), item: agent })),
    ),
    ...changedTable(changedEntryOid(root), moment, isPrivate),
    logColumn([...goneEntryOid(root), goneConnId.number], moment.goneBehind, goneConnId.write),
  ];
}

/** A scalar without a value is a column without an instance. */
function scalarColumn(oid: Oid, value: SnmpValue | null): ViewColumn {
  return sortedColumn(oid, () => ({ indexes: value === null ? [] : [[0]], read: () => value }));
}

/** RTP-MIB (RFC 2959) and DIAL-CONTROL-MIB (RFC 2128). */
function standardTables(connections: () => readonly TableConnection[], upMs: number): ViewColumn[] {
  const sessions = once(() => rtpSessions(connections(), upMs));
  const ofSession = ({ connection }: TableConnection, ...more: readonly number[]): Oid | null => {
    const index = rtpSessionIndex(connection.connectionId);
    return index === null ? null : [...index, ...more];
  };
  const senders = () =>
    connections().flatMap((row) => {
      const { sender } = row;
      return sender === null ? [] : [{ index: ofSession(row, sender.ssrc), item: sender }];
    });
  const receivers = () =>
    connections().flatMap((row) => {
      const { receiver } = row;
      return receiver === null ? [] : [{ index: ofSession(row, receiver.sourceSsrc, receiver.ssrc), item: receiver }];
    });
  return [
    ...table(callActiveEntryOid, callActiveColumns, () => connections().map((row) => activeCall(row, upMs))),
    ...table(rtpSessionInverseEntryOid, [rtpSessionInverseStartTime], () =>
      sessions().map(({ index, item }) => {
        return { index: index === null ? null : rtpSessionInverseIndex(item, index), item };
      }),
    ),
    ...table(rtpSessionEntryOid, rtpSessionColumns, sessions),
    ...table(rtpSenderEntryOid, rtpSenderColumns, senders),
    ...table(rtpRcvrEntryOid, rtpRcvrColumns, receivers),
  ];
}

function rtpSessions(connections: readonly TableConnection[], upMs: number): Indexed<RtpSession>[] {
  return connections.flatMap(({ connection }) => {
    const session = rtpSessionOf(connection, upMs);
    return session === null ? [] : [{ index: rtpSessionIndex(connection.connectionId), item: session }];
  });
}

function activeCall({ connection, madeUpMs }: TableConnection, upMs: number): Indexed<ActiveCall> {
  const { startedWallMs, durationMs } = connection;
  const connectedUpMs = startedWallMs === null ? null : Math.max(0, upMs - durationMs);
  const item = { connection, madeUpMs, connectedUpMs };
  return { index: callActiveIndex(item), item };
}

/** Only what is asked for is described. */
function changedTable(entry: Oid, { changedBehind }: SnmpMoment, isPrivate: boolean): ViewColumn[] {
  function* rowsBehind(counter: number): Generator<Counted<() => ActiveConnection>> {
    for (const { counter: at, describe } of changedBehind(counter)) yield { counter: at, value: describe };
  }
  return changedColumns.map(({ number, write }) =>
    logColumn([...entry, number], rowsBehind, (describe) => write(describe(), isPrivate)),
  );
}

/** A column of a log, whose index is the change counter. */
function logColumn<T>(
  oid: Oid,
  behind: (counter: number) => Iterable<Counted<T>>,
  write: (value: T) => SnmpValue,
): ViewColumn {
  const firstBehind = (counter: number): Counted<T> | null => {
    for (const first of behind(counter)) return first;
    return null;
  };
  return {
    oid,
    get: (index) => {
      const counter = counterOf(index);
      const found = counter === null || counter === 0 ? null : firstBehind(counter - 1);
      return found === null || found.counter !== counter ? null : write(found.value);
    },
    next: (index) => {
      const found = firstBehind(counterUpTo(index));
      return found === null ? null : { index: counterIndex(found.counter), value: write(found.value) };
    },
  };
}

interface Indexed<Item> {
  /** Null: it has no place in the table. */
  readonly index: Oid | null;
  readonly item: Item;
}

interface TableColumn<Item> {
  readonly number: number;
  /** Null: this row has no instance in the column. */
  readonly write: (item: Item) => SnmpValue | null;
}

/** Items that have an index, in its order; of two with the same index the first stays. */
function table<Item>(
  entry: Oid,
  columns: readonly TableColumn<Item>[],
  rows: () => readonly Indexed<Item>[],
): ViewColumn[] {
  const sorted = once(() => {
    const pairs = rows().flatMap(({ index, item }) => (index === null ? [] : [{ index, item }]));
    pairs.sort((a, b) => compareOids(a.index, b.index));
    const kept = pairs.filter(({ index }, place) => compareOids(index, pairs[place - 1]?.index ?? []) !== 0);
    return { indexes: kept.map(({ index }) => index), items: kept.map(({ item }) => item) };
  });
  return columns.map(({ number, write }) =>
    sortedColumn([...entry, number], () => {
      const { indexes, items } = sorted();
      const read = (place: number) => {
        const item = items[place];
        return item === undefined ? null : write(item);
      };
      return { indexes, read };
    }),
  );
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
