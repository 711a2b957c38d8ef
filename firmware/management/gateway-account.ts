/** What a gateway tells of itself at a moment: its boot, one row, or everything. Each face puts it into its own words. */
import type { ActiveConnection, GatewaySnapshot } from "#protocol/active-connection.js";
import type { BootLine } from "#protocol/mgcp/recovery-row.js";
import type { CallControl } from "./call-control.js";
import type { ConnectionRow, ConnectionTable } from "./connection-table.js";
import type { Fencing } from "./fencing.js";
import type { Journal } from "./journal.js";

export interface GatewayAccountParts {
  readonly table: ConnectionTable;
  readonly journal: Journal;
  readonly fencing: Fencing;
  readonly control: CallControl;
  /** Who is told of this endpoint's events; empty: nobody. */
  readonly notifiedEntity: (endpoint: string) => string;
}

export class GatewayAccount {
  readonly #gateway: string;
  readonly #bootId: string;
  readonly #startedAtMs: number;
  readonly #parts: GatewayAccountParts;

  constructor(gateway: string, bootId: string, startedAtMs: number, parts: GatewayAccountParts) {
    this.#gateway = gateway;
    this.#bootId = bootId;
    this.#startedAtMs = startedAtMs;
    this.#parts = parts;
  }

  boot(nowMs: number): BootLine {
    const { table, fencing } = this.#parts;
    return {
      bootId: this.#bootId,
      counter: table.counter,
      upMs: Math.round(nowMs - this.#startedAtMs),
      epoch: fencing.epoch,
      heard: fencing.heardAgents(nowMs),
    };
  }

  describe(row: ConnectionRow, nowMs: number): ActiveConnection {
    return this.#parts.control.describe(row, this.#parts.notifiedEntity(row.endpoint), nowMs);
  }

  /** Everything an audit can tell at this moment. */
  snapshot(nowMs: number): GatewaySnapshot {
    const { table, journal } = this.#parts;
    return {
      gateway: this.#gateway,
      ...this.boot(nowMs),
      connections: [...table.rows()].map((row) => this.describe(row, nowMs)),
      lineEvents: journal.lineEvents(nowMs),
      ended: journal.endedConnections(nowMs),
    };
  }
}
