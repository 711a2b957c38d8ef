import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import type { GatewaySnapshot, LineEventRecord } from "../../../firmware/protocol/active-connection.js";
import type { Acknowledgement } from "../../../firmware/protocol/mgcp/recovery-package.js";
import { JournalBook } from "../../../host/cdr/journal-book.js";

const rest = { counter: 1, upMs: 1_000, epoch: null, heard: [], connections: [], ended: [] };
const snapshot = (lineEvents: readonly LineEventRecord[]): GatewaySnapshot => ({
  gateway: "gw1",
  bootId: "B1",
  lineEvents,
  ...rest,
});

type Doing =
  | { readonly kind: "event"; readonly call: string }
  | { readonly kind: "close"; readonly call: string }
  /** An acknowledgement may be lost; a gateway of version 1 knows only what goes on from the first entry. */
  | { readonly kind: "look"; readonly whole: boolean; readonly endpoint: string; readonly isHeard: boolean };

const anyCall = fc.constantFrom("A", "B", "C", "");
const anyDoing: fc.Arbitrary<Doing> = fc.oneof(
  fc.record({ kind: fc.constant("event" as const), call: anyCall }),
  fc.record({ kind: fc.constant("close" as const), call: fc.constantFrom("A", "B", "C") }),
  fc.record({
    kind: fc.constant("look" as const),
    whole: fc.boolean(),
    endpoint: fc.constantFrom("aaln/A", "aaln/B"),
    isHeard: fc.boolean(),
  }),
);

function isAcknowledged(sequence: number, acks: readonly Acknowledgement[]): boolean {
  return acks.some(({ ranges }) => ranges.some(({ first, last }) => first <= sequence && sequence <= last));
}

describe("acknowledging a journal", () => {
  test.prop([fc.array(anyDoing, { maxLength: 60 })])("never loses an entry of a call without its record", (doings) => {
    const book = new JournalBook();
    const closed = new Set<string>();
    let journal: LineEventRecord[] = [];
    let sequence = 0;
    for (const doing of doings) {
      if (doing.kind === "event" && !closed.has(doing.call)) {
        sequence += 1;
        journal.push({ sequence, endpoint: `aaln/${doing.call}`, kind: "answer", ageMs: 5, callId: doing.call });
      } else if (doing.kind === "close") closed.add(doing.call);
      else if (doing.kind === "look") {
        const shown = doing.whole ? journal : journal.filter(({ endpoint }) => endpoint === doing.endpoint);
        book.learn(snapshot(shown), { askedAtMs: 0, answeredAtMs: 2 }, doing.whole);
        const acks = book.settle("gw1", (callId) => callId !== "" && !closed.has(callId));
        const lost = journal.filter(({ sequence: number }) => isAcknowledged(number, doing.isHeard ? acks : []));
        expect(lost.filter(({ callId }) => callId !== "" && !closed.has(callId))).toEqual([]);
        journal = journal.filter((entry) => !lost.includes(entry));
      }
    }
    for (const call of ["A", "B", "C"]) closed.add(call);
    book.learn(snapshot(journal), { askedAtMs: 0, answeredAtMs: 2 }, true);
    const acks = book.settle("gw1", () => false);
    expect(journal.filter((entry) => !isAcknowledged(entry.sequence, acks))).toEqual([]);
    const whole = acks.map(({ ranges, ...rest }) => ({ ...rest, ranges: ranges.filter(({ first }) => first === 1) }));
    expect(journal.filter((entry) => !isAcknowledged(entry.sequence, whole))).toEqual([]);
  });
});
