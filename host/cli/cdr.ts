/** `holdover cdr`: the call detail records of a call server's store, whether that server runs, stands by or is dead. */
import { Command, InvalidArgumentError, Option } from "commander";
import { complain, parseArguments, usageError } from "#io/command-line.js";
import { readConfigurationFile } from "#io/configuration-file.js";
import { type CallDetailRecord, endCauses } from "../cdr/call-detail-record.js";
import { provenances } from "../cdr/call-time.js";
import { csvHead, csvRow } from "../cdr/record-csv.js";
import { isWanted, type RecordFilter } from "../cdr/record-filter.js";
import { callServerSchema } from "../config.js";
import { openRecordReader } from "../io/record-reader.js";
import type { RecordReader } from "../store/record-store.js";
import { parsePointInTime, timeForms } from "./point-in-time.js";
import { listRecords } from "./record-list.js";
import { TextOutput } from "./text-output.js";

interface CdrOptions {
  readonly config?: string;
  readonly store?: string;
  readonly since?: number;
  readonly before?: number;
  readonly number?: string;
  readonly gateway?: string;
  readonly call?: string;
  readonly provenance?: RecordFilter["provenance"];
  readonly cause?: RecordFilter["endCause"];
  readonly last?: number;
  readonly json?: true;
  readonly csv?: true;
}

/** A table needs all its rows at once; --json and --csv do not. */
const tableRowsMax = 1_000;
const lastMax = 100_000;

/** Exit code: 0 listed, 1 the store or a record of it cannot be read, 2 wrong usage or configuration. */
export async function run(args: readonly string[]): Promise<number> {
  const command = cdrCommand();
  const wrong = parseArguments(command, args);
  if (wrong !== null) return wrong;
  const options = command.opts<CdrOptions>();
  const { config, store } = options;
  if ((config === undefined) === (store === undefined))
    return complain("cdr", "say whose records: -c FILE or --store FILE", usageError);
  if (options.json === true && options.csv === true) return complain("cdr", "--json or --csv, not both", usageError);
  const file = config === undefined ? { ok: true as const, value: store ?? "" } : storeOf(config);
  if (!file.ok) return complain("cdr", file.reason, usageError);
  const reader = openRecordReader(file.value);
  if (!reader.ok) return complain("cdr", reader.reason, 1);
  try {
    return await list(reader.value, options);
  } finally {
    reader.value.close();
  }
}

function cdrCommand(): Command {
  return new Command("holdover cdr")
    .description("List call detail records, the oldest first; also of a server that runs, or is dead.")
    .option("-c, --config <file>", "the call server's configuration, which names its store")
    .option("--store <file>", "the store itself")
    .option("--since <time>", `calls that ended from here on: ${timeForms}`, pointInTime)
    .option("--before <time>", "calls that ended before", pointInTime)
    .option("--number <number>", "calling or called; 1* is every number that begins with 1")
    .option("--gateway <domain>", "on either side")
    .option("--call <id>", "one call by its id")
    .addOption(new Option("--provenance <source>", "what its duration rests on").choices(provenances))
    .addOption(new Option("--cause <cause>", "why it ended").choices(endCauses))
    .option("--last <count>", "only the newest of these", recordCount)
    .option("--json", "one JSON object a line")
    .option("--csv", "comma-separated values (RFC 4180), times in UTC")
    .addHelpText("after", "\nTimes in the table are this machine's; ± is how far a duration may be off.")
    .allowExcessArguments(false);
}

function pointInTime(text: string): number {
  const time = parsePointInTime(text, Date.now());
  if (time === "malformed") throw new InvalidArgumentError(`A time is ${timeForms}.`);
  return time;
}

function recordCount(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > lastMax) throw new InvalidArgumentError(`From 1 to ${lastMax}.`);
  return count;
}

function storeOf(config: string) {
  const read = readConfigurationFile(config, callServerSchema);
  return read.ok ? { ok: true as const, value: read.value.store.file } : read;
}

async function list(reader: RecordReader, options: CdrOptions): Promise<number> {
  const output = new TextOutput(process.stdout);
  const isTable = options.json !== true && options.csv !== true;
  const newestMax = options.last ?? (isTable ? tableRowsMax : null);
  const newest: CallDetailRecord[] = [];
  const filter = filterOf(options);
  let [found, unreadable] = [0, 0];
  if (options.csv === true) await output.write(csvHead());
  for (const record of reader.records()) {
    if (output.isGone) return 0;
    if (!record.ok) {
      unreadable += 1;
      complain("cdr", record.reason, 1);
    } else if (isWanted(record.value, filter)) {
      found += 1;
      if (newestMax === null) await output.write(written(record.value, options));
      else newest.push(record.value);
      // Cut only now and then: cutting each time would cost by the square.
      if (newestMax !== null && newest.length >= 2 * newestMax) newest.splice(0, newest.length - newestMax);
    }
  }
  const chosen = newest.slice(newestMax === null ? 0 : -newestMax);
  if (isTable) await output.write(`${listRecords(chosen).join("\n")}\n`);
  else for (const record of chosen) await output.write(written(record, options));
  if (isTable && options.last === undefined && found > tableRowsMax)
    complain("cdr", `the newest ${tableRowsMax} of ${found}; --last COUNT, --json or --csv show more`, 0);
  return unreadable === 0 ? 0 : 1;
}

function written(record: CallDetailRecord, { csv }: CdrOptions): string {
  return csv === true ? csvRow(record) : `${JSON.stringify(record)}\n`;
}

function filterOf(options: CdrOptions): RecordFilter {
  return {
    sinceMs: options.since ?? null,
    beforeMs: options.before ?? null,
    number: options.number ?? null,
    gateway: options.gateway ?? null,
    callId: options.call ?? null,
    provenance: options.provenance ?? null,
    endCause: options.cause ?? null,
  };
}
