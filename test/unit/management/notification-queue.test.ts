import { describe, expect, test } from "vitest";
import { type NotificationLimits, NotificationQueue } from "../../../firmware/management/notification-queue.js";
import { CommunityEnvelope } from "../../../firmware/protocol/snmp/community-envelope.js";
import { parseMessage, writeMessage } from "../../../firmware/protocol/snmp/community-message.js";

const to = { address: "127.0.0.1", port: 162 };
const limits: NotificationLimits = { perSecondMax: 3, waitingMax: 4, inFlightMax: 2, firstTryMs: 1_000, triesMax: 3 };

function aQueue(kind: "trap" | "inform"): NotificationQueue {
  return new NotificationQueue({ to, kind, envelope: new CommunityEnvelope("watchers") }, limits);
}

/** Request-ids of what is to be sent. */
function sent(queue: NotificationQueue): number[] {
  return queue.takeSends().map(({ bytes }) => {
    const message = parseMessage(bytes);
    if (!message.ok || message.value.kind !== "v2c") throw new Error("not SNMPv2c");
    return message.value.message.pdu.requestId;
  });
}

function acknowledgement(requestId: number): Uint8Array {
  const pdu = { kind: "response", requestId, errorStatus: 0, errorIndex: 0, bindings: [] } as const;
  return writeMessage({ community: new TextEncoder().encode("watchers"), pdu });
}

describe("traps", () => {
  test("go so many a second; some wait, and what is beyond that is dropped and counted", () => {
    const queue = aQueue("trap");
    for (let id = 1; id <= 10; id += 1) queue.tell(id, [], 100);
    expect(sent(queue)).toEqual([1, 2, 3]);
    expect([queue.next(), queue.dropped]).toEqual([1_100, 3]);
    queue.tick(1_100);
    expect(sent(queue)).toEqual([4, 5, 6]);
    queue.tick(2_100);
    expect(sent(queue)).toEqual([7]);
    expect(queue.next()).toBeNull();
  });
});

describe("informs", () => {
  test("wait for those before them, and go when these are acknowledged", () => {
    const queue = aQueue("inform");
    for (let id = 1; id <= 3; id += 1) queue.tell(id, [], 0);
    expect(sent(queue)).toEqual([1, 2]);
    expect(queue.receive(acknowledgement(1), 10)).toBe(true);
    expect(sent(queue)).toEqual([3]);
  });

  test("are sent again after twice as long each time, and given up in the end", () => {
    const queue = aQueue("inform");
    queue.tell(1, [], 0);
    const times: number[] = [];
    for (let dueMs = queue.next(); dueMs !== null; dueMs = queue.next()) {
      queue.tick(dueMs);
      times.push(dueMs);
    }
    expect(times).toEqual([1_000, 3_000, 7_000]);
    expect(sent(queue)).toEqual([1, 1, 1]);
    expect(queue.dropped).toBe(1);
  });

  test("what is no message is nobody's acknowledgement", () => {
    expect(aQueue("inform").receive(Uint8Array.of(1, 2, 3), 0)).toBe(false);
  });
});
