/** `holdover calls`: the calls a running call server knows of now. */
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { complain, durationArgument, parseArguments, usageError } from "#io/command-line.js";
import type { CallsReply } from "../control/control-message.js";
import { readCalls } from "../io/control-replies.js";
import { askCallServer } from "../io/control-socket.js";
import { formatDuration } from "./connection-list.js";
import { controlPlaceOf } from "./control-place.js";
import { writeTable } from "./table.js";
import { TextOutput } from "./text-output.js";

/** It answers from memory, at once. */
const answerWithinMs = 5_000;
const watchLeastMs = 100;

interface CallsOptions {
  readonly config: string;
  readonly json?: true;
  readonly watch?: number;
}

/** Exit code: 0 told, or a watch was told to end, 1 no server answers, 2 wrong usage or configuration. */
export async function run(args: readonly string[]): Promise<number> {
  const command = new Command("holdover calls")
    .description("List the calls a running call server knows of: in hand, or as a standby by its polls.")
    .requiredOption("-c, --config <file>", "the call server's configuration")
    .option("--json", "one JSON object per round instead of a table")
    .option("--watch <interval>", "ask again and again, e.g. every 5s, 500ms or 1m", durationArgument)
    .allowExcessArguments(false);
  const wrong = parseArguments(command, args);
  if (wrong !== null) return wrong;
  const { config, json, watch } = command.opts<CallsOptions>();
  if (watch !== undefined && watch < watchLeastMs)
    return complain("calls", `--watch is at least ${watchLeastMs}ms`, usageError);
  const place = controlPlaceOf(config);
  if (!place.ok) return complain("calls", place.reason, usageError);
  const output = new TextOutput(process.stdout);
  if (watch !== undefined)
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
  for (;;) {
    const answer = await askCallServer(place.value, { command: "calls" }, answerWithinMs);
    const told = answer.ok ? readCalls(answer.value) : answer;
    if (!told.ok) complain("calls", told.reason, 1);
    else await output.write(json === true ? jsonOf(told.value) : tableOf(told.value, watch !== undefined));
    if (watch === undefined) return told.ok ? 0 : 1;
    if (output.isGone) return 0;
    await sleep(watch);
  }
}

function jsonOf(reply: CallsReply): string {
  return `${JSON.stringify({ at: new Date().toISOString(), ...reply })}\n`;
}

const columns = [
  { title: "call" },
  { title: "state" },
  { title: "known" },
  { title: "from" },
  { title: "to" },
  { title: "answered", align: "right" },
  { title: "originating line" },
  { title: "terminating line" },
  { title: "connections", align: "right" },
] as const;

function tableOf({ server, role, epoch, calls }: CallsReply, isWatched: boolean): string {
  const rows = calls.map((call) => [
    call.callId,
    call.state,
    call.known,
    call.callingNumber,
    call.calledNumber,
    call.answerWallMs === null ? "" : formatDuration(Math.max(0, Date.now() - call.answerWallMs)),
    call.originating,
    call.terminating,
    String(call.connections),
  ]);
  const head = `${server} is ${role}${epoch > 0 ? `, epoch ${epoch}` : ""}: ${calls.length} calls`;
  // A watched table stands at the top of a terminal; in a log each round follows the one before.
  const home = isWatched && process.stdout.isTTY ? "\u001b[H\u001b[2J" : "";
  return `${home}${[head, ...(rows.length === 0 ? [] : writeTable(columns, rows))].join("\n")}\n`;
}
