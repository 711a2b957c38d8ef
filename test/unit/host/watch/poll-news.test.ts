import { expect, test } from "vitest";
import type { ActiveConnection, GatewayAudit } from "../../../../firmware/protocol/active-connection.js";
import { PollNews } from "../../../../host/watch/poll-news.js";
import { oneConnection } from "../../../support/one-connection.js";

const row = (connectionId: string, more: Partial<ActiveConnection> = {}): ActiveConnection => ({
  ...oneConnection,
  connectionId,
  ...more,
});

function polled(connections: readonly ActiveConnection[], counter: number | null, bootId: string | null = "B1") {
  const audit: GatewayAudit = {
    gateway: "gw1.example",
    via: "mgcp",
    bootId,
    counter,
    upMs: 1_000,
    epoch: null,
    heard: [],
    connections,
    lineEvents: [],
    ended: [],
  };
  return audit;
}

test("the first poll tells all, the next what is new, changed and gone", () => {
  const news = new PollNews();
  const [a, b, c] = [row("A"), row("B"), row("C", { changedAt: 9, state: "held" })];
  expect(news.of(polled([a, b], 3), false)).toEqual({ connections: 2, up: 2, changed: [a, b], gone: [] });
  const older = { ...b, durationMs: b.durationMs + 5_000, statistics: { ...b.statistics, packetsSent: 250 } };
  expect(news.of(polled([older, c], 9), false)).toEqual({ connections: 2, up: 1, changed: [c], gone: ["A"] });
  expect(news.of(polled([older, c], 9), false)).toEqual({ connections: 2, up: 1, changed: [], gone: [] });
});

test("a gateway that has started again is told of as a whole, and what it had is gone", () => {
  const news = new PollNews();
  const [a, b] = [row("A"), row("B")];
  news.of(polled([a, b], 3), false);
  expect(news.of(polled([b], 3, "B2"), false)).toEqual({ connections: 1, up: 1, changed: [b], gone: ["A"] });
});

test("where changes are not counted the settings are compared, and what is not listed is not gone", () => {
  const news = new PollNews();
  const [a, b] = [row("A", { changedAt: 0 }), row("B", { changedAt: 0 })];
  news.of(polled([a, b], null, null), false);
  const held = { ...a, state: "held" as const, mode: "inactive" as const };
  expect(news.of(polled([held, { ...b, durationMs: 1 }], null, null), false)).toMatchObject({
    changed: [held],
    gone: [],
  });
  expect(news.of(polled([held], null, null), true)).toEqual({ connections: 2, up: 1, changed: [], gone: [] });
});
