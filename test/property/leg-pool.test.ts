import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { type LegLease, LegPool } from "../../firmware/management/leg-pool.js";

const bindings = [
  { address: "192.0.2.1", dscp: 46 },
  { address: "2001:db8::1", dscp: 46 },
  { address: "192.0.2.1", dscp: 0 },
];
const step = fc.record({
  kind: fc.constantFrom("take", "take unready", "take wired", "give", "keep", "exchange"),
  binding: fc.constantFrom(...bindings),
});

test.prop([fc.array(step, { maxLength: 80 }), fc.nat(6)])(
  "no leg and no port is leased twice, ports are even, every lease has its own generation; ready is what was kept so",
  (steps, extraPorts) => {
    const readyMax = 3;
    const pool = new LegPool({ legsMax: 6, portFirst: 16_384, portLast: 16_384 + 2 * extraPorts, readyMax });
    const held: LegLease[] = [];
    const generations = new Set<number>();
    const kept = new Map<number, string>();
    for (const { kind, binding } of steps) {
      const [oldest] = held;
      const ports = held.filter(({ port }) => port !== 0).length;
      if (kind === "take wired") {
        const lease = pool.takeWired(46);
        if (lease === null) {
          expect(held.length).toBe(6);
          continue;
        }
        expect([lease.port, generations.has(lease.generation)]).toEqual([0, false]);
        generations.add(lease.generation);
        kept.delete(lease.leg);
        held.push(lease);
      } else if (kind === "take" || kind === "take unready") {
        const lease = kind === "take" ? pool.take(binding) : pool.takeUnready(binding);
        if (lease === null) {
          expect(held.length === 6 || ports === extraPorts + 1).toBe(true);
          continue;
        }
        expect(generations.has(lease.generation)).toBe(false);
        generations.add(lease.generation);
        held.push(lease);
        expect(lease.binding).toEqual(binding);
        if (lease.ready !== null) expect(kept.get(lease.leg)).toBe(`${lease.port} ${JSON.stringify(binding)}`);
        kept.delete(lease.leg);
      } else if (oldest !== undefined && oldest.port !== 0 && kind === "exchange") {
        const other = pool.exchangePort(oldest);
        if (other !== null) held[0] = other;
      } else if (oldest !== undefined) {
        held.shift();
        const isKept = kind === "keep" && pool.keepReady(oldest, oldest.binding.dscp);
        if (isKept) kept.set(oldest.leg, `${oldest.port} ${JSON.stringify(oldest.binding)}`);
        else pool.giveBack(oldest);
      }
      expect(kept.size).toBeLessThanOrEqual(readyMax);
      expect(new Set(held.map(({ leg }) => leg)).size).toBe(held.length);
      const bound = held.filter(({ port }) => port !== 0);
      expect(new Set(bound.map(({ port }) => port)).size).toBe(bound.length);
      expect(held.every(({ port }) => port % 2 === 0)).toBe(true);
    }
  },
);
