import { describe, expect, test } from "vitest";
import type { DigestUser } from "../../../../firmware/management/digest-gate.js";
import { SipFace } from "../../../../firmware/management/sip-face.js";
import type { ActiveConnection } from "../../../../firmware/protocol/active-connection.js";
import type { Address } from "../../../../firmware/protocol/address.js";
import type { OutgoingDatagram } from "../../../../firmware/protocol/datagram.js";
import { earliest } from "../../../../firmware/protocol/deadlines.js";
import { dialogInfoType } from "../../../../firmware/protocol/dialog-info.js";
import { responseTo } from "../../../../firmware/protocol/sip/build.js";
import { dialogAsServer, requestInDialog } from "../../../../firmware/protocol/sip/dialog.js";
import { bodyOf } from "../../../../firmware/protocol/sip/message.js";
import { SipTransactions } from "../../../../firmware/protocol/sip/transactions.js";
import type { AuditOutcome, QueryTurn } from "../../../../host/query/audit-query.js";
import { type SipCredentials, SipQuery, streamAnswerMs } from "../../../../host/query/sip-query.js";
import { aCallOf } from "../../../support/example-snapshot.js";
import { alice, bob, brief, seeded } from "../../../support/sip-wire.js";

const snapshot = {
  gateway: "gw1.example",
  bootId: "B0",
  counter: 3,
  upMs: 90_000,
  epoch: { number: 2, server: "ca1" },
  heard: [{ address: "192.0.2.9", ageMs: 40 }],
  connections: [],
  lineEvents: [],
  ended: [],
};

/** A notifier at bob: gets one event of its transactions and says what to send. */
type Notifier = (transactions: SipTransactions, asked: OutgoingDatagram, nowMs: number) => readonly OutgoingDatagram[];

function ourGateway(
  mayAsk: boolean,
  connections: readonly ActiveConnection[] = [],
  users: readonly DigestUser[] = [],
): Notifier {
  const options = { gateway: "gw1.example", address: bob, lines: [], mayAsk: () => mayAsk, users };
  const face = new SipFace(options, () => ({ ...snapshot, connections }), seeded(5));
  return (transactions, { bytes, isStream = false }, nowMs) => {
    const turn = transactions.receive(bytes, alice, nowMs, isStream);
    const outputs = turn.events.flatMap((event) => face.sipEvent(event, nowMs));
    return [...turn.sends, ...transactions.perform(outputs, nowMs).sends];
  };
}

/** RFC 4235 section 4.2 as it stands there, but for the entity its schema asks for. */
const foreignDocument = `<?xml version="1.0" encoding="UTF-8"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" entity="sip:alice@example.com">
  <dialog id="123456" call-id="c1" direction="recipient">
    <state>confirmed</state>
    <duration>274</duration>
    <local>
      <identity display="Alice">sip:alice@example.com</identity>
      <target uri="sip:alice@pc33.example.com"><param pname="isfocus" pval="true"/></target>
    </local>
    <remote>
      <identity display="Bob">sip:bob@example.org</identity>
      <target uri="sip:bobster@192.0.2.44"/>
    </remote>
  </dialog>
</dialog-info>`;

function foreignGateway(document: string): Notifier {
  return (transactions, { bytes }, nowMs) => {
    const turn = transactions.receive(bytes, alice, nowMs);
    const [event] = turn.events;
    if (event?.kind !== "request") return turn.sends;
    const dialog = dialogAsServer(event.request, "foreign");
    if (!dialog.ok) throw new Error(dialog.reason);
    const headers = {
      event: { token: "dialog", parameters: [] },
      subscriptionState: { token: "terminated", parameters: [{ name: "reason", value: "timeout" }] },
      contentType: dialogInfoType,
    };
    const { request } = requestInDialog(dialog.value, "NOTIFY", headers, bodyOf(document));
    const notify = transactions.request(request, alice, nowMs).sends;
    // The NOTIFY overtakes the 200: RFC 6665 section 4.1.2.4 says that may be.
    return [...notify, ...transactions.respond(event.key, responseTo(event.request, 200, { toTag: "foreign" }), nowMs)];
  };
}

function run(
  notifier: Notifier,
  loses: (count: number) => boolean = () => false,
  credentials: SipCredentials | null = null,
) {
  const query = new SipQuery({ gateway: "gw1", to: bob, from: alice, timeoutMs: 5_000, credentials }, seeded(3));
  const transactions = new SipTransactions({ sentBy: bob, streamBytesMax: 1 << 24 }, seeded(4));
  const said: string[] = [];
  let count = 0;
  let outcome: AuditOutcome | null = null;
  const carry = (datagrams: readonly OutgoingDatagram[], from: Address, nowMs: number): void => {
    for (const datagram of datagrams) {
      said.push(...brief([datagram]));
      count += 1;
      if (loses(count)) continue;
      if (from === alice) carry(notifier(transactions, datagram, nowMs), bob, nowMs);
      else {
        const turn = query.receive(datagram.bytes, bob, nowMs, datagram.isStream);
        outcome ??= turn.outcome;
        carry(turn.sends, alice, nowMs);
      }
    }
  };
  carry(query.start(0).sends, alice, 0);
  const next = () => earliest(query.next(), transactions.next());
  for (let nowMs = next(); nowMs !== null && outcome === null; nowMs = next()) {
    const turn = query.tick(nowMs);
    outcome ??= turn.outcome;
    carry(turn.sends, alice, nowMs);
    carry(transactions.tick(nowMs).sends, bob, nowMs);
  }
  const ended: AuditOutcome | null = outcome;
  return { said, outcome: ended };
}

test("a gateway of ours is asked with one SUBSCRIBE and its NOTIFY is answered", () => {
  const { said, outcome } = run(ourGateway(true));
  expect(said).toEqual(["SUBSCRIBE", "200 SUBSCRIBE", "NOTIFY", "200 NOTIFY"]);
  expect(outcome).toMatchObject({
    ok: true,
    audit: { ...snapshot, via: "sip" },
    notTold: ["line events", "ended connections"],
    cost: { sent: 2, received: 2 },
  });
});

const many = Array.from({ length: 200 }, (_, number) => aCallOf(number + 1));

test("what a datagram cannot hold is asked for again over TCP", () => {
  const { said, outcome } = run(ourGateway(true, many));
  expect(said).toEqual([
    ...["SUBSCRIBE", "200 SUBSCRIBE", "NOTIFY", "200 NOTIFY"],
    ...["SUBSCRIBE", "200 SUBSCRIBE", "NOTIFY", "200 NOTIFY"],
  ]);
  expect(outcome).toMatchObject({ ok: true, audit: { connections: many }, cost: { sent: 4, received: 4 } });
});

test("where TCP fails the reason says both", () => {
  const query = new SipQuery({ gateway: "gw1", to: bob, from: alice }, seeded(3));
  const transactions = new SipTransactions({ sentBy: bob }, seeded(4));
  const notifier = ourGateway(true, many);
  const [asked] = query.start(0).sends;
  if (asked === undefined) throw new Error("nothing asked");
  for (const { bytes } of notifier(transactions, asked, 0)) query.receive(bytes, bob, 0);
  expect(query.streamLost("connect ECONNREFUSED", 0).outcome).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/not all: it is too large for a datagram; by TCP from .*: connect ECONNREFUSED/),
  });
});

describe("who takes TCP first", () => {
  const isBy = (transport: string) => expect.stringContaining(`SIP/2.0/${transport} `);
  const textOf = ({ sends }: QueryTurn) => new TextDecoder().decode(sends[0]?.bytes);

  test("asks by UDP at once where nobody takes TCP, and is answered there", () => {
    const query = new SipQuery({ gateway: "gw1", to: bob, from: alice, transport: "tcp first" }, seeded(3));
    const transactions = new SipTransactions({ sentBy: bob }, seeded(4));
    expect(textOf(query.start(0))).toEqual(isBy("TCP"));
    const turn = query.streamLost("connect ECONNREFUSED", 5);
    expect([textOf(turn), turn.outcome]).toEqual([isBy("UDP"), null]);
    const [asked] = turn.sends;
    if (asked === undefined) throw new Error("nothing asked");
    const outcomes = ourGateway(true)(transactions, asked, 5).map(({ bytes }) => query.receive(bytes, bob, 5).outcome);
    expect(outcomes).toContainEqual(expect.objectContaining({ ok: true }));
  });

  test("asks by UDP after a second of silence, and not once TCP has been answered", () => {
    const query = new SipQuery({ gateway: "gw1", to: bob, from: alice, transport: "tcp first" }, seeded(3));
    query.start(0);
    expect(query.next()).toBe(streamAnswerMs);
    expect(textOf(query.tick(streamAnswerMs))).toEqual(isBy("UDP"));
    const answered = new SipQuery({ gateway: "gw1", to: bob, from: alice, transport: "tcp first" }, seeded(3));
    const transactions = new SipTransactions({ sentBy: bob }, seeded(4));
    const [asked] = answered.start(0).sends;
    if (asked === undefined) throw new Error("nothing asked");
    const [first] = ourGateway(true)(transactions, asked, 0);
    if (first === undefined) throw new Error("nothing answered");
    answered.receive(first.bytes, bob, 10, true);
    expect(answered.tick(streamAnswerMs).sends).toEqual([]);
  });
});

const backup = { name: "backup", password: "a good password" };

describe("a gateway that does not know our address", () => {
  test("lets a user in by digest authentication, over TCP too", () => {
    const credentials = { userName: "backup", password: "a good password" };
    const { said, outcome } = run(ourGateway(false, many, [backup]), undefined, credentials);
    expect(said.slice(0, 4)).toEqual(["SUBSCRIBE", "401 SUBSCRIBE", "SUBSCRIBE", "200 SUBSCRIBE"]);
    expect(outcome).toMatchObject({ ok: true, audit: { connections: many } });
  });

  test("does not take another password, and is not asked again and again", () => {
    const { said, outcome } = run(ourGateway(false, [], [backup]), undefined, {
      userName: "backup",
      password: "guess",
    });
    expect(said).toEqual(["SUBSCRIBE", "401 SUBSCRIBE", "SUBSCRIBE", "401 SUBSCRIBE"]);
    expect(outcome).toMatchObject({ ok: false, reason: expect.stringContaining('the password of "backup"') });
  });

  test("is named as one that wants a user where we have none", () => {
    expect(run(ourGateway(false, [], [backup])).outcome).toMatchObject({
      ok: false,
      reason: expect.stringContaining("wants a user and a password (401)"),
    });
  });
});

test("lost datagrams are repeated until the answer is there", () => {
  expect(run(ourGateway(true), (count) => count === 1 || count === 4).outcome).toMatchObject({ ok: true });
});

test("a gateway that does not answer is given up with the time it was given", () => {
  const outcome = run(ourGateway(true), () => true).outcome;
  expect(outcome).toEqual({ ok: false, reason: "no answer from 192.0.2.2:5060 in 5000 ms" });
});

test("a refusal is the reason", () => {
  expect(run(ourGateway(false)).outcome).toEqual({ ok: false, reason: "192.0.2.2:5060 answered 403 Forbidden" });
});

test("a foreign notifier's document gives what RFC 4235 has, and says what it has not", () => {
  const { outcome } = run(foreignGateway(foreignDocument));
  expect(outcome).toMatchObject({
    ok: true,
    audit: {
      gateway: "gw1",
      connections: [
        {
          connectionId: "123456",
          callId: "c1",
          state: "up",
          durationMs: 274_000,
          origin: { device: "sip:bob@example.org", address: "192.0.2.44", from: "remote-description" },
          sendCoding: null,
        },
      ],
    },
    notTold: expect.arrayContaining(["coding algorithm", "quality of service"]),
  });
});

test("a document that is none, or not whole, is a reason and not an empty gateway", () => {
  expect(run(foreignGateway("<html/>")).outcome).toEqual({ ok: false, reason: "<html> is not dialog-info" });
  const partial = foreignDocument.replace('state="full"', 'state="partial"');
  expect(run(foreignGateway(partial)).outcome).toMatchObject({ ok: false });
});
