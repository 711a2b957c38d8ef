import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import type { MgcpResponse } from "../../../firmware/protocol/mgcp/message.js";
import {
  handOver,
  isReleased,
  isUp,
  type RelayPurpose,
  type RelaySide,
  type RelayTurn,
  relayAnswered,
  releaseRelay,
  startRelay,
} from "../../../host/call-agent/relay.js";
import { response } from "../../support/call-agent-desk.js";

const plan = {
  gateway: "mgw",
  prefix: "relay/",
  callId: "1A",
  policy: { encodings: ["PCMU"], ptimeMs: 20, dscp: 46 },
  tag: null,
};

type Event = "answer" | "refuse" | "release" | { readonly handOver: RelaySide; readonly remote: string };

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.constant("answer" as const) },
  { weight: 1, arbitrary: fc.constantFrom("refuse" as const, "release" as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      handOver: fc.constantFrom<RelaySide>("first", "second"),
      remote: fc.constantFrom("x", "y"),
    }),
  },
);

/** A gateway with one relay endpoint, whose connections must not leak. */
class Gateway {
  readonly held = new Map<string, string | null>();
  readonly waiting: RelayTurn["commands"][number][] = [];
  #made = 0;

  answer(isRefused: boolean): { purpose: RelayPurpose; response: MgcpResponse } | null {
    const given = this.waiting.shift();
    if (given === undefined) return null;
    const { purpose, command } = given;
    const [id = ""] = command.parameters.connectionIds ?? [];
    if (purpose.verb === "DLCX") {
      this.held.delete(id);
      return { purpose, response: response(250) };
    }
    if (isRefused) return { purpose, response: response(500) };
    if (purpose.verb === "MDCX") {
      this.held.set(id, command.session);
      return { purpose, response: response(200, {}, ["sdp"]) };
    }
    this.#made += 1;
    this.held.set(`C${this.#made}`, command.session);
    const endpointIds = [{ local: "relay/1", domain: "mgw" }];
    return { purpose, response: response(200, { connectionIds: [`C${this.#made}`], endpointIds }, ["sdp"]) };
  }
}

test.prop([fc.array(anyEvent, { maxLength: 30 })])(
  "a relay, whatever happens to it, sends each leg where it was last told, and leaves no connection when released",
  (events) => {
    const gateway = new Gateway();
    const started = startRelay(plan, { first: "a", second: null });
    let relay = started.relay;
    const take = (turn: RelayTurn) => {
      relay = turn.relay;
      gateway.waiting.push(...turn.commands);
    };
    const step = (isRefused: boolean) => {
      const answer = gateway.answer(isRefused);
      if (answer !== null) take(relayAnswered(relay, answer.purpose, answer.response));
    };
    take(started);
    const last: Record<RelaySide, string | null> = { first: "a", second: null };
    let isPlain = true;
    for (const event of events) {
      if (event === "answer" || event === "refuse") step(event === "refuse");
      else if (event === "release") take(releaseRelay(relay));
      else {
        last[event.handOver] = event.remote;
        take(handOver(relay, event.handOver, event.remote));
      }
      if (event === "refuse" || event === "release") isPlain = false;
    }
    while (gateway.waiting.length > 0) step(false);
    if (isPlain) {
      expect(isUp(relay)).toBe(true);
      expect([...gateway.held.values()].sort()).toEqual([last.first, last.second].sort());
    }
    take(releaseRelay(relay));
    while (gateway.waiting.length > 0) step(false);
    expect(isReleased(relay)).toBe(true);
    expect([...gateway.held]).toEqual([]);
  },
);

test('a gateway that does not know "$" is asked for "*", once', () => {
  let turn = startRelay(plan, { first: "a", second: "b" });
  const purpose = { side: "first", verb: "CRCX" } as const;
  turn = relayAnswered(turn.relay, purpose, response(500));
  expect(turn.commands.map(({ command }) => command.endpoint.local)).toEqual(["relay/*"]);
  turn = relayAnswered(turn.relay, purpose, response(500));
  expect([turn.commands, turn.refusal, isReleased(turn.relay)]).toEqual([[], "CRCX: 500", true]);
});
