import { describe, expect, test } from "vitest";
import {
  parseMediaDescription,
  sdpCodingsMax,
  writeAnswer,
  writeMediaDescription,
} from "../../../firmware/protocol/sdp.js";

const base = "v=0\r\no=- 25678 753849 IN IP4 128.96.41.1\r\ns=-\r\nc=IN IP4 128.96.41.1\r\nt=0 0\r\n";

function audio(lines: string): string {
  return `${base}m=audio 3456 RTP/AVP ${lines}\r\n`;
}

test("RFC 3435 section 3.4.1: a static and a named payload type", () => {
  expect(parseMediaDescription(audio("0 96\r\na=rtpmap:96 G726-32/8000"))).toEqual({
    ok: true,
    value: {
      sessionId: "25678",
      sessionVersion: "753849",
      media: { address: "128.96.41.1", port: 3456 },
      codings: [
        { encoding: "PCMU", clockRateHz: 8_000, payloadType: 0, ptimeMs: 20 },
        { encoding: "G726-32", clockRateHz: 8_000, payloadType: 96, ptimeMs: 20 },
      ],
      telephoneEventPayloadType: null,
      formatParameters: [],
      direction: "sendrecv",
    },
  });
});

test("what a gateway writes, line by line", () => {
  const description = {
    sessionId: "1",
    sessionVersion: "2",
    media: { address: "2001:db8::1", port: 16_384 },
    codings: [{ encoding: "PCMA", clockRateHz: 8_000, payloadType: 8, ptimeMs: 10 }],
    telephoneEventPayloadType: 101,
    formatParameters: [],
    direction: "recvonly" as const,
  };
  expect(writeMediaDescription(description).split("\r\n")).toEqual([
    "v=0",
    "o=- 1 2 IN IP6 2001:db8::1",
    "s=-",
    "c=IN IP6 2001:db8::1",
    "t=0 0",
    "m=audio 16384 RTP/AVP 8 101",
    "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-15",
    "a=ptime:10",
    "a=recvonly",
    "",
  ]);
});

describe("what is tolerated", () => {
  test("no o=, s= and t= lines, bare line feeds, and a letter in the session id", () => {
    const text = "v=0\nc=IN IP4 10.0.0.1\nm=audio 4000 RTP/AVP 8\n";
    expect(parseMediaDescription(text)).toMatchObject({ ok: true, value: { sessionId: "0", sessionVersion: "0" } });
    const lettered = base.replace("25678", "A7453949499");
    expect(parseMediaDescription(`${lettered}m=audio 3456 RTP/AVP 0\r\n`).ok).toBe(true);
  });

  test("the media's own address, packet time and direction go before the session's", () => {
    const text = `${base}a=inactive\r\nm=audio 3456 RTP/AVP 0\r\nc=IN IP4 10.0.0.9\r\na=ptime:30\r\na=sendonly\r\n`;
    const result = parseMediaDescription(text);
    expect(result).toMatchObject({ ok: true, value: { media: { address: "10.0.0.9" }, direction: "sendonly" } });
    expect(result.ok && result.value.codings[0]?.ptimeMs).toBe(30);
  });

  test("formats that cannot be named are left out, and a refused stream has port 0", () => {
    const result = parseMediaDescription(`${base}m=audio 0 RTP/AVP 97 x 18\r\n`);
    expect(result.ok && result.value.codings.map((coding) => coding.encoding)).toEqual(["G729"]);
    expect(result.ok && result.value.media.port).toBe(0);
  });

  test("a video stream in front of the audio one is passed over", () => {
    const result = parseMediaDescription(`${base}m=video 5000 RTP/AVP 31\r\nm=audio 3456 RTP/AVP 0\r\n`);
    expect(result.ok && result.value.media.port).toBe(3456);
  });
});

describe("what is refused, with a reason", () => {
  test.each([
    ["nothing", ""],
    ["no version", "o=- 1 1 IN IP4 1.2.3.4\r\n"],
    ["the version only", "v=0\r\n"],
    ["no audio", `${base}m=video 5000 RTP/AVP 31\r\n`],
    ["no address", "v=0\r\nm=audio 4000 RTP/AVP 0\r\n"],
    ["a name for an address", `${base.replaceAll("128.96.41.1", "host.example")}m=audio 4000 RTP/AVP 0\r\n`],
    ["a multicast address with its scope", `${base.replaceAll("128.96.41.1", "224.2.1.1/127")}m=audio 4 RTP/AVP 0\r\n`],
    ["SRTP", `${base}m=audio 4000 RTP/SAVP 0\r\n`],
    ["a port that is none", `${base}m=audio 70000 RTP/AVP 0\r\n`],
    ["a packet time that is none", audio("0\r\na=ptime:0")],
    ["a packet time above the limit", audio("0\r\na=ptime:1000")],
    ["too many formats", audio(Array.from({ length: sdpCodingsMax + 1 }, (_, index) => index).join(" "))],
    ["too many lines", `v=0\r\n${"a=x\r\n".repeat(300)}`],
    ["too many characters", `v=0\r\n${"a".repeat(9_000)}\r\n`],
  ])("%s", (_what, text) => {
    const result = parseMediaDescription(text);
    expect(!result.ok && result.reason.length > 0).toBe(true);
  });
});

describe("an answer (RFC 3264 section 6)", () => {
  const ours = {
    sessionId: "1",
    sessionVersion: "1",
    media: { address: "192.0.2.9", port: 16_384 },
    codings: [{ encoding: "PCMU", clockRateHz: 8_000, payloadType: 0, ptimeMs: 20 }],
    telephoneEventPayloadType: null,
    formatParameters: [],
    direction: "sendrecv" as const,
  };
  const streams = (offer: string) => writeAnswer(ours, offer).match(/^(?:m=|a=(?:send|recv|inactive)).*$/gm);

  test("has every stream of the offer in its place, those not taken with port 0", () => {
    const offer = `${base}m=video 5 RTP/AVP 31\r\nm=audio 7 RTP/SAVP 0\r\nm=audio 9/1 X 1\nm=audio 3456 RTP/AVP 8 0\nm=image 8 udptl t38\r\n`;
    expect(streams(offer)).toEqual([
      "m=video 0 RTP/AVP 31",
      "m=audio 0 RTP/SAVP 0",
      "m=audio 0 X 1",
      "m=audio 16384 RTP/AVP 0",
      "a=sendrecv",
      "m=image 0 udptl t38",
    ]);
    expect(parseMediaDescription(offer)).toMatchObject({ ok: true, value: { media: { port: 3456 } } });
    expect(parseMediaDescription(writeAnswer(ours, offer))).toMatchObject({ ok: true, value: { media: ours.media } });
  });

  test("to an offer of one stream is what is written without one", () => {
    expect(writeAnswer(ours, audio("0"))).toBe(writeMediaDescription(ours));
  });

  test("sends only where the offer receives, and receives only where it sends", () => {
    const directions = ["sendonly", "recvonly", "inactive", "sendrecv"];
    expect(directions.map((direction) => streams(audio(`0\r\na=${direction}`))?.[1])).toEqual([
      "a=recvonly",
      "a=sendonly",
      "a=inactive",
      "a=sendrecv",
    ]);
  });
});
