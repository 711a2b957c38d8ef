/**
 * The variables of a gateway in their lexicographic order (RFC 3416 section 4.1), read only when asked for: a column is
 * an object identifier and a way to find its instances, so that nothing is laid out that nobody asks for. It is what
 * GET, GETNEXT and GETBULK are answered from.
 */
import { compareOids, type Oid, startsWith } from "#protocol/snmp/oid.js";
import type { VariableBinding } from "#protocol/snmp/pdu.js";
import type { SnmpValue } from "#protocol/snmp/value.js";

/** Indexes are what follows the column's oid in the names of its instances. */
export interface Instance {
  readonly index: Oid;
  readonly value: SnmpValue;
}

export interface ViewColumn {
  readonly oid: Oid;
  /** Null: no such instance. */
  readonly get: (index: Oid) => SnmpValue | null;
  /** The first instance behind this index, be there one of that index or not; the empty index stands before all. */
  readonly next: (index: Oid) => Instance | null;
}

/** Rows in the order of their indexes, each once. */
export interface SortedRows {
  readonly indexes: readonly Oid[];
  /** Value of the row at this place of `indexes`; null: the row has none in this column. */
  readonly read: (place: number) => SnmpValue | null;
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
    return column.get(name.slice(column.oid.length)) ?? { type: "noSuchInstance" };
  }

  /** RFC 3416 section 4.2.2: the first variable after this name; null at the end of the view. */
  next(name: Oid): VariableBinding | null {
    let at = Math.max(0, this.#columnAtOrBefore(name));
    const column = this.#columns[at];
    if (column !== undefined && startsWith(name, column.oid)) {
      const instance = column.next(name.slice(column.oid.length));
      if (instance !== null) return bindingOf(column, instance);
      at += 1;
    } else if (column !== undefined && compareOids(column.oid, name) < 0) at += 1;
    for (; at < this.#columns.length; at += 1) {
      const later = this.#columns[at];
      const instance = later?.next([]) ?? null;
      if (later !== undefined && instance !== null) return bindingOf(later, instance);
    }
    return null;
  }

  #columnAtOrBefore(name: Oid): number {
    return firstPlace(this.#columns.length, (at) => compareOids(this.#columns[at]?.oid ?? [], name) > 0) - 1;
  }
}

/** A column of rows that are sorted when they are first asked for; a name is found by a binary search. */
export function sortedColumn(oid: Oid, rowsOf: () => SortedRows): ViewColumn {
  return {
    oid,
    get: (index) => {
      const { indexes, read } = rowsOf();
      const place = firstPlace(indexes.length, (at) => compareOids(indexes[at] ?? [], index) >= 0);
      const found = indexes[place];
      return found !== undefined && compareOids(found, index) === 0 ? read(place) : null;
    },
    next: (index) => {
      const { indexes, read } = rowsOf();
      const first = firstPlace(indexes.length, (at) => compareOids(indexes[at] ?? [], index) > 0);
      for (let place = first; place < indexes.length; place += 1) {
        const value = read(place);
        if (value !== null) return { index: indexes[place] ?? [], value };
      }
      return null;
    },
  };
}

function bindingOf(column: ViewColumn, { index, value }: Instance): VariableBinding {
  return { name: [...column.oid, ...index], value };
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
