/**
 * Does to a site what the schedule says, in real time, and writes down when it was done and what the telephones said: the
 * history that is judged afterwards. The telephones are played here: who is rung answers, who talks hangs up.
 */
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMs } from "../../firmware/io/monotonic-clock.js";
import type { ProgramEvent } from "../../host/cli/demo/program.js";
import { type ServerRole, serverRoles } from "../support/exchange-configuration.js";
import type { Outcry } from "../support/running-programs.js";
import { type History, type Said, type Struck, type TelephoneWord, telephoneWords } from "./history.js";
import type { Deed, HeirBlow, PlannedCall, Victim } from "./schedule.js";
import { type ChaosSite, gatewayOf } from "./site.js";

/** A takeover that has not begun by then will not. */
const takeoverWithinMs = 8_000;

export class Performance {
  readonly #said: Said[] = [];
  readonly #blows: Struck[] = [];
  readonly #site: ChaosSite;
  readonly #tell: (text: string) => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Who is dead or stopped now; of a dead one, when it is gone. */
  readonly #struck = new Map<Victim, Promise<void> | "stopped">();
  readonly #hooks = new Map<string, TelephoneWord>();
  /** By the called number. */
  readonly #planned = new Map<string, PlannedCall>();
  #inCharge: ServerRole = "primary";
  #heirDelayMs: number | null = null;
  #heirForMs = 0;
  #isOver = false;

  constructor(site: ChaosSite, tell: (text: string) => void) {
    this.#site = site;
    this.#tell = tell;
  }

  get history(): History {
    return { said: this.#said, struck: this.#blows };
  }

  /** Every event of every program comes through here. */
  heard({ title, event }: Outcry): void {
    if (title.startsWith("telephones")) this.#heardTelephone(event);
    else if (event.event === "role" && event.role === "active") this.#tookCharge(title);
    else if (event.event === "takeover-begin") this.#takeoverBegan(title);
  }

  /** The call server that said so last. */
  get inCharge(): ServerRole {
    return this.#inCharge;
  }

  /** What a telephone said last; `hung-up` before it said anything. */
  wordOf(number: string): TelephoneWord {
    return this.#hooks.get(number) ?? "hung-up";
  }

  async perform(schedule: readonly Deed[], forMs: number): Promise<void> {
    const startedAtMs = monotonicMs();
    for (const deed of schedule) {
      await this.#until(startedAtMs + deed.atMs);
      this.#do(deed);
    }
    await this.#until(startedAtMs + forMs);
  }

  /** Everything of the call happens by itself from here on. */
  dial(call: PlannedCall): void {
    const { caller, called, patienceMs, evenIfBusy } = call;
    const isFree = (number: string) =>
      this.wordOf(number) === "hung-up" && !this.#struck.has(`telephones ${gatewayOf(number)}`);
    if (!isFree(caller) || !(evenIfBusy || isFree(called))) return;
    this.#planned.set(called, call);
    this.#site.tell(caller, `dial ${called} ${caller}`);
    this.#later(patienceMs, () => {
      const word = this.wordOf(caller);
      if (word === "dialling" || word === "ringback") this.hangUp(caller);
    });
  }

  /** SIGKILL; unless it is dead or stopped already. */
  kill(whom: Victim): void {
    if (this.#struck.has(whom)) return;
    this.#note("killed", whom);
    this.#struck.set(whom, this.#site.programs.kill(whom));
    for (const number of this.#hooks.keys())
      if (`telephones ${gatewayOf(number)}` === whom) this.#hooks.set(number, "hung-up");
  }

  /** SIGSTOP; the same. */
  stop(whom: Victim): void {
    if (this.#struck.has(whom)) return;
    this.#note("stopped", whom);
    this.#struck.set(whom, "stopped");
    this.#site.programs.stop(whom);
  }

  /** A dead one is started again, a stopped one goes on. */
  async restore(whom: Victim): Promise<void> {
    const gone = this.#struck.get(whom);
    if (gone === undefined) return;
    this.#struck.delete(whom);
    if (gone === "stopped") {
      this.#note("woken", whom);
      this.#site.programs.wake(whom);
      return;
    }
    await gone;
    if (this.#isOver) return;
    this.#note("started", whom);
    this.#site.programs.startAgain(whom);
  }

  /** Nothing that was planned happens any more; whoever is dead or stopped lives again. */
  async rest(): Promise<void> {
    this.#forgetPlans();
    await Promise.all([...this.#struck.keys()].map((whom) => this.restore(whom)));
  }

  /** The programs are about to be ended. */
  end(): void {
    this.#forgetPlans();
    this.#isOver = true;
  }

  hangUp(number: string): void {
    this.#site.tell(number, `hang-up ${number}`);
  }

  hangUpAll(): void {
    for (const [number, word] of this.#hooks) if (word !== "hung-up") this.hangUp(number);
  }

  get areAllOnHook(): boolean {
    return [...this.#hooks.values()].every((word) => word === "hung-up");
  }

  #forgetPlans(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#heirDelayMs = null;
  }

  async #until(atMs: number): Promise<void> {
    const { trouble } = this.#site.programs;
    if (trouble !== null) throw new Error(trouble);
    const leftMs = atMs - monotonicMs();
    if (leftMs > 0) await pause(leftMs);
  }

  #later(afterMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, afterMs);
    this.#timers.add(timer);
  }

  #do(deed: Deed): void {
    if (deed.kind === "call") this.dial(deed);
    else if (deed.kind === "kill-heir") this.#strikeHeir(deed);
    else {
      if (deed.kind === "kill") this.kill(deed.whom);
      else this.stop(deed.whom);
      this.#later(deed.forMs, () => void this.restore(deed.whom));
    }
  }

  #heardTelephone(event: ProgramEvent): void {
    const { number, event: kind, monotonicMs: atMs, by = null, from = null, to = null, sound = null } = event;
    if (typeof number !== "string" || typeof atMs !== "number") return;
    if (kind === "ready") this.#hooks.set(number, "hung-up");
    const word = telephoneWords.find((known) => known === kind);
    if (word === undefined) return;
    this.#hooks.set(number, word);
    const other = typeof from === "string" ? from : typeof to === "string" ? to : null;
    this.#said.push({ number, kind: word, by: typeof by === "string" ? by : null, other, sound, atMs });
    if (word === "ringing") this.#answerLater(number);
    if (word === "answered" && by === "near") this.#hangUpLater(number);
  }

  #answerLater(number: string): void {
    this.#later(this.#planned.get(number)?.ringMs ?? 0, () => this.#site.tell(number, `answer ${number}`));
  }

  #hangUpLater(number: string): void {
    const call = this.#planned.get(number);
    if (call === undefined) return;
    const who = call.hangsUp === "caller" ? call.caller : call.called;
    this.#later(call.talkMs, () => {
      if (this.#planned.get(number) === call) this.hangUp(who);
    });
  }

  // Blows.

  #strikeHeir({ delayMs, forMs, heirForMs }: HeirBlow): void {
    this.#heirDelayMs = delayMs;
    this.#heirForMs = heirForMs;
    const victim = this.#inCharge;
    this.kill(victim);
    this.#later(forMs, () => void this.restore(victim));
    this.#later(takeoverWithinMs, () => {
      this.#heirDelayMs = null;
    });
  }

  #takeoverBegan(title: string): void {
    const delayMs = this.#heirDelayMs;
    const heir = serverRoles.find((role) => role === title);
    if (delayMs === null || heir === undefined) return;
    this.#heirDelayMs = null;
    this.#later(delayMs, () => {
      this.kill(heir);
      this.#later(this.#heirForMs, () => void this.restore(heir));
    });
  }

  #tookCharge(title: string): void {
    const role = serverRoles.find((one) => one === title);
    if (role !== undefined) this.#inCharge = role;
  }

  #note(kind: "killed" | "started" | "stopped" | "woken", whom: Victim): void {
    const atMs = monotonicMs();
    this.#blows.push({ kind, whom, atMs });
    this.#tell(`${whom} ${kind}`);
  }
}
