import { describe, expect, test } from "vitest";
import type { GatewaySnapshot, LineEventRecord } from "../../../../firmware/protocol/active-connection.js";
import { JournalBook } from "../../../../host/cdr/journal-book.js";

const span = { askedAtMs: 100, answeredAtMs: 110 };

function event(sequence: number, callId: string, kind: LineEventRecord["kind"] = "answer"): LineEventRecord {
  return { sequence, endpoint: "aaln/1", kind, ageMs: 10, callId };
}

function snapshot(lineEvents: readonly LineEventRecord[], bootId = "B1"): GatewaySnapshot {
  const rest = { counter: 1, upMs: 1_000, epoch: null, heard: [], connections: [], ended: [] };
  return { gateway: "gw1", bootId, lineEvents, ...rest };
}

const open =
  (...callIds: string[]) =>
  (callId: string) =>
    callIds.includes(callId);

const ranges = (...all: (readonly [first: number, last: number])[]) => [
  { bootId: "B1", ranges: all.map(([first, last]) => ({ first, last })) },
];

describe("what a journal may forget", () => {
  test("is everything but the entries of a call without its record", () => {
    const book = new JournalBook();
    book.learn(snapshot([event(1, ""), event(2, "A"), event(3, "B"), event(4, "A")]), span, true);
    expect(book.settle("gw1", open("B"))).toEqual(ranges([1, 2], [4, 4]));
    expect(book.settle("gw1", open("B"))).toEqual([]);
    expect(book.settle("gw1", open())).toEqual(ranges([1, 4]));
  });

  test("is never an entry that was not seen", () => {
    const book = new JournalBook();
    book.learn(snapshot([event(1, "A")]), span, false);
    book.learn(snapshot([event(3, "A", "on-hook")]), span, false);
    expect(book.settle("gw1", open())).toEqual(ranges([1, 1], [3, 3]));
    book.learn(snapshot([event(2, "B")]), span, true);
    expect(book.settle("gw1", open())).toEqual(ranges([1, 3]));
  });

  test("begins where the gateway's journal begins", () => {
    const book = new JournalBook();
    book.learn(snapshot([event(901, "A"), event(902, "A", "on-hook")]), span, true);
    expect(book.settle("gw1", open())).toEqual(ranges([1, 902]));
  });

  test("is said again when the gateway still tells of it", () => {
    const book = new JournalBook();
    for (let round = 0; round < 2; round += 1) {
      book.learn(snapshot([event(1, "B"), event(2, "A")]), span, true);
      expect(book.settle("gw1", open("B"))).toEqual(ranges([2, 2]));
    }
  });

  test("is said in several acknowledgements where many calls go on between", () => {
    const book = new JournalBook();
    const events = Array.from({ length: 600 }, (_, index) => event(index + 1, index % 2 === 0 ? "long" : "A"));
    book.learn(snapshot(events), span, true);
    const said = book.settle("gw1", open("long"));
    expect(said.map(({ ranges: some }) => some.length)).toEqual([128, 128, 44]);
  });
});

test("an entry told again is kept once, with the better of its instants", () => {
  const book = new JournalBook();
  book.learn(snapshot([event(1, "A")]), { askedAtMs: 0, answeredAtMs: 1_000 }, true);
  book.learn(snapshot([event(1, "A")]), { askedAtMs: 2_000, answeredAtMs: 2_004 }, true);
  expect(book.eventsOf("A").map(({ instant }) => instant.errorMs)).toEqual([3]);
});

test("what is known of an open call is kept, of a settled one nothing", () => {
  const book = new JournalBook();
  book.learn(snapshot([event(1, "A"), event(2, "B"), event(3, "A", "on-hook")]), span, true);
  book.settle("gw1", open("B"));
  expect([book.eventsOf("A").length, book.eventsOf("B").length]).toEqual([0, 1]);
  book.settle("gw1", open());
  expect([book.eventsOf("A"), book.callIds().size]).toEqual([[], 0]);
});

test("what a gateway told before it restarted is kept while its call needs it", () => {
  const book = new JournalBook();
  book.learn(snapshot([event(1, "A")]), span, true);
  book.learn(snapshot([event(1, "B")], "B2"), span, true);
  book.settle("gw1", open("A", "B"));
  expect([book.eventsOf("A").length, book.bootIdOf("gw1")]).toEqual([1, "B2"]);
  book.settle("gw1", open("B"));
  expect(book.eventsOf("A")).toEqual([]);
});

test("a line's newest event tells whether its station is off-hook", () => {
  const book = new JournalBook();
  book.learn(snapshot([event(1, "", "off-hook"), event(2, "A", "on-hook")]), span, true);
  expect(book.lastEvent("gw1", "aaln/1")?.kind).toBe("on-hook");
  expect(book.lastEvent("gw1", "aaln/2")).toBeNull();
});
