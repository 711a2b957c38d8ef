/** The standard tables, read at the moment at which HOLDOVER-MIB is, tell the same connections in the columns they have. */
import { test } from "@fast-check/vitest";
import { expect } from "vitest";
import { gatewayColumns } from "../../../firmware/management/snmp-tables.js";
import { SnmpView } from "../../../firmware/management/snmp-view.js";
import type { ActiveConnection, GatewaySnapshot } from "../../../firmware/protocol/active-connection.js";
import { callActiveEntryOid } from "../../../firmware/protocol/mib/dial-control-mib.js";
import { holdoverRoot } from "../../../firmware/protocol/mib/holdover-mib.js";
import {
  readTransportOctets,
  rtpSessionEntryOid,
  rtpSessionInverseEntryOid,
} from "../../../firmware/protocol/mib/rtp-mib.js";
import { rtpRcvrEntryOid, rtpSenderEntryOid } from "../../../firmware/protocol/mib/rtp-stream-tables.js";
import { type Oid, startsWith } from "../../../firmware/protocol/snmp/oid.js";
import type { SnmpValue } from "../../../firmware/protocol/snmp/value.js";
import { RtpSessionRows } from "../../../host/query/rtp-session-rows.js";
import { aSnapshot } from "../../support/arbitraries.js";
import { snmpSourceOf } from "../../support/snmp-source.js";
import { streamsOf } from "../../support/table-streams.js";

type Cells = Map<number, SnmpValue>;

/** Rows of a table by the connection they are of: the index's first number, or its last. */
function rowsOf(view: SnmpView, entry: Oid, connectionIn: (index: Oid) => number | undefined): Map<number, Cells> {
  const rows = new Map<number, Cells>();
  for (let next = view.next(entry); next !== null && startsWith(next.name, entry); next = view.next(next.name)) {
    const [column = 0, ...index] = next.name.slice(entry.length);
    const row = connectionIn(index) ?? -1;
    rows.set(row, (rows.get(row) ?? new Map<number, SnmpValue>()).set(column, next.value));
  }
  return rows;
}

function viewOf(snapshot: GatewaySnapshot): SnmpView {
  const source = snmpSourceOf(() => snapshot, streamsOf);
  return new SnmpView(gatewayColumns(holdoverRoot, source.moment(0), false));
}

/** Snapshots whose ids are those a gateway of ours makes: 31 bits in eight digits. */
const aGateway = aSnapshot().map((snapshot) => ({
  ...snapshot,
  connections: snapshot.connections.map((connection, place) => {
    const id = ((place + 1) * 0x1234_5671) % 0x8000_0000;
    return { ...connection, connectionId: id.toString(16).toUpperCase().padStart(8, "0") };
  }),
}));

function indexed({ connections }: GatewaySnapshot): [index: number, ActiveConnection][] {
  return connections.map((connection) => [Number.parseInt(connection.connectionId, 16), connection]);
}

const number = (value: SnmpValue | undefined) => (value !== undefined && "value" in value ? Number(value.value) : null);
const words = (value: SnmpValue | undefined) =>
  value?.type === "octets" ? Buffer.from(value.value).toString() : undefined;
const capped = (count: number) => Math.min(count, 2 ** 32 - 1);
const first = ([index]: Oid) => index;
const last = (index: Oid) => index.at(-1);

test.prop([aGateway], { numRuns: 60 })("callActiveTable has every connection and counts what it counts", (snapshot) => {
  const rows = rowsOf(viewOf(snapshot), callActiveEntryOid, last);
  const upMs = snapshot.upMs ?? 0;
  for (const [index, { statistics, state, durationMs, startedWallMs }] of indexed(snapshot)) {
    const row = rows.get(index);
    const counts = [13, 14, 15, 16].map((column) => number(row?.get(column)));
    const { packetsSent, octetsSent, packetsReceived, octetsReceived } = statistics;
    expect(counts).toEqual([packetsSent, octetsSent, packetsReceived, octetsReceived].map(capped));
    expect(number(row?.get(9)) === 4).toBe(state !== "setting-up");
    if (startedWallMs === null) expect(number(row?.get(8))).toBe(0);
    else if (upMs >= durationMs && upMs < 2 ** 32 * 10)
      expect(Math.abs(upMs - durationMs - 10 * (number(row?.get(8)) ?? 0))).toBeLessThan(1_000);
  }
});

test.prop([aGateway], { numRuns: 60 })(
  "callActiveTable names who called where that is known, and nobody else",
  (snapshot) => {
    const rows = rowsOf(viewOf(snapshot), callActiveEntryOid, last);
    for (const [index, { origin }] of indexed(snapshot)) {
      const row = rows.get(index);
      const isKnown = origin.device !== "" && origin.device !== "unknown";
      expect(number(row?.get(10))).toBe(isKnown ? (origin.from === "line" ? 1 : 2) : null);
      expect(words(row?.get(3))).toBe(isKnown && origin.from !== "line" ? origin.device : "");
    }
  },
);

test.prop([aGateway], { numRuns: 60 })("RTP-MIB has the same addresses and counts, session by session", (snapshot) => {
  const view = viewOf(snapshot);
  const [sessions, inverse] = [rowsOf(view, rtpSessionEntryOid, first), rowsOf(view, rtpSessionInverseEntryOid, last)];
  const [senders, receivers] = [rowsOf(view, rtpSenderEntryOid, first), rowsOf(view, rtpRcvrEntryOid, first)];
  for (const [index, { localMedia, remoteMedia, statistics }] of indexed(snapshot)) {
    const session = sessions.get(index);
    expect([session !== undefined, inverse.has(index)]).toEqual(
      Array(2).fill(localMedia !== null && remoteMedia !== null),
    );
    if (session !== undefined) {
      const [remote, local] = [3, 4].map((column) => readTransportOctets(session.get(column) ?? { type: "null" }));
      expect([remote, local]).toEqual([remoteMedia, localMedia].map((value) => ({ ok: true, value })));
      expect(inverse.get(index)?.get(1)).toEqual(session.get(9));
    }
    expect([senders.has(index), receivers.has(index)]).toEqual(Array(2).fill(localMedia !== null));
    if (localMedia === null) continue;
    const [sender, receiver] = [senders.get(index), receivers.get(index)];
    expect([4, 5].map((column) => number(sender?.get(column)))).toEqual([
      statistics.packetsSent,
      statistics.octetsSent,
    ]);
    expect([12, 13, 6].map((column) => number(receiver?.get(column)))).toEqual([
      statistics.packetsReceived,
      statistics.octetsReceived,
      statistics.packetsLost,
    ]);
    expect(receiver?.has(7)).toBe(statistics.jitterMs !== null);
    expect(receiver?.has(10)).toBe(false);
  }
});

test.prop([aGateway], { numRuns: 30 })(
  "what is read from RTP-MIB alone agrees with HOLDOVER-MIB where both tell",
  (snapshot) => {
    const rows = new RtpSessionRows(1_000);
    const view = viewOf(snapshot);
    for (const { oid, keep } of rows.columns()) {
      for (let next = view.next(oid); next !== null && startsWith(next.name, oid); next = view.next(next.name))
        expect(keep(next.name.slice(oid.length), next.value)).toBeNull();
    }
    const told = new Map(
      rows.connections(snapshot.gateway, (snapshot.upMs ?? 0) / 10).map((row) => [row.connectionId, row]),
    );
    for (const [, { connectionId, localMedia, remoteMedia }] of indexed(snapshot)) {
      const row = told.get(connectionId);
      if (localMedia !== null && remoteMedia !== null) expect(row).toMatchObject({ localMedia, remoteMedia });
      else expect(row).toBeUndefined();
    }
  },
);
