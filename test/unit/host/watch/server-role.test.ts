import { describe, expect, test } from "vitest";
import { GatewayLink } from "../../../../host/registry/gateway-link.js";
import { type KnownGateway, knownGateway } from "../../../../host/registry/known-gateway.js";
import type { Heartbeat, HeartbeatRole } from "../../../../host/watch/heartbeat.js";
import { ServerRole } from "../../../../host/watch/server-role.js";

const options = { server: "ca1", configured: "primary", peer: "ca2", heartbeatMs: 500, deadAfterMs: 2_000 } as const;

function says(role: HeartbeatRole, epoch = 0): Heartbeat {
  return { kind: "beat", server: "ca2", role, epoch, sequence: 1, wallMs: 0 };
}

function gateway(told: { readonly owner?: string; readonly heardAgeMs?: number } | null): KnownGateway {
  const link = new GatewayLink({ server: "ca1", stepMaxMs: 1, backoffFirstMs: 1, backoffMaxMs: 1, leapMax: 1 });
  const place = { domain: "gw1", address: "192.0.2.1", mgcpPort: 2427, poll: "mgcp", firstEndpoint: "aaln/1" } as const;
  const known = knownGateway({ ...place, speaks: ["mgcp"] }, link, 0);
  if (told === null) return known;
  known.hasAnswered = true;
  known.peerHeardAgeMs = told.heardAgeMs ?? null;
  if (told.owner !== undefined) link.told({ number: 1, server: told.owner });
  return known;
}

function active(): ServerRole {
  const role = new ServerRole(options, 0);
  role.become("active", 0);
  return role;
}

describe("a call server that starts", () => {
  const starting = () => new ServerRole(options, 0);

  test("stands by at once where the other says that it is in charge", () => {
    const change = starting().weigh(says("active", 3), { epoch: 0, gateways: [gateway(null)] }, 1);
    expect(change).toEqual({ to: "standby", reason: "ca2 is in charge" });
  });

  test("is in charge when the other had time to speak and all gateways have answered, or none did in time", () => {
    const answered = { epoch: 0, gateways: [gateway({})] };
    expect(starting().weigh(null, answered, 499)).toBeNull();
    expect(starting().weigh(null, answered, 500)?.to).toBe("active");
    const silent = { epoch: 0, gateways: [gateway(null)] };
    expect([starting().weigh(null, silent, 1_999), starting().next()]).toEqual([null, 2_000]);
    expect(starting().weigh(null, silent, 2_000)?.to).toBe("active");
  });

  test("stands by where a gateway obeys the other and still hears it, though it is not heard here", () => {
    const held = (heardAgeMs: number) => ({ epoch: 0, gateways: [gateway({ owner: "ca2", heardAgeMs })] });
    expect(starting().weigh(null, held(1_999), 500)?.to).toBe("standby");
    expect(starting().weigh(null, held(2_000), 500)?.to).toBe("active");
  });
});

describe("of two that are in charge", () => {
  test("the one with the lower epoch stands by, and at equal ones the later name", () => {
    const own = { epoch: 5, gateways: [] };
    expect(active().weigh(says("active", 4), own, 1)).toBeNull();
    expect(active().weigh(says("active", 5), own, 1)).toBeNull();
    expect(active().weigh(says("active", 6), own, 1)?.to).toBe("standby");
    const later = new ServerRole({ ...options, server: "ca3" }, 0);
    later.become("active", 0);
    expect(later.weigh(says("active", 5), own, 1)?.to).toBe("standby");
  });

  test("the one that the operator wants insists for a while, and then the epochs decide", () => {
    const role = active();
    role.insist(100);
    const own = { epoch: 5, gateways: [] };
    expect([role.isOpposed(says("active", 6), 2_099), role.weigh(says("active", 6), own, 2_099)]).toEqual([true, null]);
    expect(role.isOpposed(says("active", 6), 2_100)).toBe(false);
    expect(role.weigh(says("active", 6), own, 2_100)?.to).toBe("standby");
  });

  test("one that was told to stand by insists no more", () => {
    const role = active();
    role.insist(100);
    role.become("standby", 200);
    role.become("active", 300);
    expect(role.isOpposed(says("active", 6), 400)).toBe(false);
  });
});

test("of two that stand by the primary goes in charge, when what the other says is surely from after it stood by", () => {
  const own = { epoch: 0, gateways: [] };
  const primary = active();
  primary.become("standby", 1_000);
  expect(primary.weigh(says("standby"), own, 2_999)).toBeNull();
  expect(primary.weigh(says("active"), own, 3_000)).toBeNull();
  expect(primary.weigh(says("standby"), own, 3_000)?.to).toBe("active");
  const backup = new ServerRole({ ...options, configured: "backup" }, 0);
  backup.become("standby", 0);
  expect(backup.weigh(says("standby"), own, 9_000)).toBeNull();
});
