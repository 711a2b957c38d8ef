/**
 * `npm run chaos -- --for 3m --seed 7`: a whole exchange of real processes on loopback, killed and stopped at random while
 * calls come and go; each call must go on, and be billed once. A failing run names its seed and leaves everything in a folder.
 */
import { Command, InvalidArgumentError } from "commander";
import { durationArgument, parseArguments } from "../../firmware/io/command-line.js";
import { writeTable } from "../../host/cli/table.js";
import { type ChaosResult, ChaosRun } from "./chaos-run.js";

interface ChaosArguments {
  readonly for: number;
  readonly seed: number;
  readonly net: number;
  readonly json?: true;
  readonly keep?: true;
}

const forMsMax = 3_600_000;
const seedMax = 2 ** 31 - 1;
/** Its gateways' telephones have the nets above it. */
const netMax = 250;

/** Exit code: 0 every promise was kept, 1 one was not, 2 wrong usage, 130 interrupted. */
async function main(args: readonly string[]): Promise<number> {
  const command = new Command("npm run chaos --")
    .description("Strike an exchange of real processes at random, and judge from outside what became of its calls.")
    .option("--for <time>", "so long, e.g. 90s or 3m; then there is peace until all is quiet", timeArgument, 60_000)
    .option("--seed <n>", "what happens is drawn from it; by chance unless told", seedArgument, Date.now() % seedMax)
    .option("--net <n>", "its addresses are 127.21.<n>.1 and on: runs at the same time need other ones", netArgument, 0)
    .option("--json", "the result as one JSON object on standard output")
    .option("--keep", "keep logs, stores and journals of a good run, too")
    .allowExcessArguments(false);
  const wrong = parseArguments(command, args);
  if (wrong !== null) return wrong;
  const { for: forMs, seed, net, json, keep } = command.opts<ChaosArguments>();
  const run = new ChaosRun({ seed, forMs, net, tell: (text) => process.stderr.write(`${text}\n`) });
  process.stderr.write(`seed ${seed}, ${forMs / 1000} s; logs and stores in ${run.folder}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void run.end(keep === true).then(() => process.exit(130)));
  let isKept = true;
  try {
    const result = await run.play();
    isKept = keep === true || !result.ok;
    process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : report(result, isKept));
    return result.ok ? 0 : 1;
  } finally {
    await run.end(isKept);
  }
}

function report(result: ChaosResult, isKept: boolean): string {
  const { voicesJudged, mostMissingVoiceMs, quietAfterMs, wrong } = result;
  const rows = [
    ["seed", String(result.seed)],
    ["struck for", `${result.forMs / 1000} s`],
    ["killed, stopped", `${result.kills}, ${result.stops}`],
    ["takeovers", String(result.takeovers)],
    ["calls dialled, answered", `${result.dialled}, ${result.answered}`],
    ["calls that outlived a blow to a server", String(result.outlived)],
    ["records, the same in both stores", String(result.records)],
    ["voices judged", String(voicesJudged)],
    ["most missing of one", `${mostMissingVoiceMs} ms`],
    ["quiet after", quietAfterMs === null ? "" : `${(quietAfterMs / 1000).toFixed(1)} s`],
    ["promises broken", String(wrong.length)],
  ];
  const again = `npm run chaos -- --for ${result.forMs}ms --seed ${result.seed}`;
  const trouble = wrong.length === 0 ? [] : [...wrong.map((reason) => `BROKEN ${reason}`), `again: ${again}`];
  const kept = isKept ? [`kept: ${result.folder} (schedule.jsonl, story.log, history.json, logs and stores)`] : [];
  return `${[...writeTable([{ title: "what" }, { title: "figure" }], rows), ...trouble, ...kept].join("\n")}\n`;
}

function timeArgument(text: string): number {
  const ms = durationArgument(text);
  if (ms > forMsMax) throw new InvalidArgumentError("At most 60m.");
  return ms;
}

function seedArgument(text: string): number {
  return wholeArgument(text, seedMax);
}

function netArgument(text: string): number {
  return wholeArgument(text, netMax);
}

function wholeArgument(text: string, most: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= most)) throw new InvalidArgumentError(`A whole number up to ${most}.`);
  return value;
}

process.exitCode = await main(process.argv.slice(2));
