/** Rows of HOLDOVER-MIB's tables, put together from cells that come column by column in any order. */
import type { ActiveConnection, HeardAgent } from "#protocol/active-connection.js";
import { type ConnectionColumn, connectionColumns } from "#protocol/mib/connection-columns.js";
import { type ConnectionRow, connectionIdOf, connectionOf, emptyRow } from "#protocol/mib/connection-row.js";
import { connectionEntryOid, heardAddressOf, heardAge, heardEntryOid } from "#protocol/mib/holdover-mib.js";
import type { Oid } from "#protocol/snmp/oid.js";
import type { SnmpValue } from "#protocol/snmp/value.js";
import type { WalkedColumn } from "./snmp-walk.js";

interface PartRow {
  readonly row: ConnectionRow;
  cells: number;
}

export class SnmpRows {
  readonly #rowsMax: number;
  readonly #readColumns: readonly ConnectionColumn[];
  readonly #connections = new Map<string, PartRow>();
  readonly #heard: HeardAgent[] = [];

  /** isPrivate: asked under authPriv. */
  constructor(rowsMax: number, isPrivate: boolean) {
    this.#rowsMax = rowsMax;
    // Columns made for people are left out: another says the same exactly.
    this.#readColumns = connectionColumns.filter((column) => column.read !== null && (isPrivate || !column.isPrivate));
  }

  /** What to walk so that the rows fill. */
  columns(root: Oid): WalkedColumn[] {
    const entry = connectionEntryOid(root);
    const columns = this.#readColumns.map((column): WalkedColumn => {
      const keep = (index: Oid, value: SnmpValue) => this.#keepCell(index, (row) => column.read?.(value, row) ?? null);
      return { name: column.name, oid: [...entry, column.number], keep };
    });
    return [...columns, this.heardColumn(root)];
  }

  heardColumn(root: Oid): WalkedColumn {
    const oid = [...heardEntryOid(root), heardAge.number];
    return { name: heardAge.name, oid, keep: (index, value) => this.#keepHeard(index, value) };
  }

  /** How many cells a row has that is whole. */
  get connectionCells(): number {
    return this.#readColumns.length;
  }

  get heard(): readonly HeardAgent[] {
    return this.#heard;
  }

  /** Rows that have all these many cells, in the order of their ids; a row that came or went during the walk has fewer. */
  connections(gateway: string, cellsWanted: number): ActiveConnection[] {
    return [...this.#connections]
      .filter(([, part]) => part.cells === cellsWanted)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([connectionId, part]) => connectionOf(part.row, gateway, connectionId));
  }

  #keepCell(index: Oid, read: (row: ConnectionRow) => string | null): string | null {
    const id = connectionIdOf(index);
    if (!id.ok) return id.reason;
    const part = this.#connections.get(id.value) ?? { row: emptyRow(), cells: 0 };
    if (part.cells === 0 && this.#connections.size >= this.#rowsMax) return `more than ${this.#rowsMax} connections`;
    this.#connections.set(id.value, part);
    part.cells += 1;
    const fault = read(part.row);
    return fault === null ? null : `connection ${id.value}: ${fault}`;
  }

  #keepHeard(index: Oid, value: SnmpValue): string | null {
    const address = heardAddressOf(index);
    if (!address.ok) return address.reason;
    const age = heardAge.read(value);
    if (!age.ok) return age.reason;
    if (this.#heard.length >= this.#rowsMax) return `more than ${this.#rowsMax} call agents`;
    this.#heard.push({ address: address.value, ageMs: age.value });
    return null;
  }
}
