import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { mayBeSentBeside } from "../../../firmware/protocol/mgcp/command-order.js";
import type { CommandToSend } from "../../../firmware/protocol/mgcp/transaction-options.js";
import { EndpointQueues } from "../../../host/call-agent/endpoint-queues.js";

const anyCommand: fc.Arbitrary<CommandToSend> = fc
  .record({
    verb: fc.constantFrom("CRCX", "MDCX", "DLCX", "RQNT", "AUEP", "EPCF"),
    local: fc.constantFrom("aaln/1", "aaln/2", "*"),
    isRequest: fc.boolean(),
    connectionId: fc.constantFrom("C1", "C2", null),
  })
  .map(({ verb, local, isRequest, connectionId }) => ({
    verb,
    endpoint: { local, domain: "gw1" },
    parameters: {
      ...(isRequest && verb !== "AUEP" && { requestIdentifier: "1" }),
      ...(connectionId !== null && { connectionIds: [connectionId] }),
    },
    session: null,
  }));

/** A command is given, or one that is on its way is answered. */
const anyStep = fc.oneof(
  anyCommand.map((command) => ({ command, place: 0 })),
  fc.nat(1_000).map((place) => ({ command: null, place })),
);

interface Item {
  readonly command: CommandToSend;
}

describe("commands to one gateway, whatever is given and answered when", () => {
  test.prop([fc.array(anyStep, { maxLength: 60 })])(
    "never get in each other's way, and each that was taken goes out in the end",
    (steps) => {
      const queues = new EndpointQueues<Item>();
      const underWay: Item[] = [];
      let taken = 0;
      let sent = 0;
      const go = (items: readonly Item[]) => {
        for (const item of items) {
          const sameEndpoint = underWay.filter(({ command }) => command.endpoint.local === item.command.endpoint.local);
          for (const { command } of sameEndpoint) expect(mayBeSentBeside(command, item.command)).toBe(true);
          underWay.push(item);
          sent += 1;
        }
      };
      const answer = (place: number) => {
        const [item] = underWay.splice(place % underWay.length, 1);
        if (item !== undefined) go(queues.left(item));
      };
      for (const { command, place } of steps) {
        if (command === null) {
          if (underWay.length > 0) answer(place);
          continue;
        }
        const item = { command };
        const admitted = queues.admit(item);
        if (admitted !== "full") taken += 1;
        if (admitted === "free") go([item]);
      }
      while (underWay.length > 0) answer(0);
      expect(sent).toBe(taken);
      expect(queues.allHeld()).toEqual([]);
    },
  );
});
