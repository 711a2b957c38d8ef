import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import type { GatewaySnapshot, LineEventRecord } from "../../../firmware/protocol/active-connection.js";
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
  | { readonly kind: "look"; readonly whole: boolean; readonly endpoint: string };

const anyCall = fc.constantFrom("A", "B", "C", "");
const anyDoing: fc.Arbitrary<Doing> = fc.oneof(
  fc.record({ kind: fc.constant("event" as const), call: anyCall }),
  fc.record({ kind: fc.constant("close" as const), call: fc.constantFrom("A", "B", "C") }),
  fc.record({ kind: fc.constant("look" as const), whole: fc.boolean(), endpoint: fc.constantFrom("aaln/A", "aaln/B") }),
);

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
        const mark = book.settle("gw1", (callId) => callId !== "" && !closed.has(callId));
        const lost = journal.filter((entry) => mark !== null && entry.sequence <= mark.sequence);
        expect(lost.filter(({ callId }) => callId !== "" && !closed.has(callId))).toEqual([]);
        journal = journal.filter((entry) => !lost.includes(entry));
      }
    }
    for (const call of ["A", "B", "C"]) closed.add(call);
    book.learn(snapshot(journal), { askedAtMs: 0, answeredAtMs: 2 }, true);
    const mark = book.settle("gw1", () => false);
    expect(journal.filter((entry) => entry.sequence > (mark?.sequence ?? sequence))).toEqual([]);
  });
});
