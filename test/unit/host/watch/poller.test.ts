import { expect, test } from "vitest";
import { Poller } from "../../../../host/watch/poller.js";

test("first polls are spread over one interval, later ones follow each interval", () => {
  const poller = new Poller(["a", "b"], { everyMs: 1_000, inFlightMax: 9 }, 0);
  expect([poller.next(), poller.takeDue(499), poller.takeDue(500)]).toEqual([500, [], ["a"]]);
  expect(poller.takeDue(1_000)).toEqual(["b"]);
  poller.ended("a");
  expect(poller.takeDue(1_500)).toEqual(["a"]);
});

test("no more are in flight than allowed; the rest start as others end", () => {
  const poller = new Poller(["a", "b", "c"], { everyMs: 100, inFlightMax: 2 }, 0);
  expect(poller.takeDue(100)).toHaveLength(2);
  poller.ended("a");
  expect(poller.takeDue(100)).toEqual(["c"]);
});

test("a poll still running is not started twice, and the missed one is counted", () => {
  const poller = new Poller(["a"], { everyMs: 100, inFlightMax: 2 }, 0);
  poller.takeDue(100);
  expect([poller.takeDue(200), poller.skipped]).toEqual([[], 1]);
});
