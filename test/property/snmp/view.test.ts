import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { SnmpView, type SortedRows, sortedColumn } from "../../../firmware/management/snmp-view.js";
import { compareOids, formatOid, type Oid } from "../../../firmware/protocol/snmp/oid.js";

const subIdentifiers = (most: number) => fc.array(fc.nat({ max: 3 }), { minLength: 0, maxLength: most });

interface Column extends SortedRows {
  readonly oid: Oid;
}

/** Columns 1.3.N, none the beginning of another, some without instances; the value is the place. */
const someColumns: fc.Arbitrary<Column[]> = fc
  .uniqueArray(
    fc.record({
      oid: fc.tuple(fc.constant(1), fc.constant(3), fc.nat({ max: 6 })),
      indexes: fc.uniqueArray(fc.tuple(fc.nat({ max: 3 }), subIdentifiers(2)), {
        selector: ([first, rest]) => formatOid([first, ...rest]),
        maxLength: 6,
      }),
    }),
    { selector: ({ oid }) => oid[2], maxLength: 5 },
  )
  .map((columns) =>
    columns.map(({ oid, indexes }) => ({
      oid,
      indexes: indexes.map(([first, rest]): Oid => [first, ...rest]).sort(compareOids),
      read: (place: number) => ({ type: "unsigned32" as const, value: place }),
    })),
  );

const aName = fc.oneof(
  subIdentifiers(5),
  fc.tuple(fc.nat({ max: 7 }), subIdentifiers(3)).map(([column, rest]): Oid => [1, 3, column, ...rest]),
);

/** All variables of the columns in one sorted list: the plain meaning of a view. */
function flat(columns: readonly Column[]) {
  return columns
    .flatMap(({ oid, indexes, read }) =>
      indexes.map((index, place) => ({ name: [...oid, ...index], value: read(place) })),
    )
    .sort((a, b) => compareOids(a.name, b.name));
}

function viewOf(columns: readonly Column[]): SnmpView {
  return new SnmpView(columns.map((column) => sortedColumn(column.oid, () => column)));
}

test.prop([someColumns, aName])(
  "get and next find what a search through a plain sorted list finds",
  (columns, name) => {
    const view = viewOf(columns);
    const all = flat(columns);
    expect(view.next(name)).toEqual(all.find((binding) => compareOids(binding.name, name) > 0) ?? null);
    const found = all.find((binding) => compareOids(binding.name, name) === 0);
    const isUnderAColumn = columns.some(({ oid }) => oid.every((subIdentifier, at) => subIdentifier === name[at]));
    expect(view.get(name)).toEqual(found?.value ?? { type: isUnderAColumn ? "noSuchInstance" : "noSuchObject" });
  },
);

test.prop([someColumns])("next after next gives every variable once, in order", (columns) => {
  const view = viewOf(columns);
  const walked = [];
  for (let next = view.next([]); next !== null; next = view.next(next.name)) walked.push(next);
  expect(walked).toEqual(flat(columns));
});
