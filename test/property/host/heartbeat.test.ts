import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  type Heartbeat,
  heartbeatKinds,
  heartbeatRoles,
  parseHeartbeat,
  writeHeartbeat,
} from "../../../host/watch/heartbeat.js";

const secret = "a secret that both know";
const anyNumber = fc.maxSafeNat();
const anyHeartbeat: fc.Arbitrary<Heartbeat> = fc.record({
  kind: fc.constantFrom(...heartbeatKinds),
  role: fc.constantFrom(...heartbeatRoles),
  server: fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/),
  epoch: anyNumber,
  sequence: anyNumber,
  wallMs: anyNumber,
});

describe("heartbeats", () => {
  test.prop([anyHeartbeat])("are read as they were written", (heartbeat) => {
    expect(parseHeartbeat(writeHeartbeat(heartbeat, secret), secret)).toEqual({ ok: true, value: heartbeat });
  });

  test.prop([anyHeartbeat, fc.nat(), fc.integer({ min: 1, max: 255 })])(
    "with a byte changed are refused",
    (heartbeat, at, change) => {
      const bytes = writeHeartbeat(heartbeat, secret);
      const place = at % bytes.length;
      const changed = Uint8Array.from(bytes, (byte, index) => (index === place ? byte ^ change : byte));
      expect(parseHeartbeat(changed, secret).ok).toBe(false);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 200 })])("of any bytes end in a value or a reason", (bytes) => {
    expect(parseHeartbeat(bytes, secret).ok).toBe(false);
  });
});
