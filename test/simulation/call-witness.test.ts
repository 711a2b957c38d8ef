import { describe, expect, test } from "vitest";
import { SimulatedSite } from "../support/simulated-site.js";
import { SiteWitness } from "../support/site-witness.js";

const answerAfterMs = 1_000;

/** A call from 101 that rings at 203 and is answered there; gw2 may die meanwhile and be back before the answer. */
function answeredCall(restarts: boolean) {
  const site = new SimulatedSite(1, answerAfterMs);
  const witness = new SiteWitness(site, ["101", "203"]);
  const until = (holds: () => boolean) => {
    const look = () => {
      witness.look();
      return holds();
    };
    return site.network.runUntil(look, 10_000);
  };
  const stateOf = (number: string) => site.phone(number).state;
  site.start("primary");
  site.network.run(3_000);
  site.phone("101").dial("203");
  expect(until(() => stateOf("203") === "ringing")).toBe(true);
  if (restarts) {
    site.crashGateway(1);
    witness.calls.gatewayDied(1, site.network.at.nowMs);
    site.network.run(150);
    site.restartGateway(1);
    witness.calls.gatewayStarted(1);
  }
  expect(until(() => stateOf("203") === "talking")).toBe(true);
  until(() => false);
  for (const number of ["101", "203"]) site.phone(number).hangUp();
  until(() => false);
  return { site, witness, zeroMs: site.network.at.wallMs - site.network.at.nowMs };
}

describe("a telephone that is lifted", () => {
  test("at the gateway that made it ring has answered a call, which is owed a record", () => {
    const { site, witness, zeroMs } = answeredCall(false);
    expect(witness.calls.calls).toMatchObject([{ caller: "101", called: "203", wasUp: true }]);
    expect(witness.calls.unbilled(site.records, zeroMs)).toEqual([]);
    expect(witness.calls.unbilled([], zeroMs)).toHaveLength(1);
  });

  test("at a gateway that was started again while it rang on has answered nobody", () => {
    const { site, witness, zeroMs } = answeredCall(true);
    expect(site.phone("101").said.map(({ kind }) => kind)).not.toContain("talking");
    expect(witness.calls.calls).toEqual([]);
    expect(site.records).toEqual([]);
    expect(witness.calls.unbilled(site.records, zeroMs)).toEqual([]);
  });
});
