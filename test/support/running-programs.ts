/**
 * Programs of ours as processes of their own, each by a title, with one folder for what they are told and what they leave
 * behind. They can be killed, stopped and started again over what they left; all end at the end, by their process ids.
 */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program, type ProgramEvent } from "../../host/cli/demo/program.js";
import { holdoverBin } from "./programs.js";

export interface Outcry {
  readonly title: string;
  readonly event: ProgramEvent;
}

interface Started {
  readonly args: readonly string[];
  readonly program: Program;
}

export class RunningPrograms {
  readonly folder: string;
  readonly #told: (outcry: Outcry) => void;
  readonly #started = new Map<string, Started>();
  readonly #stopped = new Set<string>();

  /** `told` hears every event of every program, whichever life of it. */
  constructor(name: string, told: (outcry: Outcry) => void = () => undefined) {
    this.folder = mkdtempSync(join(tmpdir(), `holdover-${name}-`));
    this.#told = told;
  }

  start(title: string, args: readonly string[]): Program {
    const program = new Program(holdoverBin, { title, args }, (event) => this.#told({ title, event }));
    this.#started.set(title, { args, program });
    return program;
  }

  /** With a configuration file of its own. YAML takes JSON as it is. */
  startConfigured(title: string, command: string, configuration: unknown): Program {
    const file = this.configurationOf(title);
    writeFileSync(file, JSON.stringify(configuration, null, 2));
    return this.start(title, [command, "-c", file]);
  }

  configurationOf(title: string): string {
    return join(this.folder, `${title.replace(" ", "-")}.yaml`);
  }

  /** Once more, over what it left. */
  startAgain(title: string): Program {
    return this.start(title, this.#of(title).args);
  }

  named(title: string): Program {
    return this.#of(title).program;
  }

  get all(): readonly Program[] {
    return [...this.#started.values()].map(({ program }) => program);
  }

  /** Why one of them ended although nobody told it to; null while all run. */
  get trouble(): string | null {
    return this.all.map((program) => program.trouble).find((reason) => reason !== null) ?? null;
  }

  /** SIGKILL. */
  async kill(title: string): Promise<void> {
    this.#stopped.delete(title);
    await this.named(title).kill();
  }

  /** SIGSTOP: it neither runs nor knows it. */
  stop(title: string): void {
    this.#stopped.add(title);
    this.#signal(title, "SIGSTOP");
  }

  /** SIGCONT. */
  wake(title: string): void {
    if (this.#stopped.delete(title)) this.#signal(title, "SIGCONT");
  }

  /** A line for who looks into the folder afterwards. */
  note(file: string, line: string): void {
    appendFileSync(join(this.folder, file), `${line}\n`);
  }

  /** Who is stopped would not hear that it is to end. */
  async end(): Promise<void> {
    for (const title of [...this.#stopped]) this.wake(title);
    await Promise.all(this.all.map((program) => program.end()));
  }

  removeFolder(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #of(title: string): Started {
    const started = this.#started.get(title);
    if (started === undefined) throw new Error(`there is no ${title} here`);
    return started;
  }

  #signal(title: string, signal: "SIGSTOP" | "SIGCONT"): void {
    const { pid } = this.named(title);
    if (pid !== undefined) process.kill(pid, signal);
  }
}
