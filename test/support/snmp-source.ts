/** A snapshot as what the SNMP face answers from: its connections changed in the order in which they stand. */
import type { SnmpSource, TableConnection } from "../../firmware/management/snmp-source.js";
import type { ActiveConnection, GatewaySnapshot } from "../../firmware/protocol/active-connection.js";

export function snmpSourceOf(
  snapshot: (nowMs: number) => GatewaySnapshot,
  more: (connection: ActiveConnection) => Partial<TableConnection> = () => ({}),
): SnmpSource {
  return {
    counter: () => snapshot(0).counter ?? 0,
    moment: (nowMs) => {
      const { gateway, bootId, counter, upMs, epoch, heard, connections } = snapshot(nowMs);
      const changed = connections.map((connection, index) => ({ counter: index + 1, describe: () => connection }));
      return {
        facts: { gateway, bootId, counter, upMs, epoch, connectionCount: connections.length, goneForgotten: 0 },
        heard,
        connections: () =>
          connections.map((connection) => ({
            connection,
            madeUpMs: 0,
            sender: null,
            receiver: null,
            ...more(connection),
          })),
        changedBehind: (behind) => changed.filter((one) => one.counter > behind),
        goneBehind: () => [],
      };
    },
  };
}
