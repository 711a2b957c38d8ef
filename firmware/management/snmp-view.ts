/**
 * The variables of a gateway in their lexicographic order (RFC 3416 section 4.1), read only when asked for: a column is
 * an object identifier and the sorted indexes of its instances, so a view of ten thousand connections costs one sort
 * and a name is found by two binary searches. It is what GET, GETNEXT and GETBULK are answered from, and never changes.
 */
import { compareOids, type Oid, startsWith } from "#protocol/snmp/oid.js";
import type { VariableBinding } from "#protocol/snmp/pdu.js";
import type { SnmpValue } from "#protocol/snmp/value.js";

export interface ViewColumn {
  readonly oid: Oid;
  /** What follows `oid` in the names of its instances, sorted and each once; `[[0]]` for a scalar. */
  readonly indexes: readonly Oid[];
  /** Value of the instance at this place of `indexes`. */
  readonly read: (place: number) => SnmpValue;
}

export class SnmpView {
  readonly #columns: readonly ViewColumn[];

  /** No column's oid begins another's. */
  constructor(columns: readonly ViewColumn[]) {
    this.#columns = [...columns].sort((a, b) => compareOids(a.oid, b.oid));
  }

  /** RFC 3416 section 4.2.1: noSuchObject where no column begins the name, noSuchInstance where it has none such. */
  get(name: Oid): SnmpValue {
    const column = this.#columns[this.#columnAtOrBefore(name)];
    if (column === undefined || !startsWith(name, column.oid)) return { type: "noSuchObject" };
    const index = name.slice(column.oid.length);
    const place = firstPlace(column.indexes.length, (at) => compareOids(column.indexes[at] ?? [], index) >= 0);
    const found = column.indexes[place];
    return found !== undefined && compareOids(found, index) === 0 ? column.read(place) : { type: "noSuchInstance" };
  }

  /** RFC 3416 section 4.2.2: the first variable after this name; null at the end of the view. */
  next(name: Oid): VariableBinding | null {
    let at = Math.max(0, this.#columnAtOrBefore(name));
    const column = this.#columns[at];
    if (column !== undefined && startsWith(name, column.oid)) {
      const index = name.slice(column.oid.length);
      const place = firstPlace(column.indexes.length, (after) => compareOids(column.indexes[after] ?? [], index) > 0);
      if (place < column.indexes.length) return binding(column, place);
      at += 1;
    } else if (column !== undefined && compareOids(column.oid, name) < 0) at += 1;
    for (const later of this.#columns.slice(at)) if (later.indexes.length > 0) return binding(later, 0);
    return null;
  }

  #columnAtOrBefore(name: Oid): number {
    return firstPlace(this.#columns.length, (at) => compareOids(this.#columns[at]?.oid ?? [], name) > 0) - 1;
  }
}

function binding(column: ViewColumn, place: number): VariableBinding {
  return { name: [...column.oid, ...(column.indexes[place] ?? [])], value: column.read(place) };
}

/** The first place for which `holds`, which holds for every later one too; `count` when for none. */
function firstPlace(count: number, holds: (place: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
