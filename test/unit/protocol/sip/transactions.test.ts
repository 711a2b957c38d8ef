import { expect, test } from "vitest";
import { responseTo } from "../../../../firmware/protocol/sip/build.js";
import { parameterOf } from "../../../../firmware/protocol/sip/parameter.js";
import { type SipEvent, SipTransactions } from "../../../../firmware/protocol/sip/transactions.js";
import { writeSip } from "../../../../firmware/protocol/sip/write.js";
import { alice, aRequest, bob, brief, messageIn, seeded } from "../../../support/sip-wire.js";

function client() {
  return new SipTransactions({ sentBy: alice }, seeded(1));
}

function server(transactionsMax = 100) {
  return new SipTransactions({ sentBy: bob, transactionsMax }, seeded(2));
}

function keyOf(events: readonly SipEvent[]): string {
  const [event] = events;
  return event !== undefined && "key" in event ? event.key : "";
}

/** Runs to each deadline in turn; gives the times at which something was sent, and the events. */
function runOut(transactions: SipTransactions, untilMs: number) {
  const sentAt: number[] = [];
  const events: SipEvent[] = [];
  for (let nowMs = transactions.next(); nowMs !== null && nowMs <= untilMs; nowMs = transactions.next()) {
    const turn = transactions.tick(nowMs);
    for (const _ of turn.sends) sentAt.push(nowMs);
    events.push(...turn.events);
  }
  return { sentAt, events };
}

test("an INVITE without an answer is repeated at doubling intervals and given up after 64*T1", () => {
  const caller = client();
  caller.request(aRequest("INVITE"), bob, 0, "call");
  const { sentAt, events } = runOut(caller, 100_000);
  expect(sentAt).toEqual([500, 1_500, 3_500, 7_500, 15_500, 31_500]);
  expect(events).toMatchObject([{ kind: "failed", reference: "call", reason: "timeout" }]);
  expect(caller.size).toBe(0);
});

test("another request without an answer is repeated at intervals that stop growing at T2", () => {
  const caller = client();
  caller.request(aRequest("OPTIONS"), bob, 0);
  const { sentAt, events } = runOut(caller, 100_000);
  expect(sentAt).toEqual([500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
  expect(events).toMatchObject([{ kind: "failed", reason: "timeout" }]);
  expect(caller.next()).toBeNull();
});

test("over a reliable transport nothing is repeated", () => {
  const caller = client();
  caller.request(aRequest("INVITE"), { ...bob, reliable: true }, 0);
  expect(runOut(caller, 100_000).sentAt).toEqual([]);
});

test("a request repeated by the network reaches the user once and is answered each time with the same bytes", () => {
  const caller = client();
  const called = server();
  const sent = caller.request(aRequest("OPTIONS"), bob, 0).sends[0];
  const bytes = sent?.bytes ?? new Uint8Array(0);
  const first = called.receive(bytes, alice, 1);
  expect(called.receive(bytes, alice, 2)).toMatchObject({ sends: [], events: [] });
  const [event] = first.events;
  if (event?.kind !== "request") throw new Error("no request");
  const answer = called.respond(event.key, responseTo(event.request, 200, { toTag: "b" }), 3);
  expect(brief(answer)).toEqual(["200 OPTIONS"]);
  expect(called.receive(bytes, alice, 4).sends).toEqual(answer);
  expect(called.tick(3 + 32_000)).toMatchObject({ sends: [], events: [] });
  expect(called.size).toBe(0);
});

test("an unanswered INVITE gets a 100 after 200 ms, and the caller stops repeating it", () => {
  const caller = client();
  const called = server();
  const invite = caller.request(aRequest("INVITE"), bob, 0, "call").sends[0];
  called.receive(invite?.bytes ?? new Uint8Array(0), alice, 0);
  expect(called.next()).toBe(200);
  const trying = called.tick(200).sends;
  expect(brief(trying)).toEqual(["100 INVITE"]);
  const heard = caller.receive(trying[0]?.bytes ?? new Uint8Array(0), bob, 201);
  expect(heard.events).toMatchObject([{ kind: "response", response: { status: 100 } }]);
  expect(caller.next()).toBeNull();
});

test("a refused INVITE is acknowledged by the transaction and the refusal repeated until then", () => {
  const caller = client();
  const called = server();
  const invite = caller.request(aRequest("INVITE"), bob, 0).sends[0];
  const [event] = called.receive(invite?.bytes ?? new Uint8Array(0), alice, 0).events;
  if (event?.kind !== "request") throw new Error("no request");
  const busy = called.respond(event.key, responseTo(event.request, 486, { toTag: "b" }), 10);
  expect(brief(called.tick(510).sends)).toEqual(["486 INVITE"]);
  const turn = caller.receive(busy[0]?.bytes ?? new Uint8Array(0), bob, 520);
  expect(brief(turn.sends)).toEqual(["ACK"]);
  const ack = messageIn(turn.sends[0]);
  expect(ack.headers.via).toEqual(messageIn(invite).headers.via);
  expect(ack.headers.to).toEqual(messageIn(busy[0]).headers.to);
  expect(called.receive(turn.sends[0]?.bytes ?? new Uint8Array(0), alice, 530)).toMatchObject({
    sends: [],
    events: [],
  });
  expect(called.tick(1_510).sends).toEqual([]);
  expect(brief(caller.receive(busy[0]?.bytes ?? new Uint8Array(0), bob, 540).sends)).toEqual(["ACK"]);
});

test("a 2xx is repeated until its ACK, which has a branch of its own", () => {
  const caller = client();
  const called = server();
  const invite = caller.request(aRequest("INVITE"), bob, 0).sends[0];
  const [event] = called.receive(invite?.bytes ?? new Uint8Array(0), alice, 0).events;
  if (event?.kind !== "request") throw new Error("no request");
  called.respond(event.key, responseTo(event.request, 200, { toTag: "b" }), 0);
  expect(brief(called.tick(500).sends)).toEqual(["200 INVITE"]);
  const ack = { ...aRequest("ACK"), headers: { ...aRequest("ACK").headers, cseq: { number: 1, method: "ACK" } } };
  const acked = caller.perform([{ kind: "ack", request: ack, to: bob }], 600).sends[0];
  expect(called.receive(acked?.bytes ?? new Uint8Array(0), alice, 600).events).toMatchObject([
    { kind: "ack", key: event.key },
  ]);
  expect(runOut(called, 100_000)).toEqual({ sentAt: [], events: [] });
  expect(called.size).toBe(0);
});

test("a 2xx that is never acknowledged is told to the user when the far side must have given up", () => {
  const called = server();
  const invite = client().request(aRequest("INVITE"), bob, 0).sends[0];
  const [event] = called.receive(invite?.bytes ?? new Uint8Array(0), alice, 0).events;
  if (event?.kind !== "request") throw new Error("no request");
  called.respond(event.key, responseTo(event.request, 200, { toTag: "b" }), 0);
  expect(runOut(called, 100_000).events).toEqual([{ kind: "unacknowledged", key: event.key }]);
});

test("CANCEL waits for a provisional response, is answered by the far side, and leaves the INVITE to its user", () => {
  const caller = client();
  const called = server();
  const invite = caller.request(aRequest("INVITE"), bob, 0, "call").sends[0];
  const [event] = called.receive(invite?.bytes ?? new Uint8Array(0), alice, 0).events;
  if (event?.kind !== "request") throw new Error("no request");
  expect(caller.perform([{ kind: "cancel", reference: "call" }], 5).sends).toEqual([]);
  const ringing = called.respond(event.key, responseTo(event.request, 180, { toTag: "b" }), 10);
  const cancel = caller.receive(ringing[0]?.bytes ?? new Uint8Array(0), bob, 11).sends;
  expect(brief(cancel)).toEqual(["CANCEL"]);
  const turn = called.receive(cancel[0]?.bytes ?? new Uint8Array(0), alice, 12);
  expect(brief(turn.sends)).toEqual(["200 CANCEL"]);
  expect(parameterOf(messageIn(turn.sends[0]).headers.to.parameters, "tag")).toBe("b");
  expect(turn.events).toEqual([{ kind: "cancel", key: event.key }]);
  const terminated = called.respond(event.key, responseTo(event.request, 487, { toTag: "b" }), 13);
  const last = caller.receive(terminated[0]?.bytes ?? new Uint8Array(0), bob, 14);
  expect(brief(last.sends)).toEqual(["ACK"]);
  expect(last.events).toMatchObject([{ kind: "response", reference: "call", response: { status: 487 } }]);
});

test("a CANCEL of nothing gets 481", () => {
  const cancel = client().request(aRequest("CANCEL"), bob, 0).sends[0];
  expect(brief(server().receive(cancel?.bytes ?? new Uint8Array(0), alice, 0).sends)).toEqual(["481 CANCEL"]);
});

test("RFC 3581: the answer goes to the port the request came from, and Via says which", () => {
  const called = server();
  const behindNat = { address: "198.51.100.9", port: 40_123 };
  const sent = client().request(aRequest("OPTIONS"), bob, 0).sends[0];
  const [event] = called.receive(sent?.bytes ?? new Uint8Array(0), behindNat, 0).events;
  if (event?.kind !== "request") throw new Error("no request");
  const [answer] = called.respond(event.key, responseTo(event.request, 200, { toTag: "b" }), 0);
  expect(answer?.to).toMatchObject(behindNat);
  const via = messageIn(answer).headers.via[0]?.parameters ?? [];
  expect([parameterOf(via, "received"), parameterOf(via, "rport")]).toEqual([behindNat.address, "40123"]);
});

test("a Via with port 0 is answered where the request came from", () => {
  const text =
    "OPTIONS sip:bob@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:0;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: <sip:a@192.0.2.1>;tag=1\r\nTo: <sip:b@192.0.2.2>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";
  const called = server();
  const [event] = called.receive(new TextEncoder().encode(text), alice, 0).events;
  if (event?.kind !== "request") throw new Error("no request");
  expect(called.respond(event.key, responseTo(event.request, 200), 0)[0]?.to).toMatchObject(alice);
});

test("a response with more than one Via went astray and is dropped (RFC 3261 section 8.1.3.3)", () => {
  const caller = client();
  const sent = messageIn(caller.request(aRequest("OPTIONS"), bob, 0).sends[0]);
  if (sent.kind !== "request") throw new Error("no request");
  const [top] = sent.headers.via;
  if (top === undefined) throw new Error("no Via");
  const astray = { ...sent, headers: { ...sent.headers, via: [top, { ...top, host: "192.0.2.77" }] } };
  expect(caller.receive(writeSip(responseTo(astray, 200)), bob, 10).events).toEqual([]);
  expect(caller.receive(writeSip(responseTo(sent, 200)), bob, 10).events).toHaveLength(1);
});

test("refused INVITEs make room for others as answered requests do, so that a flood of them shuts nobody out", () => {
  const called = server(2);
  for (const callId of ["a", "b", "c"]) {
    const sent = client().request(aRequest("INVITE", callId), bob, 0).sends[0];
    const other = new TextDecoder().decode(sent?.bytes).replace(/branch=z9hG4bK/, `branch=z9hG4bK${callId}`);
    const turn = called.receive(new TextEncoder().encode(other), alice, 0);
    const [event] = turn.events;
    if (event?.kind !== "request") throw new Error(`${callId} was not let in`);
    called.respond(event.key, responseTo(event.request, 403, { toTag: "x" }), 0);
  }
  expect(called.size).toBe(2);
});

test("a malformed request is answered 400 with the reason, and tells nobody but the log", () => {
  const text =
    "OPTIONS sip:bob@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;rport\r\nMax-Forwards: x\r\nFrom: <sip:a@192.0.2.1>;tag=1\r\nTo: <sip:b@192.0.2.2>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n";
  const turn = server().receive(new TextEncoder().encode(text), alice, 0);
  expect(messageIn(turn.sends[0])).toMatchObject({ status: 400, reason: "Max-Forwards: Max-Forwards is not 0..255" });
  expect(turn.events).toMatchObject([{ kind: "malformed", from: alice }]);
});

test("with no room left the oldest answered request is forgotten first, and 503 given when none is answered", () => {
  const caller = client();
  const called = server(2);
  const received = ["a", "b", "c", "d"].map((callId) => {
    const sent = caller.request(aRequest("OPTIONS", callId), bob, 0).sends[0];
    const turn = called.receive(sent?.bytes ?? new Uint8Array(0), alice, 0);
    const [event] = turn.events;
    if (callId === "a" && event?.kind === "request")
      called.respond(keyOf(turn.events), responseTo(event.request, 200), 0);
    return [...brief(turn.sends), ...turn.events.map(({ kind }) => kind)];
  });
  expect(received).toEqual([["request"], ["request"], ["request"], ["503 OPTIONS"]]);
  expect(called.size).toBe(2);
});

test("a request that does not fit a datagram fails at once", () => {
  const huge = { ...aRequest("NOTIFY"), body: new Uint8Array(65_507) };
  expect(client().request(huge, bob, 0, "n")).toMatchObject({
    sends: [],
    events: [{ kind: "failed", reason: "too large" }],
  });
});

test("a request that its user never answers is forgotten when its client has given up", () => {
  const called = server();
  const sent = client().request(aRequest("OPTIONS"), bob, 0).sends[0];
  called.receive(sent?.bytes ?? new Uint8Array(0), alice, 0);
  expect(called.next()).toBe(32_000);
  expect(called.tick(32_000)).toMatchObject({ sends: [], events: [] });
  expect(called.size).toBe(0);
});
