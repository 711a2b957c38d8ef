import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { type LegLease, LegPool } from "../../firmware/management/leg-pool.js";

test.prop([fc.array(fc.constantFrom("take", "give", "exchange"), { maxLength: 80 }), fc.nat(6)])(
  "no leg and no port is leased twice, ports are even, and every lease has its own generation",
  (steps, extraPorts) => {
    const pool = new LegPool({ legsMax: 6, portFirst: 16_384, portLast: 16_384 + 2 * extraPorts });
    const held: LegLease[] = [];
    const generations = new Set<number>();
    for (const step of steps) {
      const [oldest] = held;
      if (step === "take") {
        const lease = pool.take();
        if (lease === null) expect(held.length).toBe(Math.min(6, extraPorts + 1));
        else {
          expect(generations.has(lease.generation)).toBe(false);
          generations.add(lease.generation);
          held.push(lease);
        }
      } else if (oldest !== undefined && step === "give") {
        pool.giveBack(oldest);
        held.shift();
      } else if (oldest !== undefined) {
        const other = pool.exchangePort(oldest);
        if (other !== null) held[0] = other;
      }
      expect(new Set(held.map(({ leg }) => leg)).size).toBe(held.length);
      expect(new Set(held.map(({ port }) => port)).size).toBe(held.length);
      expect(held.every(({ port }) => port % 2 === 0)).toBe(true);
    }
  },
);
