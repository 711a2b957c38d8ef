/** The built `holdover phone`: against another of its kind, against SIPp (Debian sip-tester), and when it cannot run. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openPhoneSound } from "../../firmware/io/phone-sound.js";
import { readWav } from "../../firmware/protocol/wav.js";
import { judgeAudio } from "../../host/cli/demo/audio-judge.js";
import { foreignProgram } from "../support/foreign-program.js";

const program = fileURLToPath(new URL("../../dist/host/cli/holdover.js", import.meta.url));
const speechFolder = fileURLToPath(new URL("../../host/cli/demo/speech/", import.meta.url));
const sipp = foreignProgram("sipp", "sip-tester");
const runFile = promisify(execFile);

let folder = "";
let running: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdover-phone-"));
});

afterEach(async () => {
  for (const child of running) await end(child);
  running = [];
  rmSync(folder, { recursive: true, force: true });
});

interface Phone {
  readonly child: ChildProcess;
  readonly lines: Interface;
  readonly events: string[];
  readonly tell: (command: string) => void;
}

function phone(...args: readonly string[]): Phone {
  const child = spawn(process.execPath, [program, "phone", ...args, "--json"], { stdio: ["pipe", "pipe", "inherit"] });
  running.push(child);
  const lines = createInterface({ input: child.stdout });
  const events: string[] = [];
  lines.on("line", (line) => events.push(String(JSON.parse(line).event)));
  return { child, lines, events, tell: (command) => child.stdin.write(`${command}\n`) };
}

/** Until this telephone has said so, that many times. */
async function until({ events, lines }: Phone, event: string, count = 1): Promise<void> {
  while (events.filter((name) => name === event).length < count) await once(lines, "line");
}

async function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  }
  return child.exitCode;
}

function samplesOf(file: string): Int16Array {
  const wav = readWav(readFileSync(file));
  if (!wav.ok) throw new Error(wav.reason);
  return wav.value;
}

test("two telephones that take each other for their gateway talk, and SIGTERM ends the call and the recordings", async () => {
  const [a, b] = [join(folder, "a.wav"), join(folder, "b.wav")];
  const [speechA, speechB] = [join(speechFolder, "station-a.wav"), join(speechFolder, "station-b.wav")];
  const called = phone(
    ...["--address", "127.77.2.2", "--number", "102", "--gateway", "127.77.2.1", "--answer-after", "50ms"],
    ...["--play", speechB, "--record", b],
  );
  await until(called, "ready");
  const caller = phone(
    ...[
      "--address",
      "127.77.2.1",
      "--number",
      "101",
      "--gateway",
      "127.77.2.2",
      "--dial",
      "102",
      "--hang-up-after",
      "4s",
    ],
    ...["--play", speechA, "--record", a],
  );
  await Promise.all([until(called, "hung-up"), until(caller, "hung-up")]);
  caller.tell("dial 102");
  await Promise.all([until(called, "talking", 2), until(caller, "talking", 2)]);
  expect(await end(caller.child)).toBe(0);
  await until(called, "hung-up", 2);
  expect(await end(called.child)).toBe(0);
  for (const [recording, spoken] of [
    [a, speechB],
    [b, speechA],
  ] as const) {
    const heard = samplesOf(recording);
    expect(heard.length).toBeGreaterThan(31_000);
    const verdict = judgeAudio(samplesOf(spoken), heard.subarray(0, 31_000));
    expect(verdict?.correlation).toBeGreaterThan(0.9);
    expect(verdict?.longestGapMs).toBeLessThanOrEqual(60);
  }
});

test("a port in use and an unreadable file are one line and exit code 1", async () => {
  const self = ["--address", "127.77.2.3", "--number", "103", "--gateway", "127.77.2.1"];
  const first = phone(...self);
  await until(first, "ready");
  for (const [more, reason] of [
    [[], "holdover phone: cannot listen on 127.77.2.3:5060 (UDP): the port is in use by another program\n"],
    [["--play", `${folder}/none.wav`], `holdover phone: cannot read ${folder}/none.wav: ENOENT\n`],
  ] as const) {
    const failure = await runFile(process.execPath, [program, "phone", ...self, ...more]).catch((error) => error);
    expect(failure).toMatchObject({ code: 1, stderr: reason });
  }
});

describe.skipIf(!sipp.installed)("SIPp", () => {
  const side = ["-i", "127.77.2.9", "-p", "5060", "-m", "2", "-timeout", "15s", "-nostdin"];

  test("its calls to a telephone are answered, talked and ended", async () => {
    const called = phone(
      ...["--address", "127.77.2.4", "--number", "104", "--gateway", "127.77.2.9", "--answer-after", "50ms"],
    );
    await until(called, "ready");
    const uac = ["127.77.2.4:5060", "-sn", "uac", "-s", "104", "-l", "1", "-d", "200", ...side];
    await runFile(sipp.path, uac, { cwd: folder, timeout: 20_000 });
    await until(called, "hung-up", 2);
    expect(called.events.slice(1, 5)).toEqual(["ringing", "answered", "talking", "hung-up"]);
  });

  test("a telephone's calls to it are taken as any other's", async () => {
    const uas = runFile(sipp.path, ["-sn", "uas", ...side], { cwd: folder, timeout: 20_000 });
    const caller = phone(
      ...["--address", "127.77.2.5", "--number", "105", "--gateway", "127.77.2.9", "--hang-up-after", "100ms"],
    );
    await until(caller, "ready");
    for (const call of [1, 2]) {
      caller.tell("dial 201");
      await until(caller, "hung-up", call);
    }
    await uas;
    expect(caller.events.filter((name) => name === "talking")).toHaveLength(2);
  });
});

test("a thread of sound that never says that it runs is ended, and another one is started in its stead", async () => {
  const silent = new URL("data:text/javascript,setInterval(() => undefined, 1000)");
  const real = new URL("../../dist/firmware/io/phone-sound-worker.js", import.meta.url);
  const media = { address: "127.10.9.1", port: 40_000 };
  const start = { telephones: [{ media, cname: "a" }], speech: new Uint8Array(160), repeats: false };
  const sound = await openPhoneSound(start, { threads: [silent, real], readyWithinMs: 3_000 });
  if (!sound.ok) throw new Error(sound.reason);
  await sound.value.close();
  expect(await sound.value.ended).toBeNull();
  expect(await openPhoneSound(start, { threads: [silent], readyWithinMs: 50 })).toEqual({
    ok: false,
    reason: "the thread of the sound did not say within 50 ms that it runs, 1 times",
  });
});
