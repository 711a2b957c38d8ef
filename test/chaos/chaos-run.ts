/** One run: an exchange is started, struck as its seed says, left in peace, and judged by what can be seen from outside. */
import { monotonicMs } from "../../firmware/io/monotonic-clock.js";
import { seededRandom } from "../support/seeded-random.js";
import { Aftermath, type Verdict } from "./aftermath.js";
import { Performance } from "./performance.js";
import { scheduleOf } from "./schedule.js";
import { ChaosSite } from "./site.js";

export interface ChaosOptions {
  readonly seed: number;
  readonly forMs: number;
  /** Third octet of its first address. */
  readonly net: number;
  /** Progress, a line each. */
  readonly tell: (text: string) => void;
}

export interface ChaosResult extends Verdict {
  readonly seed: number;
  readonly forMs: number;
  readonly tookMs: number;
  readonly dialled: number;
  readonly kills: number;
  readonly stops: number;
  readonly takeovers: number;
  /** Logs, stores, journals and the schedule. */
  readonly folder: string;
}

export class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #site: ChaosSite;
  readonly #performance: Performance;
  readonly #startedAtMs = monotonicMs();
  #takeovers = 0;

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#site = new ChaosSite({ net: options.net, gateways: 3, telephonesEach: 6 }, (outcry) => {
      if (outcry.event.event === "takeover-begin") this.#takeovers += 1;
      this.#performance.heard(outcry);
    });
    this.#performance = new Performance(this.#site, (text) => this.#tell(text));
  }

  get folder(): string {
    return this.#site.programs.folder;
  }

  async play(): Promise<ChaosResult> {
    const { seed, forMs } = this.#options;
    const { programs, shape } = this.#site;
    const schedule = scheduleOf(seededRandom(seed), forMs, shape);
    for (const deed of schedule) programs.note("schedule.jsonl", JSON.stringify(deed));
    await this.#site.start();
    this.#tell("the exchange runs");
    await this.#performance.perform(schedule, forMs);
    const verdict = await new Aftermath(this.#site, this.#performance, (text) => this.#tell(text)).verdict();
    const { said, struck } = this.#performance.history;
    const result = {
      ...verdict,
      seed,
      forMs,
      tookMs: Math.round(monotonicMs() - this.#startedAtMs),
      dialled: said.filter(({ kind }) => kind === "dialling").length,
      kills: struck.filter(({ kind }) => kind === "killed").length,
      stops: struck.filter(({ kind }) => kind === "stopped").length,
      takeovers: this.#takeovers,
      folder: programs.folder,
    };
    programs.note("history.json", JSON.stringify({ result, said, struck }));
    return result;
  }

  /** Ends every process; the folder stays where it is wanted. */
  async end(keepsFolder: boolean): Promise<void> {
    this.#performance.end();
    await this.#site.programs.end();
    if (!keepsFolder) this.#site.programs.removeFolder();
  }

  #tell(text: string): void {
    const line = `${((monotonicMs() - this.#startedAtMs) / 1000).toFixed(1).padStart(6)} s  ${text}`;
    this.#site.programs.note("story.log", line);
    this.#options.tell(line);
  }
}
