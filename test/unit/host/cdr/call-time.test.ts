import { describe, expect, test } from "vitest";
import { journalledInstant } from "../../../../host/cdr/call-time.js";

const gateway = { bootId: "B1", upMs: 50_000 };
const told = (ageMs: number, bootId = "B1") => ({ ageMs, errorMs: 0, bootId });

describe("an instant from a journal", () => {
  test("lies an age before the middle of question and answer, and is as sure as those are close", () => {
    const instant = journalledInstant(told(3_000), { askedAtMs: 10_000, answeredAtMs: 10_020 }, gateway);
    expect(instant).toMatchObject({ atMs: 7_010, errorMs: 11, from: "journalled" });
    expect(instant.onGateway).toEqual({ bootId: "B1", atMs: 47_000, errorMs: 1 });
  });

  test("of a gateway that died is as unsure as its journal says, and of another start a wall clock more", () => {
    const cutOff = { ageMs: 3_000, errorMs: 10_000, bootId: "B0" };
    const instant = journalledInstant(cutOff, { askedAtMs: 10_000, answeredAtMs: 10_000 }, gateway);
    expect(instant).toMatchObject({ atMs: 7_000, errorMs: 11_001, onGateway: { bootId: "B1", errorMs: 10_001 } });
  });
});
