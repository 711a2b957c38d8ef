/** When everything lives again: waits until the exchange has found itself, lets all hang up, and has the run judged. */
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMs } from "../../firmware/io/monotonic-clock.js";
import { serverRoles } from "../support/exchange-configuration.js";
import { type Judgement, judge } from "./judgement.js";
import type { Performance } from "./performance.js";
import type { ChaosSite } from "./site.js";

export interface Verdict extends Judgement {
  /** From the last hang-up until nothing was left of the calls; null where something stayed. */
  readonly quietAfterMs: number | null;
}

const settledWithinMs = 60_000;
/** A telephone that died is given up after 62 s, a gateway that was away is tried again after 30 s at the latest. */
const quietWithinMs = 150_000;
const lookEveryMs = 1_000;

export class Aftermath {
  readonly #site: ChaosSite;
  readonly #performance: Performance;
  readonly #tell: (text: string) => void;

  constructor(site: ChaosSite, performance: Performance, tell: (text: string) => void) {
    this.#site = site;
    this.#performance = performance;
    this.#tell = tell;
  }

  async verdict(): Promise<Verdict> {
    await this.#performance.rest();
    const roles = "one call server is in charge, the other stands by";
    const isSettled = await this.#until(roles, settledWithinMs, () => this.#unsettled());
    this.#performance.hangUpAll();
    const hungUpAtMs = monotonicMs();
    const isQuiet = await this.#until("nothing is left of the calls", quietWithinMs, () => this.#unquiet());
    const quietAfterMs = isQuiet === null ? Math.round(monotonicMs() - hungUpAtMs) : null;
    const judgement = await this.#judge();
    const wrong = [isSettled, isQuiet, this.#site.programs.trouble, ...judgement.wrong];
    const broken = wrong.filter((reason) => reason !== null);
    return { ...judgement, ok: broken.length === 0, wrong: broken, quietAfterMs };
  }

  async #judge(): Promise<Judgement> {
    const [primary, backup] = await Promise.all(serverRoles.map((role) => this.#site.records(role)));
    const wallAtZeroMs = Date.now() - monotonicMs();
    const records = { primary: primary ?? [], backup: backup ?? [] };
    return judge(this.#performance.history, this.#site.shape.numbers, records, wallAtZeroMs);
  }

  async #unsettled(): Promise<string | null> {
    const replies = await Promise.all(serverRoles.map((role) => this.#site.calls(role)));
    const found = replies.map((reply) => reply?.role ?? "silent");
    return [...found].sort().join() === "active,standby" ? null : `primary is ${found[0]}, backup is ${found[1]}`;
  }

  /** Somebody is off-hook, a gateway has a connection or a journal entry that nobody billed, or the stores differ. */
  async #unquiet(): Promise<string | null> {
    if (!this.#performance.areAllOnHook) {
      this.#performance.hangUpAll();
      return "a telephone is off-hook";
    }
    const audits = await this.#site.audit();
    if (audits === null) return "a gateway does not answer";
    for (const { gateway, connections, lineEvents, ended } of audits) {
      if (connections.length > 0) return `${gateway} has ${connections.map(({ callId }) => callId).join(", ")}`;
      if (lineEvents.length + ended.length > 0) return `${gateway} keeps ${lineEvents.length + ended.length} entries`;
    }
    const [primary, backup] = await Promise.all(serverRoles.map((role) => this.#site.records(role)));
    return JSON.stringify(sorted(primary)) === JSON.stringify(sorted(backup)) ? null : "the stores differ";
  }

  /** Null when it came true; else what was waited for, and why it did not come. */
  async #until(what: string, withinMs: number, look: () => Promise<string | null>): Promise<string | null> {
    const untilMs = monotonicMs() + withinMs;
    for (;;) {
      const reason = await look();
      if (reason === null) {
        this.#tell(what);
        return null;
      }
      if (monotonicMs() >= untilMs) return `not within ${withinMs} ms: ${what}, for ${reason}`;
      await pause(lookEveryMs);
    }
  }
}

function sorted(records: readonly object[] | undefined): string[] {
  return (records ?? []).map((record) => JSON.stringify(record)).sort();
}
