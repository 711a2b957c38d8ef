import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { epochNumberMax, epochResettableFrom } from "#protocol/mgcp/recovery-package.js";
import { Fencing } from "../../firmware/management/fencing.js";

const epoch = fc.record({ number: fc.nat(2000), server: fc.constantFrom("primary", "backup", "third") });

test.prop([fc.array(epoch, { maxLength: 40 })])(
  "at any time one server's commands are obeyed at the most",
  (claims) => {
    const fencing = new Fencing({ leapMax: 1000, callAgents: ["192.0.2.1"], askers: [] }, null);
    let highest = 0;
    for (const claim of claims) {
      const before = fencing.epoch;
      const verdict = fencing.claim(claim, null);
      if (verdict.kind === "granted") {
        expect(claim.number).toBeGreaterThan(highest);
        expect(claim.number - highest).toBeLessThanOrEqual(1000);
        highest = claim.number;
      } else expect(fencing.epoch).toEqual(before);
      const obeyed = ["primary", "backup", "third"].filter((server) => fencing.obeys({ number: highest, server }));
      expect(obeyed).toEqual(fencing.epoch === null ? ["primary", "backup", "third"] : [fencing.epoch.server]);
    }
  },
);

const stuck = fc.integer({ min: epochResettableFrom, max: epochNumberMax });

test.prop([fc.oneof(stuck, fc.nat(3000)), fc.nat(2000), fc.boolean(), fc.constantFrom("owner", "other")])(
  "a claim resets an epoch only where its number must be a fault, and where it names it as it stands",
  (present, number, isNamed, server) => {
    const fencing = new Fencing({ leapMax: 1000, callAgents: [], askers: [] }, { number: present, server: "owner" });
    const reset = { number: isNamed ? present : present + 1, server };
    const verdict = fencing.claim({ number, server: "backup" }, reset);
    const isRight = present >= epochResettableFrom && isNamed && server === "owner" && number >= 1 && number <= 1000;
    expect(verdict.kind).toBe(isRight ? "granted" : "refused");
    expect(fencing.obeys({ number: present, server: "owner" })).toBe(!isRight);
    // The same datagram, played again later, takes nothing from whoever is in charge by then.
    const next = fencing.claim({ number: number + 1, server: "third" }, null);
    if (isRight && next.kind === "granted")
      expect(fencing.claim({ number, server: "backup" }, reset).kind).toBe("refused");
  },
);

test.prop([epoch, epoch])(
  "a command below the epoch, or without one, is refused once the gateway was claimed",
  (first, second) => {
    const fencing = new Fencing({ leapMax: 1000, callAgents: [], askers: [] }, { number: 2001, server: "owner" });
    expect(fencing.obeys(first)).toBe(false);
    expect(fencing.obeys(second)).toBe(false);
    expect(fencing.obeys(null)).toBe(false);
    expect(fencing.obeys({ number: 2001, server: "owner" })).toBe(true);
  },
);

test("who may only ask may not command, and is no witness", () => {
  const fencing = new Fencing({ leapMax: 1000, callAgents: ["192.0.2.1"], askers: ["192.0.2.9"] }, null);
  fencing.heard("192.0.2.9", 100);
  fencing.heard("192.0.2.1", 200);
  fencing.heard("192.0.2.200", 300);
  expect(fencing.mayAsk("192.0.2.9")).toBe(true);
  expect(fencing.mayCommand("192.0.2.9")).toBe(false);
  expect(fencing.mayAsk("192.0.2.200")).toBe(false);
  expect(fencing.heardAgents(1000)).toEqual([{ address: "192.0.2.1", ageMs: 800 }]);
});
