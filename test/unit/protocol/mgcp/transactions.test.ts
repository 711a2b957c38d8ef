import { describe, expect, test } from "vitest";
import type { OutgoingDatagram } from "../../../../firmware/protocol/datagram.js";
import {
  MgcpTransactions,
  type TransactionEvent,
  transactionDefaults,
} from "../../../../firmware/protocol/mgcp/transactions.js";

const agent = { address: "192.0.2.1", port: 2727 };
const gateway = { address: "192.0.2.2", port: 2427 };
const half = () => 0.5;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function make(options: Partial<typeof transactionDefaults> = {}): MgcpTransactions {
  return new MgcpTransactions({ ...transactionDefaults, ...options }, half);
}

function texts(sends: readonly OutgoingDatagram[]): string[] {
  return sends.map(({ bytes }) => decoder.decode(bytes));
}

function commandOf(events: readonly TransactionEvent[]) {
  const [event] = events;
  if (event?.kind !== "command") throw new Error("no command to be executed");
  return event;
}

const audit = {
  verb: "AUEP" as const,
  endpoint: { local: "*", domain: "gw" },
  parameters: {},
  session: null,
};
const ok = { code: 200, comment: "OK", parameters: {}, sessions: [] };

function received(transactions: MgcpTransactions, text: string, nowMs: number) {
  return transactions.receive(encoder.encode(text), agent, nowMs);
}

describe("commands of ours", () => {
  test("an unanswered one is repeated, each time later, until T-MAX, and then failed", () => {
    const transactions = make();
    const { transactionId, sends } = transactions.send(audit, gateway, 0);
    expect(texts(sends)).toEqual([`AUEP ${transactionId} *@gw MGCP 1.0\r\n`]);
    const sentAt: number[] = [];
    const ends: { kind: string; nowMs: number }[] = [];
    for (let nowMs = transactions.next(); nowMs !== null; nowMs = transactions.next()) {
      const turn = transactions.tick(nowMs);
      if (turn.sends.length > 0) sentAt.push(nowMs);
      for (const event of turn.events) ends.push({ kind: event.kind, nowMs });
    }
    expect(sentAt).toEqual([200, 500, 1_100, 2_300, 4_700, 8_700, 12_700, 16_700]);
    expect(ends).toEqual([{ kind: "failed", nowMs: transactionDefaults.giveUpAfterMs }]);
    expect(transactions.outstanding).toBe(0);
  });

  test("an answer ends the repetitions, from whatever address it comes", () => {
    const transactions = make();
    const { transactionId } = transactions.send(audit, gateway, 0);
    const turn = received(transactions, `200 ${transactionId} OK\r\n`, 10);
    expect(turn.events).toMatchObject([{ kind: "response", transactionId, response: { code: 200 } }]);
    expect(transactions.next()).toBeNull();
  });

  test("a provisional answer slows the repetitions down, and the final one is acknowledged when it asks for it", () => {
    const transactions = make();
    const { transactionId } = transactions.send(audit, gateway, 0);
    expect(received(transactions, `100 ${transactionId} Pending\r\n`, 50).events).toMatchObject([
      { kind: "provisional" },
    ]);
    expect(transactions.next()).toBe(5_050);
    const turn = received(transactions, `200 ${transactionId} OK\r\nK:\r\n`, 100);
    expect(texts(turn.sends)).toEqual([`000 ${transactionId}\r\n`]);
    expect(turn.events).toMatchObject([{ kind: "response" }]);
    const again = received(transactions, `200 ${transactionId} OK\r\nK:\r\n`, 200);
    expect(texts(again.sends)).toEqual([`000 ${transactionId}\r\n`]);
    expect(again.events).toEqual([]);
  });

  test("after a provisional answer repetitions cease at T-MAX and the final answer is waited for twice T-HIST", () => {
    const transactions = make();
    const { transactionId } = transactions.send(audit, gateway, 0);
    received(transactions, `100 ${transactionId} Pending\r\n`, 50);
    let lastSentMs = 0;
    let failedMs = 0;
    for (let nowMs = transactions.next(); nowMs !== null; nowMs = transactions.next()) {
      const turn = transactions.tick(nowMs);
      if (turn.sends.length > 0) lastSentMs = nowMs;
      if (turn.events.length > 0) failedMs = nowMs;
    }
    expect(lastSentMs).toBeLessThan(20_000);
    expect(failedMs).toBe(60_000);
  });

  test("above outstandingMax nothing is sent", () => {
    const transactions = make({ outstandingMax: 1 });
    transactions.send(audit, gateway, 0);
    expect(transactions.send(audit, gateway, 0)).toEqual({ transactionId: null, sends: [] });
  });

  test("a forgotten command is neither repeated nor reported", () => {
    const transactions = make();
    const { transactionId } = transactions.send(audit, gateway, 0);
    if (transactionId !== null) transactions.forget(transactionId);
    expect(transactions.next()).toBeNull();
  });
});

describe("commands of theirs", () => {
  const text = "CRCX 7 aaln/1@gw MGCP 1.0\r\nC: 1\r\nM: recvonly\r\n";

  test("is executed once: while executing a repetition gets 100, afterwards the same answer", () => {
    const transactions = make();
    const { reply } = commandOf(received(transactions, text, 0).events);
    const second = received(transactions, text, 200);
    expect(second.events).toEqual([]);
    expect(texts(second.sends)).toEqual(["100 7 executing\r\n"]);
    expect(texts(transactions.respond(reply, ok, 300))).toEqual(["200 7 OK\r\nK:\r\n"]);
    const third = received(transactions, text, 400);
    expect(third.events).toEqual([]);
    expect(texts(third.sends)).toEqual(["200 7 OK\r\nK:\r\n"]);
    expect(transactions.respond(reply, ok, 500)).toEqual([]);
  });

  test("an answer after a provisional one is repeated until it is acknowledged; then repetitions are dropped", () => {
    const transactions = make();
    const { reply } = commandOf(received(transactions, text, 0).events);
    expect(texts(transactions.respond(reply, { ...ok, code: 100, comment: "Pending" }, 10))).toEqual([
      "100 7 Pending\r\n",
    ]);
    transactions.respond(reply, ok, 20);
    expect(texts(transactions.tick(220).sends)).toEqual(["200 7 OK\r\nK:\r\n"]);
    expect(received(transactions, "000 7\r\n", 230)).toEqual({ sends: [], events: [] });
    expect(transactions.tick(10_000).sends).toEqual([]);
    expect(received(transactions, text, 10_100)).toEqual({ sends: [], events: [] });
  });

  test("K: in a later command confirms an answer", () => {
    const transactions = make();
    transactions.respond(commandOf(received(transactions, text, 0).events).reply, ok, 0);
    received(transactions, "AUEP 8 aaln/1@gw MGCP 1.0\r\nK: 3-7\r\n", 10);
    expect(received(transactions, text, 20)).toEqual({ sends: [], events: [] });
  });

  test("the same number from another agent is another command", () => {
    const transactions = make();
    commandOf(received(transactions, text, 0).events);
    const other = { address: "192.0.2.9", port: 2727 };
    expect(transactions.receive(encoder.encode(text), other, 1).events).toMatchObject([
      { kind: "command", from: other },
    ]);
  });

  test("after T-HIST the number is free again", () => {
    const transactions = make();
    transactions.respond(commandOf(received(transactions, text, 0).events).reply, ok, 0);
    transactions.tick(transactionDefaults.historyMs);
    expect(received(transactions, text, transactionDefaults.historyMs).events).toHaveLength(1);
  });

  test("one that is never executed to its end is answered 406 at T-HIST", () => {
    const transactions = make();
    received(transactions, text, 0);
    expect(texts(transactions.tick(transactionDefaults.historyMs).sends)).toEqual(["406 7 transaction time-out\r\n"]);
  });

  test("above responsesMax a new one is refused with 409 and not executed", () => {
    const transactions = make({ responsesMax: 1 });
    received(transactions, text, 0);
    const turn = received(transactions, "AUEP 8 aaln/1@gw MGCP 1.0\r\n", 1);
    expect(turn.events).toEqual([]);
    expect(texts(turn.sends)).toEqual(["409 8 too many transactions\r\n"]);
  });

  test("a malformed one is answered and counted; what is no message is only counted", () => {
    const transactions = make();
    const turn = received(transactions, "XPER 9 a@gw MGCP 1.0\r\n", 0);
    expect(texts(turn.sends)).toEqual(["504 9 unknown verb XPER\r\n"]);
    expect(turn.events).toMatchObject([{ kind: "refused", code: 504, from: agent }]);
    expect(received(transactions, "hello", 0)).toMatchObject({ sends: [], events: [{ kind: "refused" }] });
    expect(received(transactions, "200 abc OK", 0)).toMatchObject({ sends: [], events: [{ kind: "refused" }] });
  });

  test("an answer too large for a datagram becomes 533", () => {
    const transactions = make();
    const { reply } = commandOf(received(transactions, text, 0).events);
    const extensions = Array.from({ length: 10 }, () => ({ name: "x-ho/R", value: "x".repeat(8_000) }));
    expect(texts(transactions.respond(reply, { ...ok, parameters: { extensions } }, 0))).toEqual([
      "533 7 response too large\r\n",
    ]);
  });
});
