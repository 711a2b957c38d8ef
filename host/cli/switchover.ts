/** `holdover switchover`: puts a call server in charge by the operator's word, at once, with every call going on. */
import { Command } from "commander";
import { complain, parseArguments, usageError } from "#io/command-line.js";
import { readSwitchover, type ToldSwitchover } from "../io/control-replies.js";
import { askCallServer } from "../io/control-socket.js";
import { controlPlaceOf } from "./control-place.js";

/** A gateway that is away is given up after 3 s for each of asking, claiming and auditing. */
const answerWithinMs = 30_000;

const help = `
The call server of this configuration takes every gateway over and its peer stands by. Calls that are up, held or ringing
go on; a call whose set-up is under way in that moment is released and may be dialled again.
--reset-epoch is for gateways whose epoch has become so high (above 2^47) that no claim is granted any more.
Exit code: 0 it is in charge of all gateways, 1 it is not, or some did not answer, 2 wrong usage.`;

interface SwitchoverOptions {
  readonly config: string;
  readonly resetEpoch?: true;
  readonly json?: true;
}

export async function run(args: readonly string[]): Promise<number> {
  const command = new Command("holdover switchover")
    .description("Put the call server of this configuration in charge, now.")
    .requiredOption("-c, --config <file>", "configuration of the call server that is to take over; it must run")
    .option("--reset-epoch", "let gateways whose epoch is stuck begin again at one")
    .option("--json", "the whole report as one JSON object")
    .addHelpText("after", help)
    .allowExcessArguments(false);
  const wrong = parseArguments(command, args);
  if (wrong !== null) return wrong;
  const { config, resetEpoch = false, json } = command.opts<SwitchoverOptions>();
  const place = controlPlaceOf(config);
  if (!place.ok) return complain("switchover", place.reason, usageError);
  const answer = await askCallServer(place.value, { command: "switchover", resetEpoch }, answerWithinMs);
  if (!answer.ok) return complain("switchover", answer.reason, 1);
  if (json === true) process.stdout.write(`${JSON.stringify(answer.value)}\n`);
  const told = readSwitchover(answer.value);
  if (!told.ok) return complain("switchover", told.reason, 1);
  if (json !== true) process.stdout.write(`${report(told.value).join("\n")}\n`);
  return (told.value.facts?.report.unreachable.length ?? 0) === 0 ? 0 : 1;
}

function report({ server, outcome, facts }: ToldSwitchover): string[] {
  if (facts === null) return [`${server} is already in charge; nothing was done`];
  const { recovered, endedMeanwhile, orphaned, conflicting, unreachable } = facts.report;
  const from = facts.from === null ? "" : ` from ${facts.from}`;
  const lines = [
    `${server} ${outcome}${from} in ${facts.takeoverMs} ms`,
    `  calls that go on: ${recovered.length}`,
    `  ended meanwhile:  ${endedMeanwhile.length}`,
  ];
  for (const { callId, callingNumber, calledNumber, reason } of endedMeanwhile)
    lines.push(`  ended ${callId}, ${callingNumber || "?"} to ${calledNumber || "?"}: ${reason}`);
  for (const { callId, reason } of orphaned) lines.push(`  released ${callId}: ${reason}`);
  for (const { callId, reason } of conflicting) lines.push(`  surplus released of ${callId}: ${reason}`);
  for (const { gateway, reason } of unreachable) lines.push(`  NOT in charge of ${gateway}: ${reason}`);
  return lines;
}
