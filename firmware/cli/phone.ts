/** `holdover phone`: packet telephones that signal by SIP to their gateway, play a WAV file and record what they hear. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Command, InvalidArgumentError } from "commander";
import { type Address, isIpLiteral, parseAddress } from "#protocol/address.js";
import { muLawOf } from "#protocol/g711-table.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { readWav } from "#protocol/wav.js";
import { complain, durationArgument, parseArguments } from "../io/command-line.js";
import { openPhoneRecording, type PhoneRecording } from "../io/phone-recording.js";
import { openPhoneSound, type PhoneSound } from "../io/phone-sound.js";
import { now, RunningStation } from "../io/phone-station.js";
import { countedAddress, countedNumber, parsePhoneCommand, recordingOf, telephonesMax } from "../phone/phone-bank.js";
import { type PhoneEvent, phoneEventLine, type StationMoment } from "../phone/phone-event.js";

interface PhoneArguments {
  readonly address: string;
  readonly number: string;
  readonly gateway: Address;
  readonly count: number;
  readonly sipPort: number;
  readonly rtpPort: number;
  readonly play?: string;
  readonly record?: string;
  readonly dial?: string;
  readonly after: number;
  readonly apart: number;
  readonly answerAfter?: number;
  readonly hangUpAfter?: number;
  readonly loop?: boolean;
  readonly json?: boolean;
}

/** Exit code: 0 ended on request, 1 could not run, 2 wrong usage. */
export async function run(args: readonly string[]): Promise<number> {
  const command = phoneCommand();
  const exitCode = parseArguments(command, args);
  if (exitCode !== null) return exitCode;
  const options = command.opts<PhoneArguments>();
  // Before the first line is said: who reads it may say stop at once.
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
  const telephones = await openTelephones(options);
  if (!telephones.ok) return complain("phone", telephones.reason, 1);
  const { stations, sound } = telephones.value;
  const silenced = sound.ended.then((reason) => reason ?? "the sound was closed");
  const trouble = await Promise.race([untilTold(stations, options, signalled).then(() => null), silenced]);
  await Promise.all(stations.map((station) => station.close()));
  await sound.close();
  return trouble === null ? 0 : complain("phone", trouble, 1);
}

function phoneCommand(): Command {
  return new Command("holdover phone")
    .description(
      "Run packet telephones: SIP to their gateway, G.711 µ-law over RTP.\n" +
        "On standard input: dial TO [NUMBER], answer [NUMBER], hang-up [NUMBER], quit.",
    )
    .requiredOption("--address <ip>", "the telephone's own address", ipArgument)
    .requiredOption("--number <digits>", "the telephone's number")
    .requiredOption("--gateway <ip:port>", "its gateway's SIP address", addressArgument)
    .option("--count <n>", "so many telephones, numbers and addresses counted up", integerArgument(1, telephonesMax), 1)
    .option("--sip-port <port>", "where it takes SIP", integerArgument(1, 65_535), 5060)
    .option("--rtp-port <port>", "where it takes RTP, RTCP on the next port", integerArgument(1, 65_534), 40_000)
    .option("--play <file>", "WAV file (8000 Hz, mono) it speaks in every call")
    .option("--record <file>", "WAV file for what it hears; with --count the number is put into its name")
    .option("--dial <number>", "call this number; with --count counted up as well")
    .option("--after <time>", "call after this time", durationArgument, 0)
    .option("--apart <time>", "with --count: so long from one telephone's call to the next", durationArgument, 0)
    .option(
      "--answer-after <time>",
      "answer after ringing so long; without it, on the command answer",
      durationArgument,
    )
    .option("--hang-up-after <time>", "hang up after talking so long", durationArgument)
    .option("--loop", "speak the file again and again")
    .option("--json", "one JSON object for each event on standard output")
    .allowExcessArguments(false);
}

interface Telephones {
  readonly stations: readonly RunningStation[];
  readonly sound: PhoneSound;
}

async function openTelephones(options: PhoneArguments): Promise<ParseResult<Telephones>> {
  const speech = options.play === undefined ? parsed(new Int16Array(0)) : readSpeech(options.play);
  if (!speech.ok) return speech;
  const stations: RunningStation[] = [];
  const opened = await openStations(options, stations);
  const sound = opened.ok ? await openSound(options, stations, speech.value) : opened;
  if (!sound.ok) {
    await Promise.all(stations.map((station) => station.close()));
    return sound;
  }
  for (const [index, station] of stations.entries()) station.useSound(sound.value.of(index, station.ears));
  const at = now();
  for (const { number, address } of stations) say(options, number, { kind: "ready", address, sound: null }, at);
  return parsed({ stations, sound: sound.value });
}

/** Into `stations`, also where one cannot be opened. */
async function openStations(options: PhoneArguments, stations: RunningStation[]): Promise<ParseResult<null>> {
  for (let index = 0; index < options.count; index += 1) {
    const station = await openStation(options, index);
    if (!station.ok) return station;
    stations.push(station.value);
  }
  return parsed(null);
}

function openSound(
  { rtpPort: port, loop }: PhoneArguments,
  stations: readonly RunningStation[],
  speech: Int16Array,
): Promise<ParseResult<PhoneSound>> {
  const telephones = stations.map(({ number, address: { address } }) => {
    return { media: { address, port }, cname: `${number}@${address}`.slice(0, 64) };
  });
  return openPhoneSound({ telephones, speech: muLawOf(speech), repeats: loop === true });
}

async function openStation(options: PhoneArguments, index: number): Promise<ParseResult<RunningStation>> {
  const address = countedAddress(options.address, index);
  if (!address.ok) return address;
  const number = countedNumber(options.number, index);
  if (!number.ok) return number;
  const recording = openRecording(options, number.value);
  if (!recording.ok) return recording;
  const station = new RunningStation(
    {
      number: number.value,
      sip: { address: address.value, port: options.sipPort },
      media: { address: address.value, port: options.rtpPort },
      gateway: options.gateway,
      answerAfterMs: options.answerAfter ?? null,
      hangUpAfterMs: options.hangUpAfter ?? null,
    },
    recording.value,
    (event, at) => {
      say(options, number.value, event, at);
      const fault = event.kind === "hung-up" ? (recording.value?.fault ?? null) : null;
      if (fault !== null) process.stderr.write(`holdover phone: ${number.value} no longer records: ${fault}\n`);
    },
  );
  const opened = await station.open();
  if (opened.ok) return parsed(station);
  recording.value?.close();
  return opened;
}

function say(options: PhoneArguments, number: string, event: PhoneEvent, at: StationMoment): void {
  process.stdout.write(`${phoneEventLine(number, event, at, options.json === true)}\n`);
}

function openRecording(options: PhoneArguments, number: string): ParseResult<PhoneRecording | null> {
  if (options.record === undefined) return parsed(null);
  return openPhoneRecording(options.count > 1 ? recordingOf(options.record, number) : options.record);
}

function readSpeech(file: string): ParseResult<Int16Array> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof Error && "code" in error) return refused(`cannot read ${file}: ${String(error.code)}`);
    throw error;
  }
  const samples = readWav(bytes);
  return samples.ok ? samples : refused(`cannot play ${file}: ${samples.reason}`);
}

/** Dials as the options say, does what standard input says, until it says quit or a signal comes. */
function untilTold(
  stations: readonly RunningStation[],
  options: PhoneArguments,
  signalled: Promise<void>,
): Promise<void> {
  const { dial } = options;
  const dialling = setTimeout(() => {
    if (dial !== undefined) dialAll(stations, dial, options.apart);
  }, options.after);
  const input = createInterface({ input: process.stdin });
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(dialling);
      input.close();
      process.stdin.pause();
      resolve();
    };
    void signalled.then(end);
    input.on("line", (line) => {
      if (line.trim() === "") return;
      if (obey(stations, line, options.apart)) end();
    });
  });
}

/** True when it is the command to quit. */
function obey(stations: readonly RunningStation[], line: string, apartMs: number): boolean {
  const command = parsePhoneCommand(line);
  if (!command.ok) {
    process.stderr.write(`holdover phone: ${command.reason}\n`);
    return false;
  }
  if (command.value.kind === "quit") return true;
  const { kind, telephone } = command.value;
  const meant = telephone === null ? stations : stations.filter(({ number }) => number === telephone);
  if (meant.length === 0) process.stderr.write(`holdover phone: no telephone ${telephone} here\n`);
  if (kind === "dial") dialAll(meant, command.value.to, apartMs);
  else for (const station of meant) kind === "answer" ? station.answer() : station.hangUp();
  return false;
}

function dialAll(stations: readonly RunningStation[], first: string, apartMs: number): void {
  for (const [index, station] of stations.entries()) {
    const to = countedNumber(first, index);
    if (!to.ok) process.stderr.write(`holdover phone: ${to.reason}\n`);
    else if (apartMs === 0) station.dial(to.value);
    else setTimeout(() => station.dial(to.value), index * apartMs).unref();
  }
}

function ipArgument(text: string): string {
  if (!isIpLiteral(text)) throw new InvalidArgumentError("It is no IP address.");
  return text;
}

function addressArgument(text: string): Address {
  const address = parseAddress(text, 5060);
  if (!address.ok) throw new InvalidArgumentError(`${address.reason}.`);
  return address.value;
}

function integerArgument(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`It is not ${least} to ${most}.`);
    return value;
  };
}
