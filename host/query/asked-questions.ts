/** The questions of one audit by MGCP that have no answer yet, and the room they take in the window they share with others. */
import { type AskingWindow, lateMs } from "./asking-window.js";
import type { AuditQuery } from "./audit-query.js";
import type { Question } from "./mgcp-question.js";

interface Asked {
  readonly question: Question;
  readonly atMs: number;
  /** It takes room in the window still. */
  isCounted: boolean;
}

export class AskedQuestions {
  readonly #asker: AuditQuery;
  readonly #window: AskingWindow<AuditQuery>;
  /** By transaction. */
  readonly #asked = new Map<number, Asked>();

  constructor(asker: AuditQuery, window: AskingWindow<AuditQuery>) {
    this.#asker = asker;
    this.#window = window;
  }

  get size(): number {
    return this.#asked.size;
  }

  /** True: one more may be asked now, and is added or withdrawn. */
  hasRoom(): boolean {
    return this.#window.take(this.#asker);
  }

  add(transactionId: number, question: Question, nowMs: number): void {
    this.#asked.set(transactionId, { question, atMs: nowMs, isCounted: true });
  }

  withdraw(): void {
    this.#window.dropped();
  }

  /** It has its answer, or is given up; once. */
  take(transactionId: number): Question | undefined {
    const asked = this.#asked.get(transactionId);
    if (asked === undefined) return undefined;
    this.#asked.delete(transactionId);
    if (asked.isCounted) this.#window.answered();
    return asked.question;
  }

  tick(nowMs: number): void {
    for (const asked of this.#asked.values()) {
      if (!asked.isCounted || nowMs - asked.atMs < lateMs) continue;
      asked.isCounted = false;
      this.#window.late(nowMs);
    }
  }

  /** Nobody waits for answers any more; the transactions that were under way. */
  end(): readonly number[] {
    const transactionIds = [...this.#asked.keys()];
    for (const { isCounted } of this.#asked.values()) if (isCounted) this.#window.dropped();
    this.#asked.clear();
    this.#window.leave(this.#asker);
    return transactionIds;
  }
}
