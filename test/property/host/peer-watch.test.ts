import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { PeerWatch, type WatchTurn } from "../../../host/watch/peer-watch.js";
import { seededRandom } from "../../support/seeded-random.js";

const heartbeatMs = 500;
const deadAfterMs = 2_000;
const latencyMs = 3;
const gateways = ["gw1", "gw2", "gw3"];
const addresses = { ca1: "192.0.2.1", ca2: "192.0.2.2" };

function watchOf(server: "ca1" | "ca2", nowMs: number): PeerWatch {
  const peer = server === "ca1" ? "ca2" : "ca1";
  return new PeerWatch(
    {
      server,
      peer: { server: peer, heartbeat: { address: addresses[peer], port: 2728 } },
      secret: "a secret that both know",
      heartbeatMs,
      deadAfterMs,
      startGraceMs: 10_000,
      gateways,
    },
    { nowMs, wallMs: 1_700_000_000_000 + nowMs },
  );
}

/**
 * An active server with its gateways and the standby that watches it, stepped every millisecond. `isLost` decides of
 * each datagram, by time and way.
 */
function play(
  untilMs: number,
  diesAtMs: number,
  isLost: (nowMs: number, way: "servers" | "peer-gateways" | "standby-gateways") => boolean,
): number | null {
  const active = watchOf("ca1", 0);
  const standby = watchOf("ca2", 0);
  const heard = new Map<string, number>();
  const flights: { atMs: number; land: (nowMs: number) => void }[] = [];
  const fly = (nowMs: number, way: Parameters<typeof isLost>[1], land: (nowMs: number) => void) => {
    if (!isLost(nowMs, way)) flights.push({ atMs: nowMs + latencyMs, land });
  };
  let goneAtMs: number | null = null;
  const take = (from: "ca1" | "ca2", turn: WatchTurn, nowMs: number) => {
    for (const { bytes } of turn.sends) {
      const to = from === "ca1" ? "ca2" : "ca1";
      fly(nowMs, "servers", (atMs) => {
        const at = { nowMs: atMs, wallMs: 1_700_000_000_000 + atMs };
        if (to === "ca1" && atMs >= diesAtMs) return;
        const watch = to === "ca1" ? active : standby;
        take(to, watch.receive(bytes, { address: addresses[from], port: 2728 }, standing(to), at), atMs);
      });
    }
    for (const gateway of turn.ask) {
      fly(nowMs, "standby-gateways", (askedMs) => {
        const lastMs = heard.get(gateway);
        const ageMs = lastMs === undefined ? null : askedMs - lastMs;
        fly(askedMs, "standby-gateways", (atMs) => standby.testified(gateway, ageMs, atMs));
      });
    }
    if (turn.gone !== null) goneAtMs ??= nowMs;
  };
  for (let nowMs = 0; nowMs <= untilMs && goneAtMs === null; nowMs += 1) {
    const at = { nowMs, wallMs: 1_700_000_000_000 + nowMs };
    for (const flight of flights.filter(({ atMs }) => atMs <= nowMs)) {
      flights.splice(flights.indexOf(flight), 1);
      flight.land(nowMs);
    }
    if (nowMs < diesAtMs) {
      take("ca1", active.tick(standing("ca1"), at), nowMs);
      if (nowMs % (heartbeatMs / 2) === 0) {
        for (const gateway of gateways) fly(nowMs, "peer-gateways", (atMs) => heard.set(gateway, atMs));
      }
    }
    take("ca2", standby.tick(standing("ca2"), at), nowMs);
  }
  return goneAtMs;
}

function standing(server: "ca1" | "ca2") {
  return { role: server === "ca1" ? ("active" as const) : ("standby" as const), epoch: 1 };
}

const never = Number.POSITIVE_INFINITY;
const runs = { numRuns: 12 };

describe("the verdict on the peer", () => {
  test.prop([fc.nat()], runs)("is never gone with thirty per cent of all datagrams lost", (seed) => {
    const random = seededRandom(seed);
    expect(play(20_000, never, () => random() < 0.3)).toBeNull();
  });

  test.prop([fc.integer({ min: 2_000, max: 6_000 }), fc.integer({ min: 1, max: deadAfterMs - 1 })], runs)(
    "is never gone for a burst shorter than deadAfterMs that silences the peer",
    (fromMs, forMs) => {
      const isLost = (nowMs: number, way: string) =>
        way !== "standby-gateways" && nowMs >= fromMs && nowMs < fromMs + forMs;
      expect(play(12_000, never, isLost)).toBeNull();
    },
  );

  test.prop([fc.integer({ min: 2_000, max: 4_000 })], runs)(
    "is never gone while a gateway hears the peer, however long the servers do not hear each other",
    (fromMs) => {
      expect(play(15_000, never, (nowMs, way) => way === "servers" && nowMs >= fromMs)).toBeNull();
    },
  );

  test.prop([fc.integer({ min: 2_000, max: 4_000 })], runs)("is never gone for one who reaches nobody", (fromMs) => {
    const isLost = (nowMs: number, way: string) => way !== "peer-gateways" && nowMs >= fromMs;
    expect(play(15_000, never, isLost)).toBeNull();
  });

  test.prop([fc.integer({ min: 2_000, max: 4_000 })], runs)(
    "comes within deadAfterMs and one heartbeat of a death",
    (diesAtMs) => {
      const goneAtMs = play(12_000, diesAtMs, () => false);
      expect(goneAtMs).not.toBeNull();
      expect((goneAtMs ?? never) - diesAtMs).toBeLessThanOrEqual(deadAfterMs + heartbeatMs);
      expect((goneAtMs ?? 0) - diesAtMs).toBeGreaterThanOrEqual(deadAfterMs);
    },
  );
});
