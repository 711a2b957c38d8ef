import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import type { Address } from "../../../firmware/protocol/address.js";
import { earliest } from "../../../firmware/protocol/deadlines.js";
import { responseTo } from "../../../firmware/protocol/sip/build.js";
import { SipTransactions, type SipTurn } from "../../../firmware/protocol/sip/transactions.js";
import { alice, aRequest, bob, seeded } from "../../support/sip-wire.js";

interface InFlight {
  readonly atMs: number;
  readonly bytes: Uint8Array;
  readonly to: "alice" | "bob";
}

interface Call {
  readonly method: "INVITE" | "OPTIONS" | "BYE";
  readonly status: number;
  readonly answersAfterMs: number;
  readonly cancelsAfterMs: number | null;
}

const call: fc.Arbitrary<Call> = fc.record({
  method: fc.constantFrom("INVITE" as const, "OPTIONS" as const, "BYE" as const),
  status: fc.constantFrom(200, 404, 486, 603),
  answersAfterMs: fc.integer({ min: 0, max: 3_000 }),
  cancelsAfterMs: fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: null }),
});

/** Runs calls from alice to bob over a network that loses, delays and doubles datagrams, until nothing is left to do. */
function play(calls: readonly Call[], seed: number, lossShare: number) {
  const chance = seeded(seed);
  const sides = {
    alice: new SipTransactions({ sentBy: alice }, seeded(seed + 1)),
    bob: new SipTransactions({ sentBy: bob }, seeded(seed + 2)),
  };
  const flying: InFlight[] = [];
  const chores: { readonly atMs: number; readonly run: (nowMs: number) => void }[] = [];
  const requested = new Map<string, number>();
  const endings = new Map<string, string[]>();
  const finals = new Set<string>();

  const carry = (turn: SipTurn, from: "alice" | "bob", nowMs: number) => {
    for (const { bytes } of turn.sends) {
      const to = from === "alice" ? "bob" : "alice";
      const copies = chance() < 0.1 ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1)
        if (chance() >= lossShare) flying.push({ atMs: nowMs + Math.floor(chance() * 300), bytes, to });
    }
    for (const event of turn.events) {
      if (event.kind === "request") {
        const { callId } = event.request.headers;
        requested.set(callId, (requested.get(callId) ?? 0) + 1);
        const wanted = calls[Number(callId)];
        const answer = (status: number) => (atMs: number) => {
          const ok = sides.bob.respond(event.key, responseTo(event.request, status, { toTag: "b" }), atMs);
          carry({ sends: ok, events: [] }, "bob", atMs);
        };
        if (wanted?.method === "INVITE") chores.push({ atMs: nowMs + 1, run: answer(180) });
        chores.push({ atMs: nowMs + 2 + (wanted?.answersAfterMs ?? 0), run: answer(wanted?.status ?? 500) });
      }
      if (
        event.kind === "response" &&
        event.response.status >= 200 &&
        event.response.headers.cseq.method !== "CANCEL"
      ) {
        const { reference, response } = event;
        if (!finals.has(reference)) endings.set(reference, [...(endings.get(reference) ?? []), "answered"]);
        finals.add(reference);
        if (response.headers.cseq.method === "INVITE" && response.status < 300) {
          const ack = aRequest("ACK", response.headers.callId);
          carry(sides.alice.perform([{ kind: "ack", request: ack, to: bob }], nowMs), "alice", nowMs);
        }
      }
      if (event.kind === "failed" && !event.key.endsWith("CANCEL"))
        endings.set(event.reference, [...(endings.get(event.reference) ?? []), event.reason]);
    }
  };

  for (const [index, { method, cancelsAfterMs }] of calls.entries()) {
    carry(sides.alice.request(aRequest(method, String(index)), bob, 0, String(index)), "alice", 0);
    const cancel = (atMs: number) =>
      carry(sides.alice.perform([{ kind: "cancel", reference: String(index) }], atMs), "alice", atMs);
    if (cancelsAfterMs !== null) chores.push({ atMs: cancelsAfterMs, run: cancel });
  }
  const address: Record<"alice" | "bob", Address> = { alice: bob, bob: alice };
  for (let steps = 0; steps < 20_000; steps += 1) {
    const least = (waiting: readonly { readonly atMs: number }[]) =>
      waiting.length === 0 ? null : Math.min(...waiting.map(({ atMs }) => atMs));
    const nowMs = earliest(sides.alice.next(), sides.bob.next(), least(flying), least(chores));
    if (nowMs === null) return { requested, endings, left: sides.alice.size + sides.bob.size, nowMs: "done" };
    for (const chore of chores.splice(0))
      if (chore.atMs <= nowMs) chore.run(nowMs);
      else chores.push(chore);
    for (const datagram of flying.splice(0)) {
      if (datagram.atMs > nowMs) flying.push(datagram);
      else carry(sides[datagram.to].receive(datagram.bytes, address[datagram.to], nowMs), datagram.to, nowMs);
    }
    carry(sides.alice.tick(nowMs), "alice", nowMs);
    carry(sides.bob.tick(nowMs), "bob", nowMs);
  }
  return { requested, endings, left: -1, nowMs: "endless" };
}

const calls = fc.array(call, { minLength: 1, maxLength: 5 });

test.prop([calls, fc.nat(), fc.constantFrom(0, 0.2, 0.5, 1)], { numRuns: 60 })(
  "over any network each request reaches the far side at most once, ends exactly once, and leaves nothing behind",
  (someCalls, seed, lossShare) => {
    const { requested, endings, left } = play(someCalls, seed, lossShare);
    expect(left).toBe(0);
    for (const index of someCalls.keys()) {
      expect(requested.get(String(index)) ?? 0).toBeLessThanOrEqual(1);
      expect(endings.get(String(index))).toHaveLength(1);
    }
  },
);

test.prop([calls, fc.nat()], { numRuns: 40 })(
  "with a tenth of the datagrams lost every request is answered",
  (someCalls, seed) => {
    const { endings } = play(
      someCalls.map((one) => ({ ...one, cancelsAfterMs: null })),
      seed,
      0.1,
    );
    expect([...endings.values()].flat()).toEqual(someCalls.map(() => "answered"));
  },
);
