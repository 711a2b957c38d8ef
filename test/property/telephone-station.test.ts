import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { TelephoneStation } from "../../firmware/phone/station.js";
import { seededRandom } from "../support/seeded-random.js";

const gateway = { address: "127.10.0.11", port: 5060 };

function station(): TelephoneStation {
  const address = "127.10.1.1";
  return new TelephoneStation(
    {
      number: "101",
      sip: { address, port: 5060 },
      media: { address, port: 40_000 },
      gateway,
      answerAfterMs: 0,
      hangUpAfterMs: null,
    },
    seededRandom(1),
  );
}

const offer = `v=0\r\no=- 1 1 IN IP4 127.10.0.11\r\ns=-\r\nc=IN IP4 127.10.0.11\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\n`;

function sip(method: string, toTag: string, body: string): string {
  return [
    `${method} sip:101@127.10.1.1 SIP/2.0`,
    `Via: SIP/2.0/UDP 127.10.0.11:5060;branch=z9hG4bK${method}`,
    "Max-Forwards: 70",
    "From: <sip:201@127.10.0.11>;tag=1",
    `To: <sip:101@127.10.1.1>${toTag}`,
    "Call-ID: 1",
    `CSeq: ${method === "INVITE" ? 1 : 2} ${method}`,
    "Contact: <sip:101@127.10.0.11:5060>",
    ...(body === "" ? [] : ["Content-Type: application/sdp"]),
    `Content-Length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
}

const seeds: readonly Uint8Array[] = [
  Buffer.from(sip("INVITE", "", offer)),
  Buffer.from(sip("INVITE", ";tag=2", "")),
  Buffer.from(sip("BYE", ";tag=2", "")),
  Buffer.from(sip("CANCEL", "", "")),
  Buffer.from(sip("OPTIONS", "", "")),
];

const mutated = fc
  .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.nat(800))
  .map(([bytes, changes, length]) => {
    const copy = Uint8Array.from(bytes).slice(0, length < 400 ? bytes.length : length);
    for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
    return copy;
  });
const step = fc.record({
  bytes: fc.oneof({ weight: 4, arbitrary: mutated }, fc.uint8Array({ maxLength: 60 })),
  waitMs: fc.nat(200),
});

test.prop([fc.array(step, { maxLength: 30 })], { numRuns: 150 })(
  "whatever reaches its ports, a telephone goes on: it can always be hung up, and a good call still rings it",
  (script) => {
    const telephone = station();
    let nowMs = 0;
    for (const { bytes, waitMs } of script) {
      telephone.receive(bytes, gateway, nowMs);
      nowMs += waitMs;
      telephone.tick(nowMs);
    }
    telephone.hangUp(nowMs);
    expect(telephone.state).toBe("on-hook");
    nowMs += 100_000;
    telephone.tick(nowMs);
    const good = sip("INVITE", "", offer)
      .replaceAll("z9hG4bKINVITE", "z9hG4bKgood")
      .replace("Call-ID: 1", "Call-ID: 2");
    telephone.receive(Buffer.from(good), gateway, nowMs);
    expect(telephone.state).toBe("ringing");
  },
);
