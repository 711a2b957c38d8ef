/** Programs run to their end, ours as a user types them and others'; what they said and how they ended. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Two folders above this file; three where the tests were built into dist/. */
const above = new URL("../..", import.meta.url);
const project = existsSync(new URL("package.json", above)) ? above : new URL("..", above);
export const projectFolder = fileURLToPath(project);
/** The built program, by the path package.json names as its bin. */
export const holdoverBin = fileURLToPath(new URL("dist/host/cli/holdover.js", project));

export interface Ending {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

export interface RunOptions {
  /** SIGKILL after this; the ending then has no exit code. */
  readonly withinMs?: number;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** SIGTERM as soon as standard output holds this. */
  readonly endAfter?: (stdout: string) => boolean;
}

const outputCharactersMax = 16_000_000;

export function runProgram(file: string, args: readonly string[], options: RunOptions = {}): Promise<Ending> {
  const startedAtMs = performance.now();
  const child = spawn(file, args, {
    cwd: options.cwd ?? projectFolder,
    env: { ...process.env, ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  let isTold = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (stdout.length < outputCharactersMax) stdout += text;
    if (isTold || options.endAfter?.(stdout) !== true) return;
    isTold = true;
    child.kill("SIGTERM");
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (stderr.length < outputCharactersMax) stderr += text;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), options.withinMs ?? 20_000);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode, stdout, stderr, tookMs: performance.now() - startedAtMs });
    });
  });
}

export function runHoldover(args: readonly string[], options: RunOptions = {}): Promise<Ending> {
  return runProgram(process.execPath, [holdoverBin, ...args], options);
}

/** Standard error's lines that say something; npm and node add none of their own to our programs'. */
export function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
