import { describe, expect, test } from "vitest";
import { Witnesses } from "../../../../host/watch/witnesses.js";

const options = { silentAfterMs: 2_000, reachableWithinMs: 1_000, validMs: 500, retryMs: 125 };

function asking(...gateways: string[]): Witnesses {
  const witnesses = new Witnesses(options);
  witnesses.begin(gateways, 0);
  witnesses.takeDue(0);
  return witnesses;
}

describe("the witnesses' verdict", () => {
  test("is open before anyone was asked", () => {
    expect(new Witnesses(options).verdict(0)).toBe("undecided");
  });

  test("is gone when all gateways say so", () => {
    const witnesses = asking("gw1", "gw2");
    witnesses.answered("gw1", 2_100, 900);
    expect(witnesses.verdict(900)).toBe("undecided");
    witnesses.answered("gw2", null, 950);
    expect(witnesses.verdict(950)).toBe("gone");
  });

  test("is heard as soon as one gateway hears the peer", () => {
    const witnesses = asking("gw1", "gw2");
    witnesses.answered("gw1", null, 100);
    witnesses.answered("gw2", 300, 100);
    expect(witnesses.verdict(100)).toBe("heard");
  });

  test("leaves out a gateway that does not answer in time", () => {
    const witnesses = asking("gw1", "gw2");
    witnesses.answered("gw1", null, 900);
    expect(witnesses.verdict(999)).toBe("undecided");
    expect(witnesses.verdict(1_000)).toBe("gone");
  });

  test("is never gone when no gateway answers at all", () => {
    expect(asking("gw1", "gw2").verdict(1_000_000)).toBe("undecided");
  });

  test("does not rest on an old answer", () => {
    const witnesses = asking("gw1");
    witnesses.answered("gw1", null, 1_000);
    expect(witnesses.verdict(1_500)).toBe("gone");
    expect(witnesses.verdict(1_501)).toBe("undecided");
  });
});

describe("asking", () => {
  test("goes on until there is an answer", () => {
    const witnesses = asking("gw1");
    expect([witnesses.next(), witnesses.takeDue(124), witnesses.takeDue(125)]).toEqual([125, [], ["gw1"]]);
  });

  test("comes back at the moment at which the peer would have been silent long enough", () => {
    const witnesses = asking("gw1");
    witnesses.answered("gw1", 700, 100);
    expect(witnesses.next()).toBe(100 - 700 + 2_000);
  });

  test("ends when the peer is heard itself", () => {
    const witnesses = asking("gw1");
    witnesses.end();
    expect([witnesses.asking, witnesses.next(), witnesses.takeDue(10_000)]).toEqual([false, null, []]);
  });
});
