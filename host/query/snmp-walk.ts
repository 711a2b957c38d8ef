/**
 * The columns of a table read by GETBULK, several groups of them at once (RFC 3416 section 4.2.3): which names to ask
 * for next, and where each cell of an answer belongs. A column need not be whole or in step with the others. It knows
 * neither messages nor time; snmp-query.ts asks for it.
 */
import { compareOids, formatOid, type Oid, startsWith } from "#protocol/snmp/oid.js";
import type { VariableBinding } from "#protocol/snmp/pdu.js";
import type { SnmpValue } from "#protocol/snmp/value.js";

export interface WalkedColumn {
  readonly name: string;
  readonly oid: Oid;
  /** Keeps a cell, or says why it cannot. */
  readonly keep: (index: Oid, value: SnmpValue) => string | null;
}

interface Cursor {
  readonly column: WalkedColumn;
  /** The last name that was told; the column's own before the first. */
  at: Oid;
  cells: number;
  isDone: boolean;
}

export class SnmpWalk {
  readonly #groups: readonly (readonly Cursor[])[];

  /** Columns are asked for at most `columnsAtOnceMax` in a request. */
  constructor(columns: readonly WalkedColumn[], columnsAtOnceMax: number) {
    const groups: Cursor[][] = [];
    for (let first = 0; first < columns.length; first += columnsAtOnceMax) {
      const group = columns.slice(first, first + columnsAtOnceMax);
      groups.push(group.map((column) => ({ column, at: column.oid, cells: 0, isDone: false })));
    }
    this.#groups = groups;
  }

  get groupCount(): number {
    return this.#groups.length;
  }

  get isDone(): boolean {
    return this.#groups.every((group) => group.every((cursor) => cursor.isDone));
  }

  /** Columns of which nothing was told: an agent of another version, or an empty table. */
  get emptyColumns(): readonly string[] {
    return this.#groups.flatMap((group) => group.filter(({ cells }) => cells === 0).map(({ column }) => column.name));
  }

  /** Names to ask for next; empty when the group is done. */
  names(group: number): readonly Oid[] {
    return this.#open(group).map((cursor) => cursor.at);
  }

  /** Takes the answer to `names(group)`, without its non-repeaters; gives the reason why it is of no use, or null. */
  take(group: number, bindings: readonly VariableBinding[]): string | null {
    const asked = this.#open(group);
    if (bindings.length === 0) return "an answer without a variable";
    for (const [place, binding] of bindings.entries()) {
      const cursor = asked[place % asked.length];
      const fault = cursor === undefined || cursor.isDone ? null : step(cursor, binding);
      if (fault !== null) return fault;
    }
    return null;
  }

  #open(group: number): readonly Cursor[] {
    return (this.#groups[group] ?? []).filter((cursor) => !cursor.isDone);
  }
}

function step(cursor: Cursor, { name, value }: VariableBinding): string | null {
  if (isException(value) || !startsWith(name, cursor.column.oid)) {
    cursor.isDone = true;
    return null;
  }
  if (compareOids(name, cursor.at) <= 0) return `${formatOid(name)} does not come after ${formatOid(cursor.at)}`;
  cursor.at = name;
  cursor.cells += 1;
  const fault = cursor.column.keep(name.slice(cursor.column.oid.length), value);
  return fault === null ? null : `${cursor.column.name}: ${fault}`;
}

/** RFC 3416 has only endOfMibView here; agents that say so with the others are met. */
function isException({ type }: SnmpValue): boolean {
  return type === "endOfMibView" || type === "noSuchObject" || type === "noSuchInstance";
}
