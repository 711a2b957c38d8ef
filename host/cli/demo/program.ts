/**
 * One process of the demo: a `holdover` program as a user would start it, its events read from its output (one JSON
 * object a line), its death noticed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export type ProgramEvent = Readonly<Record<string, unknown>> & { readonly event: string };

export interface ProgramOptions {
  /** As the audience knows it: "primary call server". */
  readonly title: string;
  /** What follows `holdover`. */
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const errorLinesMax = 20;
const eventsMax = 20_000;

interface Waiter {
  readonly matches: (event: ProgramEvent) => boolean;
  readonly resolve: (event: ProgramEvent) => void;
}

export class Program {
  readonly title: string;
  readonly #child: ChildProcess;
  readonly #onEvent: (event: ProgramEvent) => void;
  readonly #events: ProgramEvent[] = [];
  readonly #errors: string[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #ended: Promise<string>;
  #isExpectedToEnd = false;
  #endedAs: string | null = null;

  constructor(bin: string, options: ProgramOptions, onEvent: (event: ProgramEvent) => void) {
    this.title = options.title;
    this.#onEvent = onEvent;
    this.#child = spawn(process.execPath, [bin, ...options.args], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...options.environment },
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(this.#noteEnd(error.message)));
      this.#child.once("exit", (code, signal) => resolve(this.#noteEnd(signal ?? `exit code ${code}`)));
    });
    if (this.#child.stdout !== null)
      createInterface({ input: this.#child.stdout }).on("line", (line) => this.#read(line));
    if (this.#child.stderr !== null)
      createInterface({ input: this.#child.stderr }).on("line", (line) => {
        if (this.#errors.length < errorLinesMax) this.#errors.push(line);
      });
    // The program may be gone when it is spoken to; its end is noticed elsewhere.
    this.#child.stdin?.on("error", () => undefined);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get events(): readonly ProgramEvent[] {
    return this.#events;
  }

  /** Why the program ended although nobody told it to; null while it runs. */
  get trouble(): string | null {
    if (this.#endedAs === null || this.#isExpectedToEnd) return null;
    const said = this.#errors.length === 0 ? "" : `: ${this.#errors.join("\n")}`;
    return `${this.title} ended (${this.#endedAs})${said}`;
  }

  /** The first event, past or to come, that matches; rejects with what was waited for when it does not come in time. */
  async event(what: string, matches: (event: ProgramEvent) => boolean, withinMs: number): Promise<ProgramEvent> {
    const past = this.#events.find(matches);
    if (past !== undefined) return past;
    const late = new AbortController();
    const coming = new Promise<ProgramEvent>((resolve) => this.#waiters.add({ matches, resolve }));
    const timer = setTimeout(() => late.abort(), withinMs);
    const over = new Promise<never>((_resolve, reject) => {
      late.signal.addEventListener("abort", () =>
        reject(new DemoTrouble(`${this.title}: ${what} did not come within ${withinMs} ms`)),
      );
      void this.#ended.then(() => reject(new DemoTrouble(this.trouble ?? `${this.title} ended before: ${what}`)));
    });
    return Promise.race([coming, over]).finally(() => clearTimeout(timer));
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** SIGKILL: no last words. */
  async kill(): Promise<void> {
    this.#isExpectedToEnd = true;
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** SIGTERM, and SIGKILL for one that does not listen. */
  async end(): Promise<void> {
    this.#isExpectedToEnd = true;
    if (this.#endedAs !== null) return;
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), endWithinMs);
    await this.#ended;
    clearTimeout(timer);
  }

  #noteEnd(how: string): string {
    this.#endedAs = how;
    return how;
  }

  #read(line: string): void {
    const event = parseEvent(line);
    if (event === null) return;
    if (this.#events.length < eventsMax) this.#events.push(event);
    this.#onEvent(event);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(event)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(event);
    }
  }
}

const endWithinMs = 3000;

/** Something on the stage did not go as the play says; the message is for the audience. */
export class DemoTrouble extends Error {}

function parseEvent(line: string): ProgramEvent | null {
  try {
    const value: unknown = JSON.parse(line);
    return isEvent(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isEvent(value: unknown): value is ProgramEvent {
  return typeof value === "object" && value !== null && "event" in value && typeof value.event === "string";
}
