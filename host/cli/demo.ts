/** `holdover demo`: a real call survives the death of its call server, in front of your eyes; exit 0 only if it did. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError, Option } from "commander";
import { parseArguments } from "#io/command-line.js";
import { monotonicMs } from "#io/monotonic-clock.js";
import { type AuditProtocol, auditProtocols } from "#protocol/active-connection.js";
import { readWav } from "#protocol/wav.js";
import { samplesPerMs } from "./demo/audio-alignment.js";
import { type AudioVerdict, judgeAudio } from "./demo/audio-judge.js";
import { castOf, recordingFile } from "./demo/cast.js";
import { DemoTrouble } from "./demo/program.js";
import { Screen } from "./demo/screen.js";
import { Story, type Talk } from "./demo/story.js";
import { judge } from "./demo/verdict.js";

const callsMax = 100;
/** A death is noticed within deadAfterMs and a heartbeat: a shorter silence must not count as one. */
const detection = { heartbeatMs: 400, deadAfterMs: 1500, pollMs: 1000 } as const;
const talkBeforeMs = 4000;
const talkAfterMs = 5000;

interface DemoArguments {
  readonly calls: number;
  readonly via: AuditProtocol | "all";
  readonly json?: boolean;
  readonly keep?: boolean;
}

/** Exit code: 0 every promise was kept, 1 one was not or something failed, 2 wrong usage. */
export async function run(args: readonly string[]): Promise<number> {
  const command = demoCommand();
  const exitCode = parseArguments(command, args);
  if (exitCode !== null) return exitCode;
  const options = command.opts<DemoArguments>();
  const folder = mkdtempSync(`${tmpdir()}/holdover-demo-`);
  try {
    return await perform(options, folder);
  } finally {
    if (options.keep === true) process.stderr.write(`kept: ${folder}\n`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

function demoCommand(): Command {
  return new Command("holdover demo")
    .description(
      "Watch a call survive the death of its call server: six processes on loopback, real sockets, real speech.",
    )
    .option("--calls <n>", `calls at once, 1 to ${callsMax}`, callsArgument, 1)
    .addOption(
      new Option("--via <protocol>", "how the backup asks the gateways")
        .choices([...auditProtocols, "all"])
        .default("all"),
    )
    .option("--json", "print one JSON object as the last line; the story goes to standard error")
    .option("--keep", "keep configurations, recordings and stores, and say where")
    .allowExcessArguments(false);
}

async function perform(options: DemoArguments, folder: string): Promise<number> {
  const { calls } = options;
  const via = options.via === "all" ? auditProtocols : [options.via];
  const startedAtMs = monotonicMs();
  const output = options.json === true ? process.stderr : process.stdout;
  const screen = new Screen({
    isTerminal: output.isTTY,
    columns: output.isTTY ? output.columns : 160,
    write: (text) => output.write(text),
    startedAtMs,
  });
  const speech = { caller: speechFile("station-a.wav"), called: speechFile("station-b.wav") };
  const cast = castOf({
    calls,
    via,
    secret: randomBytes(24).toString("hex"),
    community: randomBytes(12).toString("hex"),
    folder,
    speech,
    detection,
  });
  const bin = fileURLToPath(new URL("./holdover.js", import.meta.url));
  const { deadAfterMs, heartbeatMs } = detection;
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const clock = { nowMs: monotonicMs, wait };
  const story = new Story({ calls, folder, bin, talkBeforeMs, talkAfterMs }, screen, clock);
  const stop = () => void story.end().then(() => process.exit(1));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  try {
    const seen = await story.play(cast);
    await story.end();
    const audio = judgeRecordings(folder, seen.talks, speech);
    const { result, promises } = judge({ ...seen, calls, via, detectLimitMs: deadAfterMs + heartbeatMs, audio });
    screen.act("What was promised");
    for (const { text, kept } of promises) kept ? screen.passed(text) : screen.failed(text);
    screen.print("");
    if (options.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
    return result.ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof DemoTrouble)) throw error;
    await story.end();
    screen.failed(error.message);
    if (options.json === true) process.stdout.write(`${JSON.stringify({ ok: false, reason: error.message })}\n`);
    return 1;
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, stop);
  }
}

/** Each station's recording against what the other one played, as long as that one was there. */
function judgeRecordings(
  folder: string,
  talks: readonly Talk[],
  speech: { readonly caller: string; readonly called: string },
): (AudioVerdict | null)[] {
  const saidByCaller = readSamples(speech.caller);
  const saidByCalled = readSamples(speech.called);
  const verdicts: (AudioVerdict | null)[] = [];
  for (const [call, { callerMs, calledMs }] of talks.entries())
    verdicts.push(
      judgeAudio(saidByCalled, heard(recordingFile(folder, 0, call), callerMs)),
      judgeAudio(saidByCaller, heard(recordingFile(folder, 1, call), calledMs)),
    );
  return verdicts;
}

function heard(file: string, ms: number): Int16Array {
  return readSamples(file).subarray(0, Math.round(ms * samplesPerMs));
}

function readSamples(file: string): Int16Array {
  const samples = readWav(readFileSync(file));
  if (!samples.ok) throw new DemoTrouble(`${file}: ${samples.reason}`);
  return samples.value;
}

/** The recordings travel with the package, beside their source text. */
function speechFile(name: string): string {
  return fileURLToPath(new URL(`../../../host/cli/demo/speech/${name}`, import.meta.url));
}

function callsArgument(text: string): number {
  const calls = Number(text);
  if (!Number.isInteger(calls) || calls < 1 || calls > callsMax)
    throw new InvalidArgumentError(`expected a whole number from 1 to ${callsMax}`);
  return calls;
}
