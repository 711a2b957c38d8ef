import { describe, expect, test } from "vitest";
import type { ActiveConnection } from "../../../../firmware/protocol/active-connection.js";
import { writeCallTag } from "../../../../host/call-agent/call-tag.js";
import type { JournalledEvent } from "../../../../host/cdr/journal-book.js";
import type { GatewayKnowledge } from "../../../../host/registry/found-connection.js";
import { reconcileCall } from "../../../../host/watch/reconciliation.js";
import { oneConnection } from "../../../support/one-connection.js";

const tag = (answerWallMs: number | null = null) =>
  writeCallTag({
    callingNumber: "101",
    calledNumber: "201",
    originating: "aaln/1@gw1.example",
    originatingAddress: "192.0.2.7",
    terminating: "aaln/4@gw2.example",
    bootId: "B1",
    setupWallMs: 1_700_000_000_000,
    answerWallMs,
  });

const originating: ActiveConnection = { ...oneConnection, tag: tag() };
const terminating: ActiveConnection = {
  ...originating,
  gateway: "gw2.example",
  endpoint: "aaln/4",
  connectionId: "2A",
  origin: { ...oneConnection.origin, from: "tag" },
};

function reconcile(
  connections: readonly ActiveConnection[],
  knowledge: Record<string, GatewayKnowledge> = { "gw1.example": "up", "gw2.example": "up" },
  events: readonly JournalledEvent[] = [],
) {
  const rows = connections.map((connection) => ({ connection, via: "mgcp" as const }));
  return reconcileCall({ callId: "C0", rows, events }, (gateway) => knowledge[gateway ?? "any"] ?? null);
}

function hungUpOn({ gateway, endpoint }: ActiveConnection): JournalledEvent[] {
  const instant = { atMs: 1, errorMs: 1, from: "journalled", onGateway: null } as const;
  return [{ gateway, endpoint, kind: "on-hook", callId: "C0", instant }];
}

describe("a call found by its connections", () => {
  test("with both halves up is recovered, each half on its side", () => {
    const finding = reconcile([terminating, originating]);
    expect(finding).toMatchObject({ kind: "recovered", phase: "talking", surplus: [] });
    expect(finding.halves.originating?.connection.gateway).toBe("gw1.example");
    expect(finding.halves.terminating?.connection.gateway).toBe("gw2.example");
  });

  test("without tags is paired by which gateway has the originating device on a line", () => {
    const finding = reconcile([
      { ...terminating, tag: "" },
      { ...originating, tag: "" },
    ]);
    expect(finding.kind).toBe("recovered");
    expect(finding.halves.originating?.connection.endpoint).toBe("aaln/1");
  });

  test("without tags and devices is paired all the same, for a gateway without our package tells neither", () => {
    const origin = { device: "", address: null, from: "line" } as const;
    const bare = [terminating, originating].map((row) => ({ ...row, tag: "", origin }));
    expect(reconcile(bare)).toMatchObject({ kind: "recovered", surplus: [] });
    const [half] = bare;
    if (half === undefined) throw new Error("no half");
    const mixed = reconcile([half, originating]);
    expect(mixed).toMatchObject({ kind: "recovered", surplus: [] });
    expect(mixed.halves.terminating?.connection.gateway).toBe("gw2.example");
    expect(reconcile([half], { any: "pending" }).kind).toBe("waiting");
    expect(reconcile([half], { any: "unreachable" }).kind).toBe("recovered");
  });

  test("rings on when both halves are described and nobody has answered", () => {
    const [a, b] = [originating, terminating].map(
      (row) => ({ ...row, state: "setting-up", mode: "inactive" }) as const,
    );
    expect(reconcile([a, b].filter((row) => row !== undefined))).toMatchObject({ kind: "recovered", phase: "ringing" });
  });

  test("is connected when the tag knows of an answer that nobody acted upon", () => {
    const rows = [originating, terminating].map((row) => ({ ...row, state: "setting-up" as const, tag: tag(1) }));
    expect(reconcile(rows)).toMatchObject({ kind: "recovered", phase: "answered" });
  });

  test("of which only one half carries media yet is connected", () => {
    expect(reconcile([{ ...originating, state: "setting-up" }, terminating]).phase).toBe("answered");
  });

  test("that was still being set up is released", () => {
    const half = { ...originating, state: "setting-up" as const, remoteMedia: null };
    expect(reconcile([half, { ...terminating, state: "setting-up" }])).toMatchObject({ kind: "orphaned" });
  });

  test("waits while the other half's gateway is still being asked", () => {
    expect(reconcile([originating], { "gw1.example": "up", "gw2.example": "pending" }).kind).toBe("waiting");
  });

  test("goes on when the other half's gateway does not answer", () => {
    const finding = reconcile([originating], { "gw1.example": "up", "gw2.example": "unreachable" });
    expect(finding).toMatchObject({ kind: "recovered", phase: "talking" });
  });

  test("is orphaned when the other half's gateway has none", () => {
    expect(reconcile([originating]).kind).toBe("orphaned");
  });

  test("with a connection too many keeps the two that carry media", () => {
    const extra = { ...terminating, connectionId: "3B", state: "setting-up" as const };
    const finding = reconcile([extra, originating, terminating]);
    expect(finding.kind).toBe("conflicting");
    expect(finding.surplus.map(({ connection }) => connection.connectionId)).toEqual(["3B"]);
  });

  test("on hold goes on, whichever half is held and however", () => {
    for (const mode of ["inactive", "sendonly", "recvonly"] as const) {
      const held = (row: ActiveConnection) => ({ ...row, state: "held", mode }) as const;
      for (const rows of [
        [held(originating), terminating],
        [originating, held(terminating)],
        [held(originating), held(terminating)],
      ])
        expect([mode, reconcile(rows)]).toMatchObject([mode, { kind: "recovered", phase: "talking" }]);
    }
  });

  test("that one of its lines hung up has ended, whatever of it is left", () => {
    const ringing = [originating, terminating].map((row) => ({ ...row, state: "setting-up" as const }));
    for (const rows of [[originating, terminating], ringing, [originating], [terminating]]) {
      expect(reconcile(rows, undefined, hungUpOn(originating)).kind).toBe("ended");
      expect(reconcile(rows, undefined, hungUpOn(terminating)).kind).toBe("ended");
    }
    const pending = { "gw1.example": "up", "gw2.example": "pending" } as const;
    expect(reconcile([originating], pending, hungUpOn(originating)).kind).toBe("waiting");
  });

  test("has not ended by what happened on the line of a connection too many", () => {
    const extra = { ...terminating, endpoint: "aaln/9", connectionId: "3B", state: "setting-up" as const };
    const finding = reconcile([extra, originating, terminating], undefined, hungUpOn(extra));
    expect(finding.kind).toBe("conflicting");
  });
});
