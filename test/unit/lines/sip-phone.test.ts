import { expect, test } from "vitest";
import { SipPhones } from "../../../firmware/lines/sip-phone.js";
import { parseSip } from "../../../firmware/protocol/sip/parse.js";
import { SipTransactions } from "../../../firmware/protocol/sip/transactions.js";
import { formatUri } from "../../../firmware/protocol/sip/uri.js";
import { writeSip } from "../../../firmware/protocol/sip/write.js";
import { seededRandom } from "../../support/seeded-random.js";
import { gatewayAddress, gatewaySound, line, phoneAddress, TelephoneOnLine } from "../../support/telephone-on-line.js";

/** Names of what the telephone and (marked so) its line said, in order. */
function kinds(pair: TelephoneOnLine): string[] {
  return pair.said.map((event) => ("line" in event ? `line ${event.kind}` : event.kind));
}

function calling(): TelephoneOnLine {
  const pair = new TelephoneOnLine(1);
  pair.atPhone((phone) => phone.dial("201", pair.nowMs));
  pair.run(500);
  return pair;
}

function talking(): TelephoneOnLine {
  const pair = calling();
  pair.atGateway((phones) => phones.connect(line, gatewaySound, pair.nowMs));
  pair.run(500);
  return pair;
}

function ringing(answerAfterMs: number | null = null): TelephoneOnLine {
  const pair = new TelephoneOnLine(2, answerAfterMs);
  pair.atGateway((phones) => phones.ring(line, gatewaySound, "205", pair.nowMs));
  pair.run(200);
  return pair;
}

test("a call of the telephone is off-hook with number, device, address and sound", () => {
  expect(calling().said).toContainEqual({
    kind: "off-hook",
    line,
    device: "101",
    address: "127.10.1.1",
    dialled: "201",
    media: expect.objectContaining({
      media: { address: "127.10.1.1", port: 40_000 },
      codings: [{ encoding: "PCMU", clockRateHz: 8000, payloadType: 0, ptimeMs: 20 }],
    }),
  });
});

test("ringback and connect are heard by the telephone that calls, and its hanging up is on-hook", () => {
  const pair = calling();
  pair.atGateway((phones) => phones.ringback(line, pair.nowMs));
  pair.run(500);
  pair.atGateway((phones) => phones.connect(line, gatewaySound, pair.nowMs));
  pair.run(500);
  expect(pair.telephone.state).toBe("talking");
  pair.atPhone((phone) => phone.hangUp(pair.nowMs));
  pair.run(500);
  expect(kinds(pair)).toEqual([
    "dialling",
    "line off-hook",
    "ringback",
    "answered",
    "talking",
    "hung-up",
    "line on-hook",
  ]);
  expect(pair.telephone.isSettled).toBe(true);
});

test("a telephone that is rung rings, answers after its time, and its sound comes with the answer", () => {
  const pair = ringing(700);
  expect(pair.said).toContainEqual({ kind: "ringing", from: "205" });
  pair.run(1000);
  expect(kinds(pair)).toEqual(["ringing", "answered", "talking", "line answered"]);
  const answered = pair.said.find((event) => "line" in event && event.kind === "answered");
  expect(answered).toMatchObject({ media: { media: { address: "127.10.1.1", port: 40_000 } } });
});

test("release ends a call that is up with BYE, and on-hook comes at once and only once", () => {
  const pair = talking();
  pair.atGateway((phones) => phones.release(line, pair.nowMs));
  expect(pair.said.at(-1)).toEqual({ kind: "on-hook", line });
  pair.run(500);
  expect(pair.said.at(-1)).toMatchObject({ kind: "hung-up", by: "far" });
  expect(kinds(pair).filter((kind) => kind === "line on-hook")).toHaveLength(1);
});

test("release refuses a call that was not answered: busy, or what it is told", () => {
  for (const [refusal, reason] of [
    [undefined, "486 Busy Here"],
    [503, "503 Service Unavailable"],
  ] as const) {
    const pair = calling();
    pair.atGateway((phones) => phones.release(line, pair.nowMs, refusal));
    pair.run(500);
    expect(pair.said.at(-1)).toEqual({ kind: "hung-up", by: "refusal", reason });
    expect(pair.said).toContainEqual({ kind: "on-hook", line });
  }
});

test("a telephone that gives up before the answer is on-hook", () => {
  const pair = calling();
  pair.atPhone((phone) => phone.hangUp(pair.nowMs));
  pair.run(500);
  expect(kinds(pair)).toEqual(["dialling", "line off-hook", "hung-up", "line on-hook"]);
  expect(pair.telephone.isSettled).toBe(true);
});

test("stopping to ring silences the telephone, and says nothing of the line", () => {
  const pair = ringing();
  pair.atGateway((phones) => phones.stopRinging(line, pair.nowMs));
  pair.run(500);
  expect(kinds(pair)).toEqual(["ringing", "hung-up"]);
  expect(pair.telephone.state).toBe("on-hook");
});

test("an answer that crosses the end of ringing is acknowledged and ended", () => {
  const pair = ringing();
  pair.atPhone((phone) => phone.answer(pair.nowMs));
  pair.atGateway((phones) => phones.stopRinging(line, pair.nowMs));
  pair.run(2000);
  expect(kinds(pair)).toEqual(["ringing", "answered", "talking", "hung-up"]);
  expect(pair.telephone.isSettled).toBe(true);
});

test("a telephone that declines, and one that calls when it is rung, are unreachable", () => {
  const declining = ringing();
  declining.atPhone((phone) => phone.hangUp(declining.nowMs));
  declining.run(500);
  expect(declining.said.at(-1)).toEqual({ kind: "unreachable", line, reason: "603 Decline" });

  const glare = new TelephoneOnLine(3);
  glare.atPhone((phone) => phone.dial("201", glare.nowMs));
  glare.atGateway((phones) => phones.ring(line, gatewaySound, "205", glare.nowMs));
  glare.run(500);
  expect(glare.said).toContainEqual({ kind: "unreachable", line, reason: "486 Busy Here" });
  expect(glare.said).toContainEqual({ kind: "hung-up", by: "refusal", reason: "486 Busy Here" });
  expect(glare.telephone.state).toBe("on-hook");
});

test("two BYEs that cross end the call for both", () => {
  const pair = talking();
  pair.atPhone((phone) => phone.hangUp(pair.nowMs));
  pair.atGateway((phones) => phones.release(line, pair.nowMs));
  pair.run(1000);
  expect(pair.telephone.isSettled).toBe(true);
  expect(kinds(pair).filter((kind) => kind === "line on-hook" || kind === "hung-up")).toHaveLength(2);
});

test("a telephone that gives no sign of life is unreachable after four seconds", () => {
  const pair = new TelephoneOnLine(4);
  pair.weather = { loss: 1, repetition: 0 };
  pair.atGateway((phones) => phones.ring(line, gatewaySound, "205", pair.nowMs));
  pair.run(3900);
  expect(kinds(pair)).toEqual([]);
  pair.run(200);
  expect(pair.said).toEqual([{ kind: "unreachable", line, reason: "no sign of life from the telephone" }]);
});

test("a telephone that vanishes from a call is noticed by the probe, one that lives on is left in peace", () => {
  const living = talking();
  living.run(300_000);
  expect(living.telephone.state).toBe("talking");
  const vanished = talking();
  vanished.weather = { loss: 1, repetition: 0 };
  vanished.run(70_000);
  expect(vanished.said.at(-1)).toEqual({ kind: "on-hook", line });
});

test("a telephone that lost its power in a call and calls again finds its line free at its second try", () => {
  const pair = talking();
  pair.restartTelephone();
  const dial = () => pair.atPhone((phone) => phone.dial("201", pair.nowMs));
  dial();
  pair.run(500);
  expect(kinds(pair).slice(-3)).toEqual(["dialling", "hung-up", "line on-hook"]);
  dial();
  pair.run(500);
  expect(kinds(pair).slice(-2)).toEqual(["dialling", "line off-hook"]);
});

test("the line is free again after each call", () => {
  const pair = new TelephoneOnLine(5, 100);
  for (let call = 0; call < 6; call += 1) {
    pair.atPhone((phone) => phone.dial("201", pair.nowMs));
    pair.run(300);
    pair.atGateway((phones) => phones.connect(line, gatewaySound, pair.nowMs));
    pair.run(300);
    pair.atPhone((phone) => phone.hangUp(pair.nowMs));
    pair.run(300);
    pair.atGateway((phones) => phones.ring(line, gatewaySound, "205", pair.nowMs));
    pair.run(500);
    pair.atGateway((phones) => phones.release(line, pair.nowMs));
    pair.run(300);
  }
  expect(kinds(pair).filter((kind) => kind === "line answered")).toHaveLength(6);
  expect(kinds(pair).filter((kind) => kind === "line on-hook")).toHaveLength(12);
});

const someVia = [{ transport: "UDP", host: "192.0.2.1", port: null, parameters: [] }];
const offer = `v=0\r\no=- 1 1 IN IP4 127.10.1.1\r\ns=-\r\nc=IN IP4 127.10.1.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n`;

/** What a gateway with this one line answers to an INVITE, and what it says of it. */
function invited(to: string, from: string, body: string, source = phoneAddress, more: readonly string[] = []) {
  const random = seededRandom(6);
  const lines = [{ line, number: "101", phone: phoneAddress }];
  const { codings } = gatewaySound;
  const phones = new SipPhones({ gatewayName: "gw1.example", address: gatewayAddress, lines, codings }, random);
  const transactions = new SipTransactions({ sentBy: gatewayAddress }, random);
  const text = [
    `INVITE ${to} SIP/2.0`,
    `Via: SIP/2.0/UDP ${source.address}:${source.port};branch=z9hG4bK1`,
    "Max-Forwards: 70",
    `From: <sip:${from}@127.10.0.11>;tag=1`,
    ...(more.some((field) => field.startsWith("To:")) ? [] : [`To: <${to}>`]),
    ...more,
    "Call-ID: 1",
    "CSeq: 1 INVITE",
    `Contact: <sip:${from}@${source.address}:${source.port}>`,
    ...(body === "" || more.some((field) => field.startsWith("Content-Type:"))
      ? []
      : ["Content-Type: application/sdp"]),
    `Content-Length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
  const answers: string[] = [];
  const events = [];
  for (const event of transactions.receive(Buffer.from(text), source, 0).events) {
    const turn = phones.sipEvent(event, 0);
    events.push(...turn.events);
    for (const { bytes } of transactions.perform(turn.sip, 0).sends) {
      answers.push(Buffer.from(bytes).toString().split("\r\n")[0] ?? "");
    }
  }
  return { answers, events };
}

test("a stranger, a number that is none, and an INVITE whose sound cannot be taken are refused", () => {
  const stranger = { address: "127.10.1.9", port: 5060 };
  expect(invited("sip:201@127.10.0.11", "101", offer, stranger).answers).toEqual(["SIP/2.0 403 Forbidden"]);
  expect(invited("sip:alice@127.10.0.11", "101", offer).answers).toEqual(["SIP/2.0 404 Not Found"]);
  const opus = offer.replace("AVP 0", "AVP 96").concat("a=rtpmap:96 opus/48000/2\r\n");
  expect(invited("sip:201@127.10.0.11", "101", opus).answers).toEqual(["SIP/2.0 488 Not Acceptable Here"]);
  expect(invited("sip:201@127.10.0.11", "101", "v=0\r\n").answers).toEqual(["SIP/2.0 488 Not Acceptable Here"]);
});

test("an INVITE of a call long forgotten, of an unknown scheme, extension or body is refused by its own code", () => {
  const refusal = (...more: string[]) => invited("sip:201@127.10.0.11", "101", offer, phoneAddress, more);
  const forgotten = refusal("To: <sip:201@127.10.0.11>;tag=gone");
  expect(forgotten).toEqual({ answers: ["SIP/2.0 481 Call/Transaction Does Not Exist"], events: [] });
  expect(invited("tel:201", "101", offer).answers).toEqual(["SIP/2.0 416 Unsupported URI Scheme"]);
  expect(refusal("Require: 100rel").answers).toEqual(["SIP/2.0 420 Bad Extension"]);
  expect(refusal("Content-Type: text/plain").answers).toEqual(["SIP/2.0 415 Unsupported Media Type"]);
  expect(refusal("Content-Encoding: gzip").answers).toEqual(["SIP/2.0 415 Unsupported Media Type"]);
});

test("a telephone that rings and is never heard of again does not hold its line for ever", () => {
  const pair = ringing();
  pair.weather = { loss: 1, repetition: 0 };
  pair.run(185_000);
  expect(pair.said).toContainEqual({ kind: "unreachable", line, reason: "the telephone rang and nobody answered" });
  expect(pair.telephone.isSettled).toBe(true);
});

test("a gateway named by its address in brackets, and a caller without a number, make URIs that can be read", () => {
  const lines = [{ line, number: "101", phone: phoneAddress }];
  for (const [gatewayName, callerNumber, uri] of [
    ["[127.10.0.11]", "205", "sip:205@127.10.0.11"],
    ["[2001:db8::1]", "205", "sip:205@[2001:db8::1]"],
    ["gw1.example", "", "sip:gw1.example"],
  ] as const) {
    const { codings } = gatewaySound;
    const phones = new SipPhones({ gatewayName, address: gatewayAddress, lines, codings }, seededRandom(8));
    const [output] = phones.ring(line, gatewaySound, callerNumber, 0).sip;
    if (output?.kind !== "request") throw new Error("no INVITE");
    const written = parseSip(writeSip({ ...output.request, headers: { ...output.request.headers, via: someVia } }));
    if (!written.ok) throw new Error(written.reason);
    expect(formatUri(written.value.headers.from.uri)).toBe(uri);
  }
});

test("an INVITE to the gateway itself is off-hook without a number", () => {
  expect(invited("sip:127.10.0.11", "101", offer).events).toMatchObject([{ kind: "off-hook", line, dialled: null }]);
});

test("a telephone that sends from another port is known by its number", () => {
  const source = { address: phoneAddress.address, port: 61_234 };
  expect(invited("sip:201@127.10.0.11", "101", offer, source).events).toMatchObject([{ kind: "off-hook", line }]);
  expect(invited("sip:201@127.10.0.11", "102", offer, source).answers).toEqual(["SIP/2.0 403 Forbidden"]);
});
