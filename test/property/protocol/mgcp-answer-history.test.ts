import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { AnswerHistory } from "../../../firmware/protocol/mgcp/answer-history.js";
import { seededRandom } from "../../support/seeded-random.js";

interface Kept {
  readonly source: number;
  readonly id: number;
  answer: Uint8Array | null;
  readonly untilMs: number;
}

/** The same in so many words: a list, the oldest first. */
class ReferenceHistory {
  readonly entries: Kept[] = [];
  readonly #responsesMax: number;

  constructor(responsesMax: number) {
    this.#responsesMax = responsesMax;
  }

  find(source: number, id: number): Kept | undefined {
    return this.entries.findLast((entry) => entry.source === source && entry.id === id);
  }

  put(entry: Kept): void {
    this.entries.push(entry);
    const answered = this.entries.filter(({ answer }) => answer !== null);
    for (const one of answered.slice(0, Math.max(0, answered.length - this.#responsesMax))) one.answer = null;
  }
}

const aStep = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("put" as const), length: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("forget oldest" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("forget answer" as const) }) },
);

const someSteps = fc.array(
  fc.tuple(aStep, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 40 })),
  { maxLength: 120 },
);

test.prop([someSteps, fc.integer({ min: 1, max: 200 }), fc.integer()], { numRuns: 150 })(
  "the history keeps what a plain list would, through growth, wrap and whatever buckets its ids share",
  (steps, responsesMax, seed) => {
    const history = new AnswerHistory({ responsesMax, responseBytesMax: 2 ** 30 }, seededRandom(seed));
    const reference = new ReferenceHistory(responsesMax);
    let nowMs = 0;
    for (const [step, source, id, repetitions] of steps) {
      for (let count = 0; count < repetitions; count += 1) {
        nowMs += 1;
        if (step.kind === "put" && reference.find(source, id + count) === undefined) {
          const answer = new Uint8Array(step.length).fill(nowMs);
          history.put(source, id + count, answer, nowMs);
          reference.put({ source, id: id + count, answer, untilMs: nowMs });
        } else if (step.kind === "forget oldest") {
          history.forgetOldest();
          reference.entries.shift();
        } else if (step.kind === "forget answer") {
          const entry = history.find(source, id + count);
          const kept = reference.find(source, id + count);
          expect(entry === null).toBe(kept === undefined);
          if (entry !== null) history.forgetAnswer(entry);
          if (kept !== undefined) kept.answer = null;
        }
      }
    }
    expect(history.size).toBe(reference.entries.length);
    expect(history.oldestUntilMs).toBe(reference.entries[0]?.untilMs ?? null);
    expect(history.oldestSource).toBe(reference.entries[0]?.source ?? null);
    for (let source = 0; source <= 3; source += 1) {
      for (let id = 1; id <= 100; id += 1) {
        const entry = history.find(source, id);
        const kept = reference.find(source, id);
        expect(entry === null, `${source} ${id}`).toBe(kept === undefined);
        if (entry !== null) expect(history.answer(entry)).toEqual(kept?.answer ?? null);
      }
    }
  },
);

test.prop([fc.array(fc.integer({ min: 1, max: 65_507 }), { minLength: 1, maxLength: 30 }), fc.integer()], {
  numRuns: 40,
})("answers take no more memory than they may, and the newest are the ones that stay", (lengths, seed) => {
  const responseBytesMax = 3 * 65_536;
  const history = new AnswerHistory({ responsesMax: 1000, responseBytesMax }, seededRandom(seed));
  const isKept: boolean[] = [];
  for (const [id, length] of lengths.entries()) history.put(0, id + 1, new Uint8Array(length).fill(id), id);
  let bytes = 0;
  for (const [id, length] of lengths.entries()) {
    const entry = history.find(0, id + 1);
    const answer = entry === null ? null : history.answer(entry);
    if (answer !== null) expect([answer.length, answer[0], answer.at(-1)]).toEqual([length, id, id]);
    isKept.push(answer !== null);
    bytes += answer?.length ?? 0;
  }
  expect(bytes).toBeLessThanOrEqual(responseBytesMax);
  expect(isKept.at(-1)).toBe(true);
  expect(isKept.slice(isKept.indexOf(true))).not.toContain(false);
});
