import { expect, test } from "vitest";
import { Journal } from "../../../firmware/management/journal.js";

test("a line event is told with its age until it is acknowledged", () => {
  const journal = new Journal({ entriesMax: 10 });
  journal.lineEvent("aaln/1", "off-hook", "", 1000);
  journal.lineEvent("aaln/1", "on-hook", "A1", 4000);
  expect(journal.lineEvents(5000)).toEqual([
    { sequence: 1, endpoint: "aaln/1", kind: "off-hook", ageMs: 4000, callId: "" },
    { sequence: 2, endpoint: "aaln/1", kind: "on-hook", ageMs: 1000, callId: "A1" },
  ]);
  journal.acknowledge([{ first: 1, last: 1 }]);
  expect(journal.lineEvents(5000).map((event) => event.sequence)).toEqual([2]);
});

test("what is pushed out unacknowledged is counted", () => {
  const journal = new Journal({ entriesMax: 2 });
  for (const nowMs of [1, 2, 3]) journal.lineEvent("aaln/1", "answer", "", nowMs);
  expect(journal.lineEvents(3).map((event) => event.sequence)).toEqual([2, 3]);
  expect(journal.lost).toBe(1);
});

test("acknowledged ranges are forgotten, what lies between them is not", () => {
  const journal = new Journal({ entriesMax: 10 });
  for (const nowMs of [1, 2, 3, 4, 5]) journal.lineEvent("aaln/1", "answer", "", nowMs);
  journal.acknowledge([
    { first: 1, last: 2 },
    { first: 4, last: 2 ** 50 },
  ]);
  expect(journal.lineEvents(5).map((event) => event.sequence)).toEqual([3]);
});

test("the oldest that is left is pushed out, whatever was acknowledged around it", () => {
  const journal = new Journal({ entriesMax: 3 });
  for (const nowMs of [1, 2, 3]) journal.lineEvent("aaln/1", "answer", "", nowMs);
  journal.acknowledge([
    { first: 1, last: 1 },
    { first: 3, last: 3 },
  ]);
  for (const nowMs of [4, 5, 6]) journal.lineEvent("aaln/1", "answer", "", nowMs);
  expect(journal.lineEvents(6).map((event) => event.sequence)).toEqual([4, 5, 6]);
  journal.lineEvent("aaln/1", "answer", "", 7);
  expect(journal.lineEvents(7).map((event) => event.sequence)).toEqual([5, 6, 7]);
  expect(journal.lost).toBe(2);
});
