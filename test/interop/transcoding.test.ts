import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readWav } from "#protocol/wav.js";
import { Program } from "../../host/cli/demo/program.js";
import { bestMatch, resemblance } from "../support/coded-voice.js";
import { foreignProgram } from "../support/foreign-program.js";
import { holdoverBin } from "../support/programs.js";
import { levelDbm0, speech } from "../support/test-signals.js";
import { WireCallAgent } from "../support/wire-call-agent.js";
import { mediaOf } from "../support/wire-rtp-peer.js";

const ffmpeg = foreignProgram("ffmpeg", "ffmpeg");
const voiceFile = fileURLToPath(new URL("../../host/cli/demo/speech/station-a.wav", import.meta.url));
const place = { address: "127.60.0.1", port: 2427 };
const mouth = "127.60.0.3";
const ear = "127.60.0.4";
/** Where the packets are made that are said afterwards. */
const press = "127.60.0.5";
const saidSeconds = 6;
const heardSeconds = 3;
const rtpHeaderOctets = 12;
/** What was heard is judged in pieces of 200 ms, each where it is most alike what was said around it. */
const pieceSamples = 1600;
const aroundSamples = 2000;
const quietDbm0 = -35;

interface Format {
  /** What the call agent allows, as the gateway calls it. */
  readonly option: string;
  readonly rtpmap: string;
  readonly encoder: readonly string[];
  /** Of 20 ms. */
  readonly octets: number;
}

const pcma: Format = { option: "PCMA", rtpmap: "8 PCMA/8000", encoder: ["pcm_alaw", "-ar", "8000"], octets: 160 };
const pcmu: Format = { option: "PCMU", rtpmap: "0 PCMU/8000", encoder: ["pcm_mulaw", "-ar", "8000"], octets: 160 };
const g722: Format = { option: "G722", rtpmap: "9 G722/8000", encoder: ["g722", "-ar", "16000"], octets: 160 };
const l16: Format = {
  option: "L16/16000",
  rtpmap: "98 L16/16000",
  encoder: ["pcm_s16be", "-ar", "16000"],
  octets: 640,
};

function g726(kbps: number, packing: "rtp" | "aal2"): Format {
  const option = `${packing === "rtp" ? "" : "AAL2-"}G726-${kbps}`;
  const encoder = [packing === "rtp" ? "g726le" : "g726", "-ar", "8000", "-b:a", `${kbps}k`];
  return { option, rtpmap: `97 ${option}/8000`, encoder, octets: (kbps * 20) / 8 };
}

/** At 40 kbit/s ffmpeg is no witness: libspandsp and the ITU's sequences, which our codec agrees with, differ from it. */
const pairs: readonly (readonly [Format, Format])[] = [
  [g722, pcma],
  [pcma, g722],
  [g726(32, "rtp"), pcma],
  [pcma, g726(32, "rtp")],
  [g726(24, "aal2"), pcmu],
  [pcmu, g726(32, "aal2")],
  [l16, g722],
  [g722, l16],
];

function description(address: string, port: number, { rtpmap }: Format): string {
  const [payloadType] = rtpmap.split(" ");
  const lines = ["v=0", `o=- 7 1 IN IP4 ${address}`, "s=-", `c=IN IP4 ${address}`, "t=0 0"];
  return [...lines, `m=audio ${port} RTP/AVP ${payloadType}`, `a=rtpmap:${rtpmap}`, ""].join("\r\n");
}

async function run(args: readonly string[]): Promise<void> {
  const child = spawn(ffmpeg.path, ["-hide_banner", "-loglevel", "error", "-nostdin", "-y", ...args]);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const [code] = await once(child, "close");
  clearTimeout(timer);
  if (code !== 0) throw new Error(`ffmpeg ${args.join(" ")} ended with ${code}: ${said}`);
}

describe.skipIf(!ffmpeg.installed)("a relay between ffmpeg and ffmpeg", () => {
  const folder = mkdtempSync(join(tmpdir(), "holdover-transcoding-"));
  let gateway: Program;
  let agent: WireCallAgent;

  beforeAll(async () => {
    const file = join(folder, "gateway.yaml");
    const codings = [...new Set(pairs.flat().map(({ option }) => option))];
    const configuration = {
      name: "mgw",
      address: place.address,
      media: { codings, portFirst: 30_000, portLast: 30_998 },
      callAgents: [{ address: "127.60.0.2" }],
      relay: { count: 16 },
    };
    writeFileSync(file, JSON.stringify(configuration));
    agent = await WireCallAgent.open({ address: "127.60.0.2", port: 2727 }, place);
    gateway = new Program(holdoverBin, { title: "gateway", args: ["gateway", "-c", file] }, () => undefined);
    await gateway.event("listening", ({ event }) => event === "listening", 20_000);
  });

  afterAll(async () => {
    agent.close();
    await gateway.end();
    rmSync(folder, { recursive: true, force: true });
  });

  async function connect(endpoint: string, { option }: Format, sdp: string) {
    const lines = ["C: 1A2B", "M: sendrecv", `L: p:20, a:${option}`];
    const answer = await agent.command("CRCX", `${endpoint}@mgw`, lines, sdp);
    expect([answer.code, answer.comment]).toEqual([200, "OK"]);
    return mediaOf(answer.sdp);
  }

  /** What ffmpeg makes of the voice, faster than it is said: G.726 it would send in bursts of a quarter of a second. */
  async function packetsOf(port: number, from: Format): Promise<Buffer[]> {
    const socket = createSocket("udp4").bind(port, mouth);
    const packets: Buffer[] = [];
    socket.on("message", (bytes) => packets.push(bytes));
    const [codec = "", ...options] = from.encoder;
    const [payloadType = ""] = from.rtpmap.split(" ");
    const url = `rtp://${mouth}:${port}?localaddr=${press}&pkt_size=${rtpHeaderOctets + from.octets}`;
    await run([
      ...["-readrate", "8", "-i", voiceFile, "-t", String(saidSeconds), "-ac", "1", "-c:a", codec, ...options],
      ...["-payload_type", payloadType, "-f", "rtp", url],
    ]);
    await expect.poll(() => packets.length).toBeGreaterThanOrEqual(50 * heardSeconds);
    socket.close();
    return packets;
  }

  /** Each packet at its time. */
  async function speak(packets: readonly Buffer[], port: number, to: { address: string; port: number }): Promise<void> {
    const socket = createSocket("udp4").bind(port, mouth);
    const startMs = performance.now();
    for (const [index, packet] of packets.entries()) {
      const waitMs = startMs + 20 * index - performance.now();
      if (waitMs > 0) await pause(waitMs);
      socket.send(packet, to.port, to.address);
    }
    socket.close();
  }

  /** What the second ffmpeg heard of what the first one said. */
  async function heard(number: number, from: Format, to: Format): Promise<Int16Array> {
    // Either binds its ports on all addresses.
    const port = 6000 + 4 * number;
    const mouthPort = 7000 + 4 * number;
    const endpoint = `relay/${number.toString(16)}`;
    const sdp = join(folder, `${number}.sdp`);
    const wav = join(folder, `${number}.wav`);
    writeFileSync(sdp, description(ear, port, to));
    const packets = await packetsOf(mouthPort, from);
    const target = await connect(endpoint, from, description(mouth, mouthPort, from));
    await connect(endpoint, to, description(ear, port, to));
    const listening = run([
      ...["-protocol_whitelist", "file,udp,rtp", "-i", sdp, "-t", String(heardSeconds)],
      ...["-ar", "8000", "-ac", "1", wav],
    ]);
    await Promise.all([listening, speak(packets, mouthPort, target)]);
    const read = readWav(readFileSync(wav));
    if (!read.ok) throw new Error(read.reason);
    return read.value;
  }

  // Half of the pairs at a time, and the median of the pieces: a box that is busy with other things may stumble.
  test.each([
    { some: pairs.slice(0, 4), names: namesOf(pairs.slice(0, 4)) },
    { some: pairs.slice(4), names: namesOf(pairs.slice(4)) },
  ])("$names: what was said is heard", async ({ some }) => {
    const verdicts = await Promise.all(
      some.map(async ([from, to]) => {
        const samples = await heard(1 + pairs.findIndex((pair) => pair[0] === from && pair[1] === to), from, to);
        return { name: `${from.option} to ${to.option}`, seconds: samples.length / 8000, ...judge(samples) };
      }),
    );
    for (const { name, seconds, likeness, levelDb } of verdicts) {
      expect(seconds, name).toBeGreaterThan(heardSeconds - 0.5);
      expect(likeness, name).toBeGreaterThan(0.97);
      expect(Math.abs(levelDb), name).toBeLessThan(3);
    }
  });
});

function namesOf(some: typeof pairs): string {
  return some.map(([from, to]) => `${from.option} to ${to.option}`).join(", ");
}

/** The listener may have missed the first seconds: its first loud pieces say where in the voice it began. */
function judge(heard: Int16Array): { readonly likeness: number; readonly levelDb: number } {
  const voice = speech("a").subarray(0, 8000 * saidSeconds);
  const pieces = Array.from({ length: Math.floor(heard.length / pieceSamples) }, (_, index) => {
    const at = index * pieceSamples;
    return { at, piece: heard.subarray(at, at + pieceSamples) };
  }).filter(({ piece }) => levelDbm0(piece) > quietDbm0);
  const places = pieces.slice(0, 3).map(({ at, piece }) => {
    const { likeness, delay } = bestMatch(piece, voice, voice.length - pieceSamples);
    return { likeness, began: delay - at };
  });
  const { began } = places.sort((a, b) => b.likeness - a.likeness)[0] ?? { began: 0 };
  const likenesses = pieces.map(({ at, piece }) => {
    const from = Math.max(0, at + began - aroundSamples);
    const around = voice.subarray(from, at + began + pieceSamples + aroundSamples);
    return resemblance(piece, around, Math.max(0, around.length - pieceSamples));
  });
  const median = likenesses.sort((a, b) => a - b)[Math.floor(likenesses.length / 2)] ?? 0;
  const said = voice.subarray(Math.max(0, began), Math.max(0, began) + heard.length);
  return { likeness: median, levelDb: levelDbm0(heard) - levelDbm0(said) };
}
