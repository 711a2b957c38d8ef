import { describe, expect, test } from "vitest";
import type { OutgoingDatagram } from "../../../../firmware/protocol/datagram.js";
import { type TransactionEvent, transactionDefaults } from "../../../../firmware/protocol/mgcp/transaction-options.js";
import { MgcpTransactions } from "../../../../firmware/protocol/mgcp/transactions.js";

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
  test("an unanswered one is repeated, each time later, Max2 times, and failed at T-MAX", () => {
    const transactions = make();
    const { transactionId, sends } = transactions.send(audit, gateway, 0);
    expect(texts(sends)).toEqual([`AUEP ${transactionId} *@gw MGCP 1.0\r\n`]);
    const sentAt: number[] = [];
    const ends: unknown[] = [];
    for (let nowMs = transactions.next(); nowMs !== null; nowMs = transactions.next()) {
      const turn = transactions.tick(nowMs);
      if (turn.sends.length > 0) sentAt.push(nowMs);
      for (const event of turn.events) ends.push({ ...event, nowMs });
    }
    expect(sentAt).toEqual([200, 500, 1_100, 2_300, 4_700, 8_700, 12_700]);
    expect(ends).toMatchObject([
      { kind: "suspected", cause: "max1", nowMs: 8_700 },
      { kind: "suspected", cause: "max2", nowMs: 16_700 },
      { kind: "failed", nowMs: transactionDefaults.giveUpAfterMs },
    ]);
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

describe("the wait for an answer (RFC 3435 section 3.5.3)", () => {
  /** Sends one command that is answered after delayMs, and gives the wait it would have had. */
  function exchange(transactions: MgcpTransactions, atMs: number, delayMs: number): number {
    const { transactionId } = transactions.send(audit, gateway, atMs);
    const waitMs = (transactions.next() ?? 0) - atMs;
    received(transactions, `200 ${transactionId} OK\r\n`, atMs + delayMs);
    return waitMs;
  }

  test("is 200 ms for a peer that is not known, grows with its delays, and has its bounds", () => {
    const transactions = make();
    expect(exchange(transactions, 0, 300)).toBe(200);
    // 200 ms were over before: it was not repeated only because nobody ticked. AAD 300, ADEV 150: 900.
    expect(exchange(transactions, 1_000, 300)).toBe(900);
    for (let round = 0; round < 50; round++) exchange(transactions, 2_000 + 1_000 * round, 1);
    expect(exchange(transactions, 60_000, 1)).toBe(200);
    for (let round = 0; round < 50; round++) exchange(transactions, 70_000 + 9_000 * round, 8_000);
    expect(exchange(transactions, 900_000, 1)).toBe(4_000);
  });

  test("after a repetition that worked starts with the wait that worked, and learns nothing else from it", () => {
    const transactions = make();
    const { transactionId } = transactions.send(audit, gateway, 0);
    transactions.tick(200);
    transactions.tick(500);
    received(transactions, `200 ${transactionId} OK\r\n`, 600);
    expect(exchange(transactions, 1_000, 10)).toBe(600);
    expect(exchange(transactions, 2_000, 10)).toBe(200);
  });

  test("is another for each peer", () => {
    const transactions = make();
    exchange(transactions, 0, 1_000);
    transactions.send(audit, { ...gateway, address: "192.0.2.3" }, 2_000);
    expect(transactions.next()).toBe(2_200);
  });
});

describe("an address that is suspected (RFC 3435 section 4.3)", () => {
  const other = { address: "192.0.2.3", port: 2427 };

  test("is left by redirecting the command, which starts anew there but ends at T-MAX all the same", () => {
    const transactions = make();
    const { transactionId, sends } = transactions.send(audit, gateway, 0);
    if (transactionId === null) throw new Error("not sent");
    for (const atMs of [200, 500, 1_100]) transactions.tick(atMs);
    expect(transactions.redirect(transactionId, other, 2_000)).toEqual([{ ...sends[0], to: other }]);
    expect(transactions.next()).toBe(2_200);
    expect(transactions.tick(2_200).sends).toMatchObject([{ to: other }]);
    let failedMs = 0;
    for (let nowMs = transactions.next(); nowMs !== null; nowMs = transactions.next()) {
      if (transactions.tick(nowMs).events.some(({ kind }) => kind === "failed")) failedMs = nowMs;
    }
    expect(failedMs).toBe(transactionDefaults.giveUpAfterMs);
    expect(transactions.redirect(transactionId, gateway, 20_001)).toEqual([]);
  });

  test("may be so because the network says that nobody is there", () => {
    const transactions = make();
    const { transactionId } = transactions.send(audit, gateway, 0);
    expect(transactions.unreachable(other).events).toEqual([]);
    expect(transactions.unreachable(gateway).events).toEqual([
      { kind: "suspected", transactionId, to: gateway, cause: "unreachable" },
    ]);
    expect(transactions.outstanding).toBe(1);
  });
});

describe("a peer that is overloaded (RFC 3435 section 4.4.8)", () => {
  test("gets new commands one after another, with pauses that grow with each 409 and end with answers", () => {
    const transactions = make();
    const first = transactions.send(audit, gateway, 0);
    received(transactions, `409 ${first.transactionId} busy\r\n`, 1);
    const second = transactions.send(audit, gateway, 5);
    expect(second.sends).toEqual([]);
    const third = transactions.send(audit, gateway, 5);
    expect(transactions.next()).toBe(10);
    expect(texts(transactions.tick(10).sends)).toEqual([`AUEP ${second.transactionId} *@gw MGCP 1.0\r\n`]);
    expect(transactions.tick(19).sends).toEqual([]);
    expect(texts(transactions.tick(20).sends)).toEqual([`AUEP ${third.transactionId} *@gw MGCP 1.0\r\n`]);
    received(transactions, `200 ${third.transactionId} OK\r\n`, 21);
    for (let round = 0; round < 10; round++) {
      const { transactionId } = transactions.send(audit, gateway, 100 * round + 100);
      received(transactions, `200 ${transactionId} OK\r\n`, 100 * round + 101);
    }
    expect(transactions.send(audit, gateway, 2_000).sends).toHaveLength(1);
    expect(transactions.send(audit, gateway, 2_000).sends).toHaveLength(1);
  });

  test("gets no more commands than it can take within pacedMaxMs", () => {
    const transactions = make({ pacedMaxMs: 25 });
    received(transactions, `409 ${transactions.send(audit, gateway, 0).transactionId} busy\r\n`, 0);
    const sent = [1, 2, 3, 4].map(() => transactions.send(audit, gateway, 0).transactionId !== null);
    expect(sent).toEqual([true, true, false, false]);
  });
});

test("answers are confirmed by the next command to their sender, once, where that is wanted", () => {
  const transactions = make({ confirmsResponses: true });
  const ids = [0, 1, 2, 3].map(() => transactions.send(audit, gateway, 0).transactionId ?? 0);
  for (const id of [ids[0], ids[1], ids[3]]) received(transactions, `200 ${id} OK\r\n`, 1);
  transactions.send(audit, { ...gateway, port: 2428 }, 2);
  const [next] = texts(transactions.send(audit, gateway, 2).sends);
  expect(next?.split("\r\n")[1]).toBe(`K: ${ids[0]}-${ids[1]},${ids[3]}`);
  expect(texts(transactions.send(audit, gateway, 3).sends)[0]).not.toContain("K:");
});

describe("messages sent together (RFC 3435 section 3.5.5)", () => {
  const notify = "NTFY 7 aaln/1@gw MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n";

  test("an answer and a command share their fate, in the first datagram and in every other", () => {
    const transactions = make();
    const { reply } = commandOf(received(transactions, notify, 0).events);
    const together = transactions.sendTogether(
      [
        { kind: "response", reply, response: ok },
        { kind: "command", command: audit },
      ],
      agent,
      0,
    );
    const [transactionId] = together?.transactionIds ?? [];
    const datagram = `200 7 OK\r\n.\r\nAUEP ${transactionId} *@gw MGCP 1.0\r\n`;
    expect(texts(together?.sends ?? [])).toEqual([datagram]);
    expect(texts(transactions.tick(200).sends)).toEqual([datagram]);
    expect(texts(received(transactions, notify, 250).sends)).toEqual([datagram]);
    received(transactions, `200 ${transactionId} OK\r\n`, 300);
    expect(transactions.outstanding).toBe(0);
    expect(transactions.tick(5_000).sends).toEqual([]);
  });

  test("commands that are still unanswered are repeated in their order", () => {
    const transactions = make();
    const commands = [1, 2, 3].map(() => ({ kind: "command" as const, command: audit }));
    const ids = transactions.sendTogether(commands, gateway, 0)?.transactionIds ?? [];
    received(transactions, `200 ${ids[1]} OK\r\n`, 10);
    expect(texts(transactions.tick(200).sends)).toEqual([
      `AUEP ${ids[0]} *@gw MGCP 1.0\r\n.\r\nAUEP ${ids[2]} *@gw MGCP 1.0\r\n`,
    ]);
  });

  test("are refused, and nothing is answered, when they are too many, too large or not all for one receiver", () => {
    const transactions = make();
    const { reply } = commandOf(received(transactions, notify, 0).events);
    const answer = { kind: "response" as const, reply, response: ok };
    const command = { kind: "command" as const, command: audit };
    const large = { ...ok, parameters: { extensions: [{ name: "x-ho/R", value: "x".repeat(5_000) }] } };
    expect(transactions.sendTogether([], agent, 0)).toBeNull();
    expect(transactions.sendTogether([answer, command], gateway, 0)).toBeNull();
    expect(transactions.sendTogether([{ ...answer, response: large }], agent, 0)).toBeNull();
    expect(
      transactions.sendTogether(
        Array.from({ length: 65 }, () => command),
        agent,
        0,
      ),
    ).toBeNull();
    expect(texts(transactions.respond(reply, ok, 0))).toEqual(["200 7 OK\r\n"]);
    expect(transactions.sendTogether([answer], agent, 0)).toBeNull();
    expect(transactions.outstanding).toBe(0);
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

  test("above executingMax a new one is refused with 409, and a late copy of it is not executed either", () => {
    const transactions = make({ executingMax: 1 });
    const { reply } = commandOf(received(transactions, text, 0).events);
    const turn = received(transactions, "AUEP 8 aaln/1@gw MGCP 1.0\r\n", 1);
    expect(turn.events).toEqual([]);
    expect(texts(turn.sends)).toEqual(["409 8 too many transactions\r\n"]);
    transactions.respond(reply, ok, 2);
    const late = received(transactions, "AUEP 8 aaln/1@gw MGCP 1.0\r\n", 3);
    expect(late.events).toEqual([]);
    expect(texts(late.sends)).toEqual(texts(turn.sends));
  });

  test("from the high-water mark of its queue down to the low one new ones get 101", () => {
    const transactions = make({ queueHighWater: 2, queueLowWater: 0 });
    const replies = [1, 2].map((id) => {
      const turn = received(transactions, `AUEP ${id} aaln/1@gw MGCP 1.0\r\n`, 0);
      expect(texts(turn.sends)).toEqual(id === 1 ? [] : ["101 2 queued\r\n"]);
      return commandOf(turn.events).reply;
    });
    expect(texts(replies.flatMap((reply) => transactions.respond(reply, ok, 1)))).toEqual([
      "200 1 OK\r\n",
      "200 2 OK\r\nK:\r\n",
    ]);
    expect(received(transactions, "AUEP 3 aaln/1@gw MGCP 1.0\r\n", 2).sends).toEqual([]);
  });

  test("of answers above responsesMax the number is kept: a late copy is dropped, not executed", () => {
    const transactions = make({ responsesMax: 1 });
    for (const id of [1, 2]) {
      const { events } = received(transactions, `AUEP ${id} aaln/1@gw MGCP 1.0\r\n`, 0);
      transactions.respond(commandOf(events).reply, ok, 0);
    }
    expect(received(transactions, "AUEP 1 aaln/1@gw MGCP 1.0\r\n", 1)).toEqual({ sends: [], events: [] });
    expect(texts(received(transactions, "AUEP 2 aaln/1@gw MGCP 1.0\r\n", 1).sends)).toEqual(["200 2 OK\r\n"]);
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
