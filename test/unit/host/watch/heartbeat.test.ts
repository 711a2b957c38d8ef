import { describe, expect, test } from "vitest";
import {
  clockSkewMaxMs,
  type Heartbeat,
  HeartbeatGuard,
  parseHeartbeat,
  writeHeartbeat,
} from "../../../../host/watch/heartbeat.js";

const secret = "a secret that both know";
const heartbeat: Heartbeat = {
  kind: "beat",
  server: "ca1.example",
  role: "active",
  epoch: 7,
  sequence: 12,
  wallMs: 1_700_000_000_000,
};

describe("a heartbeat", () => {
  test("says what it was given", () => {
    expect(parseHeartbeat(writeHeartbeat(heartbeat, secret), secret)).toEqual({ ok: true, value: heartbeat });
  });

  test("of another secret is refused", () => {
    expect(parseHeartbeat(writeHeartbeat(heartbeat, "another secret altogether"), secret)).toEqual({
      ok: false,
      reason: "heartbeat with a wrong secret",
    });
  });

  test("is refused with any one byte changed, cut or added", () => {
    const bytes = writeHeartbeat(heartbeat, secret);
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Uint8Array.from(bytes, (byte, at) => (at === index ? byte ^ 1 : byte));
      expect(parseHeartbeat(changed, secret).ok).toBe(false);
      expect(parseHeartbeat(bytes.subarray(0, index), secret).ok).toBe(false);
    }
    expect(parseHeartbeat(Uint8Array.from([...bytes, 0]), secret).ok).toBe(false);
  });
});

describe("the guard against replay", () => {
  const { wallMs } = heartbeat;

  test("admits each stamp once, and none before the newest", () => {
    const guard = new HeartbeatGuard();
    expect(guard.admit(heartbeat, wallMs).ok).toBe(true);
    expect(guard.admit(heartbeat, wallMs).ok).toBe(false);
    expect(guard.admit({ ...heartbeat, sequence: 13 }, wallMs).ok).toBe(true);
    expect(guard.admit({ ...heartbeat, wallMs: wallMs - 1, sequence: 14 }, wallMs).ok).toBe(false);
  });

  test("admits a restarted peer, whose sequence begins anew", () => {
    const guard = new HeartbeatGuard();
    guard.admit({ ...heartbeat, sequence: 900 }, wallMs);
    expect(guard.admit({ ...heartbeat, sequence: 1, wallMs: wallMs + 1_000 }, wallMs + 1_000).ok).toBe(true);
  });

  test("refuses a recording of an hour ago, and a peer whose clock is far off", () => {
    const guard = new HeartbeatGuard();
    expect(guard.admit(heartbeat, wallMs + 3_600_000).ok).toBe(false);
    expect(guard.admit(heartbeat, wallMs - clockSkewMaxMs - 1).ok).toBe(false);
  });
});
