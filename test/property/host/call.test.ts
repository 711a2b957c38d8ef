import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  type CallInput,
  type CallLeg,
  type CallStep,
  type CallTurn,
  type ConnectionStep,
  type Side,
  sides,
  startCall,
  stepCall,
} from "../../../host/call-agent/call.js";

const leg = (gateway: string): CallLeg => ({
  gateway,
  endpoint: "aaln/1",
  number: "1",
  connectionId: null,
  session: null,
});

/** What a gateway may do with a command: accept it, refuse it, not be heard of (having done it, or not). */
const anyFate = fc.constantFrom("accept", "accept", "accept", "accept", "refuse", "lost", "answer lost");
const anyEvent: fc.Arbitrary<CallInput | "answer the next command"> = fc.oneof(
  { weight: 6, arbitrary: fc.constant("answer the next command" as const) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.constantFrom<CallInput>(
        { kind: "off-hook", side: "terminating" },
        { kind: "on-hook", side: "originating" },
        { kind: "on-hook", side: "terminating" },
        { kind: "no-answer" },
        { kind: "release", cause: "server-released" },
      ),
    ),
  },
);

type Fate = "accept" | "refuse" | "lost" | "answer lost";

/** Two gateways that do what they are told, or not; the connections they hold are what must not leak. */
class Gateways {
  readonly held: Record<Side, string | null> = { originating: null, terminating: null };
  readonly waiting: ConnectionStep[] = [];
  /** Deletions that never reached their gateway: a later bring-up finds what they left. */
  missed = 0;
  closed = 0;
  readonly freed: Side[] = [];
  connected = 0;
  #made = 0;

  take(steps: readonly CallStep[]): void {
    for (const step of steps) {
      if (step.kind === "close") this.closed += 1;
      else if (step.kind === "free") this.freed.push(step.side);
      else this.waiting.push(step);
      if (step.kind === "connect") this.connected += 1;
    }
  }

  answer(fate: Fate): CallInput | null {
    const command = this.waiting.shift();
    if (command === undefined) return null;
    const { side } = command;
    const isDone = fate === "accept" || fate === "answer lost";
    if (isDone && command.kind === "create") this.held[side] = `${side} ${++this.#made}`;
    if (isDone && command.kind === "delete") this.held[side] = null;
    if (!isDone && command.kind === "delete") this.missed += 1;
    if (fate !== "accept") return { kind: "failed", side, step: command.kind, answered: fate === "refuse" };
    if (command.kind === "create")
      return { kind: "created", side, connectionId: this.held[side] ?? "", session: "sdp" };
    return { kind: command.kind === "delete" ? "deleted" : "modified", side };
  }
}

function play(
  events: readonly (CallInput | "answer the next command")[],
  fates: readonly Fate[],
): { turn: CallTurn; gateways: Gateways } {
  const gateways = new Gateways();
  let turn = startCall("C0", leg("gw1"), leg("gw2"));
  gateways.take(turn.steps);
  let answered = 0;
  const step = (input: CallInput | null) => {
    if (input === null) return;
    turn = stepCall(turn.call, input);
    gateways.take(turn.steps);
  };
  for (const event of events) {
    step(event === "answer the next command" ? gateways.answer(fates[answered++ % fates.length] ?? "accept") : event);
  }
  step({ kind: "release", cause: "server-released" });
  while (gateways.waiting.length > 0) step(gateways.answer(fates[answered++ % fates.length] ?? "accept"));
  return { turn, gateways };
}

describe("a call, whatever happens to it", () => {
  const anyPlay = [fc.array(anyEvent, { maxLength: 25 }), fc.array(anyFate, { minLength: 1, maxLength: 12 })] as const;

  test.prop([...anyPlay])(
    "ends, once, and leaves no connection that its deletions could have reached",
    (events, fates) => {
      const { turn, gateways } = play(events, fates);
      expect(turn.call.state.name).toBe("released");
      expect(gateways.closed).toBe(1);
      expect([...gateways.freed].sort()).toEqual([...sides]);
      const left = sides.filter((side) => gateways.held[side] !== null);
      expect(left.length).toBeLessThanOrEqual(gateways.missed);
    },
  );

  test.prop([...anyPlay])("asks nothing more of anyone after its end", (events, fates) => {
    const { turn } = play(events, fates);
    for (const event of events) {
      if (event !== "answer the next command") expect(stepCall(turn.call, event).steps).toEqual([]);
    }
  });

  test.prop([...anyPlay])("connects nobody who was not picked up", (events, fates) => {
    const isAnswered = events.some((event) => event !== "answer the next command" && event.kind === "off-hook");
    const { gateways } = play(events, fates);
    if (!isAnswered) expect(gateways.connected).toBe(0);
    expect(gateways.connected).toBeLessThanOrEqual(2);
  });
});
