import { expect, test } from "vitest";
import { ShownConnections } from "../../../../../host/cli/demo/shown-connections.js";
import { oneConnection } from "../../../../support/one-connection.js";

const told = { via: "mgcp", gateway: "gw1.example", ok: true } as const;
const row = (connectionId: string) => ({ ...oneConnection, connectionId, durationMs: 1_000 });
const ids = (lines: readonly string[]) => lines.slice(1).map((line) => line.split(/\s+/)[1]);

test("polls add what changed and take away what is gone, and an audit replaces all", () => {
  const shown = new ShownConnections();
  const poll = { ...told, event: "poll" };
  expect(shown.take({ ...poll, monotonicMs: 1_000, changed: [row("A"), row("B")], gone: [] })).toBe(true);
  shown.take({ ...poll, monotonicMs: 2_000, changed: [row("C")], gone: ["A"] });
  expect(ids(shown.lines(2_000))).toEqual(["B", "C"]);
  shown.take({ ...told, event: "audit", monotonicMs: 3_000, connections: [row("D")] });
  expect(ids(shown.lines(3_000))).toEqual(["D"]);
});

test("a connection that did not change goes on, and a failed poll changes nothing", () => {
  const shown = new ShownConnections();
  shown.take({ ...told, event: "poll", monotonicMs: 1_000, changed: [row("A")], gone: [] });
  expect(shown.take({ ...told, event: "poll", ok: false, monotonicMs: 9_000, changed: [], gone: [] })).toBe(false);
  expect(shown.lines(62_000)[1]).toContain("1:02");
});
