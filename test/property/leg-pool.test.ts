import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { type LegLease, LegPool } from "../../firmware/management/leg-pool.js";

const bindings = [
  { address: "192.0.2.1", dscp: 46 },
  { address: "2001:db8::1", dscp: 46 },
  { address: "192.0.2.1", dscp: 0 },
];
const step = fc.record({
  kind: fc.constantFrom("take", "take unready", "give", "keep", "exchange"),
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
      if (kind === "take" || kind === "take unready") {
        const lease = kind === "take" ? pool.take(binding) : pool.takeUnready(binding);
        if (lease === null) {
          expect(held.length).toBe(Math.min(6, extraPorts + 1));
          continue;
        }
        expect(generations.has(lease.generation)).toBe(false);
        generations.add(lease.generation);
        held.push(lease);
        expect(lease.binding).toEqual(binding);
        if (lease.ready !== null) expect(kept.get(lease.leg)).toBe(`${lease.port} ${JSON.stringify(binding)}`);
        kept.delete(lease.leg);
      } else if (oldest !== undefined && kind === "exchange") {
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
      expect(new Set(held.map(({ port }) => port)).size).toBe(held.length);
      expect(held.every(({ port }) => port % 2 === 0)).toBe(true);
    }
  },
);
