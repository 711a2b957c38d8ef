import { describe, expect, test } from "vitest";
import type { MgcpParameters, MgcpVerb } from "../../../../firmware/protocol/mgcp/message.js";
import { parseDatagram } from "../../../../firmware/protocol/mgcp/parse.js";
import { transactionDefaults } from "../../../../firmware/protocol/mgcp/transaction-options.js";
import { MgcpTransactions } from "../../../../firmware/protocol/mgcp/transactions.js";
import { CommandChannel, repeatAfterMs, repetitionsMax } from "../../../../host/call-agent/command-channel.js";
import { heldMax } from "../../../../host/call-agent/endpoint-queues.js";
import { Outbox } from "../../../../host/server-output.js";

const gateway = { name: "gw1", mgcp: { address: "192.0.2.1", port: 2427 } };

class Desk {
  readonly outbox = new Outbox();
  readonly channel = new CommandChannel<string>(new MgcpTransactions(transactionDefaults, () => 0.5), this.outbox);
  readonly #waiting: number[] = [];
  nowMs = 0;

  give(verb: MgcpVerb, purpose: string, parameters: MgcpParameters = {}): boolean {
    const command = { verb, endpoint: { local: "aaln/1", domain: "gw1" }, parameters, session: null };
    return this.channel.send(command, gateway, purpose, this.nowMs);
  }

  /** What was sent since the last look, as `RQNT X`. */
  sent(): string[] {
    return this.outbox.take().flatMap((output) => {
      if (output.kind !== "send-mgcp") return [];
      return parseDatagram(output.datagram.bytes).flatMap((result) => {
        if (!result.ok || result.message.kind !== "command") return [];
        const { verb, transactionId, parameters } = result.message;
        this.#waiting.push(transactionId);
        return [`${verb} ${parameters.requestIdentifier ?? "-"}`];
      });
    });
  }

  /** Answers the first command seen by `sent` that has no answer yet. */
  answerNext(code: number): string[] {
    const bytes = Buffer.from(`${code} ${this.#waiting.shift()} because\r\n`);
    const { answers } = this.channel.receive(bytes, gateway.mgcp, this.nowMs);
    return answers.map(({ purpose, response }) => `${purpose} ${response?.code}`);
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
    desk.channel.forget((purpose) => purpose === "unwanted", desk.nowMs);
    desk.wait(60_000);
    expect(desk.outbox.take()).toEqual([]);
  });
});

describe("commands to one endpoint (RFC 3435 section 4.4.4)", () => {
  const request = (requestIdentifier: string) => ({ requestIdentifier });

  test("wait while another notification request is on its way, by itself or within a connection command", () => {
    const desk = new Desk();
    desk.give("RQNT", "ask", request("A1"));
    desk.give("MDCX", "connect", { connectionIds: ["C1"], ...request("A2") });
    desk.give("AUEP", "audit");
    expect(desk.sent()).toEqual(["RQNT A1", "AUEP -"]);
    expect(desk.answerNext(200)).toEqual(["ask 200"]);
    expect(desk.sent()).toEqual(["MDCX A2"]);
  });

  test("are not sent at all once a later request has taken their place", () => {
    const desk = new Desk();
    desk.give("RQNT", "first", request("A1"));
    desk.give("RQNT", "second", request("A2"));
    desk.give("RQNT", "third", request("A3"));
    expect(desk.sent()).toEqual(["RQNT A1"]);
    desk.answerNext(200);
    expect(desk.sent()).toEqual(["RQNT A3"]);
  });

  test("that change a connection lose an outdated request, and are carried out all the same", () => {
    const desk = new Desk();
    desk.give("MDCX", "first", { connectionIds: ["C1"], ...request("A1") });
    desk.give("MDCX", "second", { connectionIds: ["C1"], ...request("A2") });
    desk.give("RQNT", "third", request("A3"));
    expect(desk.sent()).toEqual(["MDCX A1"]);
    desk.answerNext(200);
    expect(desk.sent()).toEqual(["MDCX -", "RQNT A3"]);
  });

  test("on another connection of it go on when one is deleted, those on the same are given up", () => {
    const desk = new Desk();
    for (const connectionId of ["C1", "C2"]) {
      desk.give("MDCX", `change ${connectionId}`, { connectionIds: [connectionId] });
      desk.answer(400);
    }
    desk.give("DLCX", "delete", { connectionIds: ["C1"] });
    desk.answer(250);
    desk.wait(repeatAfterMs);
    expect(desk.answer(200)).toEqual(["change C2 200"]);
  });

  test("are refused beyond what may be held", () => {
    const desk = new Desk();
    const given = Array.from({ length: heldMax + 2 }, () => desk.give("MDCX", "change", { connectionIds: ["C1"] }));
    expect(given.filter((isTaken) => !isTaken)).toHaveLength(1);
    expect(desk.sent()).toEqual(["MDCX -"]);
  });
});

test.each([500, 401, 402, 407, 521])("%i is believed at once", (code) => {
  const desk = new Desk();
  desk.give("RQNT", "ask");
  expect(desk.answer(code)).toEqual([`ask ${code}`]);
});
