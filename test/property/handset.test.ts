import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { frameSamples, Handset } from "../../firmware/phone/handset.js";
import { writeRtp } from "../../firmware/protocol/rtp.js";
import { seededRandom } from "../support/seeded-random.js";

const remote = { address: "127.10.0.11", port: 30_000 };
const speech = new Uint8Array(400).fill(0x20);

const packet = fc
  .record({
    sequenceNumber: fc.nat(0xffff),
    timestamp: fc.nat(0xffff_ffff),
    ssrc: fc.constantFrom(7, 8),
    payloadType: fc.constantFrom(0, 0, 0, 8, 101),
    payload: fc.uint8Array({ maxLength: 3000 }),
    paddingBytes: fc.nat(20),
  })
  .map((fields) => writeRtp({ marker: false, csrcs: [], extension: null, ...fields }));
const hostile = fc
  .tuple(packet, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }))
  .map(([bytes, changes]) => {
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes;
  });
const step = fc.record({
  port: fc.constantFrom("rtp", "rtcp"),
  from: fc.constantFrom(remote, null, { address: "192.0.2.1", port: 9 }),
  bytes: fc.oneof({ weight: 4, arbitrary: hostile }, fc.uint8Array({ maxLength: 60 })),
  waitMs: fc.nat(100),
});

test.prop([fc.array(step, { maxLength: 30 })], { numRuns: 150 })(
  "whatever reaches a handset, a frame is sent and one is heard every 20 ms",
  (script) => {
    const handset = new Handset({ cname: "101", speech, repeats: true }, seededRandom(1));
    handset.lift(remote, 0);
    let [nowMs, sent, heard] = [0, 0, 0];
    for (const { port, from, bytes, waitMs } of script) {
      if (port === "rtp") handset.receiveRtp(bytes, from, nowMs);
      else handset.receiveRtcp(bytes, from ?? remote, nowMs);
      nowMs += waitMs;
      const turn = handset.turn(nowMs, nowMs);
      sent += turn.rtp.length;
      heard += turn.heard.length / frameSamples;
    }
    const frames = Math.floor(nowMs / 20) + 1;
    expect({ sent, heard }).toEqual(script.length === 0 ? { sent: 0, heard: 0 } : { sent: frames, heard: frames });
    expect(handset.replace(nowMs, nowMs)).toHaveLength(1);
  },
);
