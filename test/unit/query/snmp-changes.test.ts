import { describe, expect, test } from "vitest";
import type { ActiveConnection } from "../../../firmware/protocol/active-connection.js";
import { changedEntryOid, changedRecord, counterIndex, counterOf } from "../../../firmware/protocol/mib/change-log.js";
import { emptyScalars, holdoverRoot, momentScalars, scalarsOid } from "../../../firmware/protocol/mib/holdover-mib.js";
import type { VariableBinding } from "../../../firmware/protocol/snmp/pdu.js";
import { type ChangesAsk, type ChangesTurn, SnmpChanges } from "../../../host/query/snmp-changes.js";
import { aCallOf } from "../../support/example-snapshot.js";

const options = { gateway: "gw1.example", root: holdoverRoot, rowsMax: 100, partsMax: 4, repetitionsMax: 10 };
const record = [...changedEntryOid(holdoverRoot), changedRecord.number];
const end: VariableBinding = { name: [...record, 9, 9], value: { type: "endOfMibView" } };

function known(counter: number, bootId = "5F3A9C01") {
  return { ...emptyScalars(), bootId, counter, goneForgotten: 0 };
}

function row(counter: number, connection: ActiveConnection): VariableBinding {
  return { name: [...record, ...counterIndex(counter)], value: changedRecord.write(connection, false) };
}

function headings(counter: number, bootId?: string): VariableBinding[] {
  const values = known(counter, bootId);
  return momentScalars.map(({ number, write }) => ({
    name: [...scalarsOid(holdoverRoot), number, 0],
    value: write(values) ?? { type: "noSuchInstance" },
  }));
}

/** Of the changed table: where it goes on, and how far. */
function stretchesOf(asks: readonly ChangesAsk[]): [number | null, number][] {
  const isChanged = ({ names }: ChangesAsk) => names.at(-1)?.[record.length - 1] === changedRecord.number;
  return asks.filter(isChanged).map(({ names, maxRepetitions }) => {
    return [counterOf(names.at(-1)?.slice(record.length) ?? []), maxRepetitions];
  });
}

function asksIn(turn: ChangesTurn): readonly ChangesAsk[] {
  if (turn.kind !== "asks") throw new Error(`${turn.kind}${turn.kind === "fault" ? `: ${turn.reason}` : ""}`);
  return turn.asks;
}

describe("the log of changes", () => {
  test("is read from several places at once, as far as it was long", () => {
    const changes = new SnmpChanges({ ...options, repetitionsMax: 1_000 }, null, known(1_000));
    expect(stretchesOf(changes.start())).toEqual([
      [0, 1_000],
      [500, 500],
      [250, 250],
    ]);
  });

  test("of few changes is read by one request to its end", () => {
    const long = { ...options, repetitionsMax: 100 };
    expect(stretchesOf(new SnmpChanges(long, 990, known(1_000)).start())).toEqual([[990, 12]]);
  });

  test("gives up halves to whoever has ended", () => {
    const changes = new SnmpChanges({ ...options, partsMax: 2 }, null, known(1_000));
    const [, first] = changes.start();
    const asks = asksIn(changes.take(first?.stretch ?? -1, [row(400, aCallOf(1))]));
    expect(stretchesOf(asks)).toEqual([[400, 10]]);
  });

  test("is of the moment at which its end was shown", () => {
    const changes = new SnmpChanges(options, 390, known(400));
    const [gone, changed] = changes.start();
    changes.take(gone?.stretch ?? -1, [...headings(400), end]);
    changes.take(changed?.stretch ?? -1, [...headings(400), row(391, aCallOf(1)), row(392, aCallOf(2))]);
    const turn = changes.take(changed?.stretch ?? -1, [...headings(401), row(401, aCallOf(1)), end]);
    expect(asksIn(turn)).toHaveLength(1);
    expect(changes.take(gone?.stretch ?? -1, [...headings(401), end])).toEqual({ kind: "done" });
    expect(changes.values.counter).toBe(401);
    expect(changes.connections().map(({ connectionId }) => connectionId)).toEqual(["A1", "A2"]);
  });

  test.each([
    ["whose names go in a circle", [row(392, aCallOf(1)), row(392, aCallOf(2))], "does not come after 392"],
    ["that tells more than there may be", Array.from({ length: 101 }, (_, n) => row(391 + n, aCallOf(n))), "more than"],
    [
      "that tells what is no record",
      [{ ...end, name: [...record, 0, 391], value: { type: "octets", value: new Uint8Array(9) } }],
      "hoChangedRecord.391",
    ],
    ["that leaves the index out", [{ ...row(391, aCallOf(1)), name: record }], "does not come after"],
  ] as const)("is not believed to an agent %s", (_what, rows, reason) => {
    const changes = new SnmpChanges(options, 390, known(400));
    const [, changed] = changes.start();
    expect(changes.take(changed?.stretch ?? -1, [...headings(400), ...rows])).toEqual({
      kind: "fault",
      reason: expect.stringContaining(reason),
    });
  });

  test.each([
    ["was started again", headings(400, "OTHER")],
    ["counts backwards", headings(399)],
    [
      "has forgotten what ended",
      headings(400)
        .slice(0, -1)
        .concat({ name: [...scalarsOid(holdoverRoot), 8, 0], value: { type: "counter64", value: 391n } }),
    ],
  ])("is lost when the gateway %s", (_what, heading) => {
    const changes = new SnmpChanges(options, 390, known(400));
    const [, changed] = changes.start();
    expect(changes.take(changed?.stretch ?? -1, [...heading, end])).toEqual({ kind: "lost" });
  });

  test("that tells nothing has a record that does not fit", () => {
    const changes = new SnmpChanges(options, 390, known(400));
    const [, changed] = changes.start();
    expect(changes.take(changed?.stretch ?? -1, headings(400))).toEqual({ kind: "too long" });
  });
});
