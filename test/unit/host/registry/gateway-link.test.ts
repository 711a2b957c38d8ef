import { describe, expect, test } from "vitest";
import { epochNumberMax } from "../../../../firmware/protocol/mgcp/recovery-package.js";
import { GatewayLink } from "../../../../host/registry/gateway-link.js";

const options = { server: "ca1", stepMaxMs: 3_000, backoffFirstMs: 1_000, backoffMaxMs: 4_000, leapMax: 1_000 };

function link(): GatewayLink {
  return new GatewayLink(options);
}

describe("bringing a gateway up", () => {
  test("asks for its epoch, claims above it, audits, and is up when all have answered", () => {
    const gateway = link();
    expect(gateway.begin(["mgcp", "snmp"], 4, 0)).toEqual([{ kind: "ask" }]);
    gateway.told({ number: 7, server: "ca2" });
    expect(gateway.asked(true, 4, 10)).toEqual([{ kind: "claim", claim: { number: 8, server: "ca1" }, resets: null }]);
    expect(gateway.claimed(20)).toEqual([{ kind: "audit", via: ["mgcp", "snmp"] }]);
    expect(gateway.audited("mgcp", true, 30)).toEqual({ adopt: "mgcp", steps: [] });
    expect([gateway.isAdopted, gateway.isSettled]).toEqual([true, false]);
    expect(gateway.audited("snmp", true, 40)).toEqual({ adopt: null, steps: [{ kind: "up" }] });
    expect(gateway.granted).toEqual({ number: 8, server: "ca1" });
  });

  test("claims at once where the epoch is known", () => {
    const gateway = link();
    gateway.told({ number: 3, server: "ca2" });
    expect(gateway.begin(["mgcp"], 9, 0)).toEqual([
      { kind: "claim", claim: { number: 10, server: "ca1" }, resets: null },
    ]);
  });

  test("leaps no further than a gateway allows", () => {
    const gateway = link();
    gateway.told({ number: 3, server: "ca2" });
    expect(gateway.begin(["mgcp"], 90_000, 0)).toEqual([
      { kind: "claim", claim: { number: 1_003, server: "ca1" }, resets: null },
    ]);
  });

  test("claims again above an owner that turned out higher", () => {
    const gateway = link();
    gateway.told({ number: 3, server: "ca2" });
    gateway.begin(["mgcp"], 0, 0);
    gateway.told({ number: 12, server: "ca2" });
    expect(gateway.refused("refused", 10)).toEqual([
      { kind: "claim", claim: { number: 13, server: "ca1" }, resets: null },
    ]);
  });

  test("controls a gateway without our package unclaimed", () => {
    const gateway = link();
    gateway.begin(["mgcp"], 0, 0);
    expect(gateway.asked(false, 0, 10)).toEqual([{ kind: "audit", via: ["mgcp"] }]);
    expect(gateway.granted).toBeNull();
  });

  test("claims what is its own again with the same number", () => {
    const gateway = link();
    gateway.begin(["mgcp"], 0, 0);
    gateway.asked(true, 0, 1);
    gateway.claimed(2);
    gateway.audited("mgcp", true, 3);
    expect(gateway.begin(["mgcp"], 0, 100)).toEqual([
      { kind: "claim", claim: { number: 1, server: "ca1" }, resets: null },
    ]);
  });
});

describe("an epoch that cannot be raised any more", () => {
  const stuck = { number: epochNumberMax, server: "ca9" };

  test("is told of with what to do, and reset only by the operator's word", () => {
    const gateway = link();
    gateway.told(stuck);
    expect(gateway.begin(["mgcp"], 0, 0)).toMatchObject([
      { kind: "down", reason: expect.stringContaining("--reset-epoch") },
    ]);
    gateway.allowReset();
    const claim = { number: 1, server: "ca1" };
    expect(gateway.begin(["mgcp"], 0, 10)).toEqual([{ kind: "claim", claim, resets: stuck }]);
    gateway.claimed(20);
    expect(gateway.epoch).toEqual(claim);
    expect(gateway.begin(["mgcp"], 0, 30)).toEqual([{ kind: "claim", claim, resets: null }]);
  });

  test("that a gateway does not let be reset ends in giving up for now, not in asking again and again", () => {
    const gateway = link();
    gateway.told(stuck);
    gateway.allowReset();
    gateway.begin(["mgcp"], 0, 0);
    gateway.told(stuck);
    expect(gateway.refused("claim refused", 10)).toMatchObject([{ kind: "down", reason: "claim refused" }]);
  });

  test("is forgotten by who only watches, once the gateway tells of a lower one", () => {
    const gateway = link();
    gateway.told(stuck);
    gateway.told({ number: 1, server: "ca2" });
    expect(gateway.epoch).toEqual({ number: 1, server: "ca2" });
  });
});

describe("calls and lines are taken", () => {
  function auditing(): GatewayLink {
    const gateway = link();
    gateway.begin(["sip", "mgcp", "snmp"], 0, 0);
    gateway.asked(true, 0, 0);
    gateway.claimed(0);
    return gateway;
  }

  test("from MGCP's answer, which has journal and tags, though another comes first", () => {
    const gateway = auditing();
    expect(gateway.audited("sip", true, 1).adopt).toBeNull();
    expect(gateway.audited("mgcp", true, 2).adopt).toBe("mgcp");
    expect(gateway.audited("snmp", true, 3).adopt).toBeNull();
  });

  test("from another's where MGCP's never comes", () => {
    const gateway = auditing();
    expect(gateway.audited("sip", true, 1).adopt).toBeNull();
    expect(gateway.audited("mgcp", false, 2).adopt).toBe("sip");
  });
});

describe("a gateway that does not answer", () => {
  test("is down after the step's time, and tried again less and less often", () => {
    const gateway = link();
    gateway.begin(["mgcp"], 0, 0);
    const pauses: number[] = [];
    for (let nowMs = gateway.next() ?? 0; pauses.length < 4; nowMs = gateway.next() ?? 0) {
      for (const step of gateway.tick(nowMs)) if (step.kind === "down") pauses.push(step.retryMs);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 4_000]);
  });

  test("is tried at once when it is heard again", () => {
    const gateway = link();
    gateway.begin(["mgcp"], 0, 0);
    gateway.tick(3_000);
    expect(gateway.heard(3_100)).toEqual([{ kind: "ask" }]);
    expect(gateway.heard(3_200)).toEqual([]);
  });

  test("by one protocol only is up by the other when the time is over", () => {
    const gateway = link();
    gateway.begin(["mgcp", "sip"], 0, 0);
    gateway.asked(true, 0, 0);
    gateway.claimed(0);
    gateway.audited("mgcp", true, 5);
    expect(gateway.tick(3_000)).toEqual([{ kind: "up" }]);
  });

  test("by any protocol is down", () => {
    const gateway = link();
    gateway.begin(["mgcp", "sip"], 0, 0);
    gateway.asked(true, 0, 0);
    gateway.claimed(0);
    gateway.audited("mgcp", false, 5);
    expect(gateway.audited("sip", false, 6).steps).toMatchObject([{ kind: "down" }]);
  });
});
