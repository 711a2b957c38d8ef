import { describe, expect, test } from "vitest";
import type { MgcpVerb } from "../../../../firmware/protocol/mgcp/message.js";
import { parseDatagram } from "../../../../firmware/protocol/mgcp/parse.js";
import { transactionDefaults } from "../../../../firmware/protocol/mgcp/transaction-options.js";
import { MgcpTransactions } from "../../../../firmware/protocol/mgcp/transactions.js";
import { CommandChannel, repeatAfterMs, repetitionsMax } from "../../../../host/call-agent/command-channel.js";
import { Outbox } from "../../../../host/server-output.js";

const gateway = { name: "gw1", mgcp: { address: "192.0.2.1", port: 2427 } };

class Desk {
  readonly outbox = new Outbox();
  readonly channel = new CommandChannel<string>(new MgcpTransactions(transactionDefaults, () => 0.5), this.outbox);
  nowMs = 0;

  give(verb: MgcpVerb, purpose: string): void {
    const command = { verb, endpoint: { local: "aaln/1", domain: "gw1" }, parameters: {}, session: null };
    this.channel.send(command, gateway, purpose, this.nowMs);
  }

  /** Answers everything that was sent with this code; the answers the channel hands on, as `purpose code`. */
  answer(code: number): string[] {
    return this.outbox.take().flatMap((output) => {
      if (output.kind !== "send-mgcp") return [];
      return parseDatagram(output.datagram.bytes).flatMap((result) => {
        if (!result.ok || result.message.kind !== "command") return [];
        const bytes = Buffer.from(`${code} ${result.message.transactionId} because\r\n`);
        const { answers } = this.channel.receive(bytes, gateway.mgcp, this.nowMs);
        return answers.map(({ purpose, response }) => `${purpose} ${response?.code}`);
      });
    });
  }

  wait(forMs: number): void {
    this.nowMs += forMs;
    this.channel.tick(this.nowMs);
  }
}

describe("a command refused for the moment", () => {
  test("is given again after a pause that doubles, and its refusal believed in the end", () => {
    const desk = new Desk();
    desk.give("CRCX", "make");
    for (let repetition = 0; repetition < repetitionsMax; repetition += 1) {
      expect(desk.answer(403)).toEqual([]);
      expect(desk.channel.next()).toBe(desk.nowMs + repeatAfterMs * 2 ** repetition);
      desk.wait(repeatAfterMs * 2 ** repetition);
    }
    expect(desk.answer(403)).toEqual(["make 403"]);
    expect(desk.channel.next()).not.toBe(desk.nowMs);
  });

  test("is done when the gateway can", () => {
    const desk = new Desk();
    desk.give("DLCX", "delete");
    expect(desk.answer(400)).toEqual([]);
    desk.wait(repeatAfterMs);
    expect(desk.answer(250)).toEqual(["delete 250"]);
  });

  test("is not given again once something newer took its place, or nobody wants it", () => {
    const desk = new Desk();
    desk.give("RQNT", "old");
    desk.answer(400);
    desk.give("RQNT", "new");
    expect(desk.answer(200)).toEqual(["new 200"]);
    desk.give("MDCX", "unwanted");
    desk.answer(400);
    desk.channel.forget((purpose) => purpose === "unwanted");
    desk.wait(60_000);
    expect(desk.outbox.take()).toEqual([]);
  });
});

test.each([500, 401, 402, 407, 521])("%i is believed at once", (code) => {
  const desk = new Desk();
  desk.give("RQNT", "ask");
  expect(desk.answer(code)).toEqual([`ask ${code}`]);
});
