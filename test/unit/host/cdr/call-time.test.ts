import { describe, expect, test } from "vitest";
import { journalledInstant, spanBetween, witnessedInstant } from "../../../../host/cdr/call-time.js";

const gateway = { gateway: "gw2", bootId: "B1", upMs: 50_000 };
const told = (ageMs: number, bootId = "B1") => ({ ageMs, errorMs: 0, bootId });

describe("an instant from a journal", () => {
  test("lies an age before the middle of question and answer, and is as sure as those are close", () => {
    const instant = journalledInstant(told(3_000), { askedAtMs: 10_000, answeredAtMs: 10_020 }, gateway);
    expect(instant).toMatchObject({ atMs: 7_010, errorMs: 11, from: "journalled" });
    expect(instant.onGateway).toEqual({ gateway: "gw2", bootId: "B1", atMs: 47_000, errorMs: 0 });
  });

  test("of a gateway that died is as unsure as its journal says, and of another start a wall clock more", () => {
    const cutOff = { ageMs: 3_000, errorMs: 10_000, bootId: "B0" };
    const instant = journalledInstant(cutOff, { askedAtMs: 10_000, answeredAtMs: 10_000 }, gateway);
    expect(instant).toMatchObject({ atMs: 7_000, errorMs: 11_001, onGateway: { bootId: "B1", errorMs: 10_000 } });
  });
});

describe("a duration", () => {
  test("of two events of one gateway's boot has no network in it", () => {
    const answer = journalledInstant(told(9_000), { askedAtMs: 1_000, answeredAtMs: 3_000 }, gateway);
    const end = journalledInstant(told(500), { askedAtMs: 9_000, answeredAtMs: 9_900 }, { ...gateway, upMs: 57_000 });
    expect(spanBetween(answer, end)).toEqual({ ms: 15_500, errorMs: 2, from: "journalled" });
  });

  test("of events of two gateways adds what each is unsure of", () => {
    const answer = journalledInstant(told(9_000), { askedAtMs: 10_000, answeredAtMs: 10_010 }, gateway);
    const other = { gateway: "gw1", bootId: "B7", upMs: 1_000 };
    const end = journalledInstant(told(0, "B7"), { askedAtMs: 10_000, answeredAtMs: 10_010 }, other);
    expect(spanBetween(answer, end)).toEqual({ ms: 9_000, errorMs: 12, from: "journalled" });
  });

  test("is worth no more than its worse end", () => {
    const answer = journalledInstant(told(9_000), { askedAtMs: 10_000, answeredAtMs: 10_010 }, gateway);
    expect(spanBetween(answer, witnessedInstant(12_000)).from).toBe("witnessed");
  });

  test("is never below nothing", () => {
    expect(spanBetween(witnessedInstant(5_000), witnessedInstant(4_000)).ms).toBe(0);
  });
});
