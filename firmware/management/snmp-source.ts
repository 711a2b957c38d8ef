/** What the SNMP face answers from: the gateway as it is when it is asked. Tables are made only where somebody asks for them. */
import type { ActiveConnection, HeardAgent } from "#protocol/active-connection.js";
import type { PlacedConnection } from "#protocol/mgcp/recovery-page.js";
import type { BootLine } from "#protocol/mgcp/recovery-row.js";
import type { GatewayFacts } from "#protocol/mib/holdover-mib.js";
import type { ConnectionRow, ConnectionTable } from "./connection-table.js";
import type { Counted } from "./counter-log.js";

export interface SnmpSource {
  /** The change counter alone, cheaply: a moment is not kept across a change. */
  readonly counter: () => number;
  readonly moment: (nowMs: number) => SnmpMoment;
}

/** The gateway at one moment. What is read of it while its change counter stands still belongs together. */
export interface SnmpMoment {
  readonly facts: GatewayFacts;
  readonly heard: readonly HeardAgent[];
  readonly connections: () => readonly ActiveConnection[];
  /** In the order of their last change, those changed after this value of the counter. */
  readonly changedBehind: (counter: number) => Iterable<Pick<PlacedConnection, "counter" | "describe">>;
  readonly goneBehind: (counter: number) => Iterable<Counted<string>>;
}

export interface SnmpSourceParts {
  readonly gateway: string;
  readonly table: ConnectionTable;
  readonly boot: (nowMs: number) => BootLine;
  readonly describe: (row: ConnectionRow, nowMs: number) => ActiveConnection;
}

export function snmpSource({ gateway, table, boot, describe }: SnmpSourceParts): SnmpSource {
  return {
    counter: () => table.counter,
    moment: (nowMs) => {
      const { heard, ...ofBoot } = boot(nowMs);
      const { size: connectionCount, goneForgottenUpTo: goneForgotten } = table;
      return {
        facts: { gateway, ...ofBoot, connectionCount, goneForgotten },
        heard,
        connections: () => [...table.rows()].map((row) => describe(row, nowMs)),
        *changedBehind(behind) {
          for (const { counter, value } of table.changedBehind(behind))
            yield { counter, describe: () => describe(value, nowMs) };
        },
        goneBehind: (behind) => table.goneBehind(behind),
      };
    },
  };
}
