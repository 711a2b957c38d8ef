/**
 * CPU per packet of the media engine on this box: N calls of two legs, µ-law in on one side and A-law in on the other,
 * everything transcoded. To run it, here and on Node 20:
 *
 *     npm run build && npx tsc -p tsconfig.json --noEmit false
 *     node dist/test/bench/media-engine.js [calls] [seconds] [linux|portable]
 *
 * The generator is a process of its own; what is counted is the engine's process, from /proc/self/task/…/schedstat of all
 * its threads, per packet that it sent (each was received, decoded, encoded and sent).
 */
import { fork } from "node:child_process";
import { createSocket } from "node:dgram";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startMediaEngine } from "../../firmware/io/media-engine.js";

const [calls = 100, seconds = 10] = process.argv.slice(2, 4).map(Number);
const network = process.argv[4] === "portable" ? "portable" : "linux";
const address = "127.30.0.1";
const generatorAddress = "127.30.0.2";
const firstPort = 20_000;
const warmUpMs = 2000;

function cpuMs(): number {
  return readdirSync("/proc/self/task").reduce((sum, task) => {
    const [runNs = "0"] = readFileSync(`/proc/self/task/${task}/schedstat`, "utf8").split(" ");
    return sum + Number(runNs) / 1e6;
  }, 0);
}

/** Sends a packet each 20 ms to each leg, from the port that leg was told of; the sends are spread over the 20 ms. */
async function generate(): Promise<void> {
  const legs = 2 * calls;
  const sockets = Array.from({ length: legs }, (_, leg) => {
    const socket = createSocket("udp4");
    socket.bind(firstPort + 2 * leg, generatorAddress);
    return socket;
  });
  const startedMs = performance.now();
  for (let step = 0; ; step += 1) {
    const waitMs = startedMs + step * 2 - performance.now();
    if (waitMs > 0) await pause(waitMs);
    const number = Math.floor(step / 10);
    for (let leg = step % 10; leg < legs; leg += 10) {
      const packet = Buffer.alloc(172, 0x55);
      packet.writeUInt16BE(0x8000 | (leg % 2 === 0 ? 0 : 8), 0);
      packet.writeUInt16BE(number & 0xffff, 2);
      packet.writeUInt32BE((number * 160) >>> 0, 4);
      packet.writeUInt32BE(leg, 8);
      sockets[leg]?.send(packet, firstPort + 2 * leg, address);
    }
  }
}

async function measure(): Promise<void> {
  const engine = await startMediaEngine({ network });
  const pcmu = { encoding: "PCMU", clockRateHz: 8000, payloadType: 0, ptimeMs: 20 };
  const pcma = { encoding: "PCMA", clockRateHz: 8000, payloadType: 8, ptimeMs: 20 };
  for (let leg = 0; leg < 2 * calls; leg += 1) {
    const coding = leg % 2 === 0 ? pcmu : pcma;
    const port = firstPort + 2 * leg;
    const remote = { address: generatorAddress, port };
    const settings = {
      sendCoding: coding,
      receiveCoding: coding,
      remote,
      sends: true,
      receives: true,
      detectsDigits: false,
      relay: null,
      learnsPort: true,
      source: leg ^ 1,
    };
    engine.send({
      kind: "open",
      leg,
      generation: 1,
      local: { address, port },
      dscp: 46,
      cname: "bench",
      isAwaited: true,
      settings,
    });
  }
  const generator = fork(fileURLToPath(import.meta.url), [String(calls), String(seconds), "generate"]);
  await pause(warmUpMs);
  const total = () => {
    let sent = 0;
    let discarded = 0;
    for (let leg = 0; leg < 2 * calls; leg += 1) {
      sent += engine.readStatistics(leg, 1)?.packetsSent ?? 0;
      discarded += engine.readStatistics(leg, 1)?.packetsDiscarded ?? 0;
    }
    return { sent, discarded };
  };
  const before = { ...total(), cpu: cpuMs() };
  await pause(seconds * 1000);
  const after = { ...total(), cpu: cpuMs() };
  const packets = after.sent - before.sent;
  const busyMs = after.cpu - before.cpu;
  console.log(
    `${network}: ${calls} calls, ${packets} packets sent, ${((busyMs * 1000) / packets).toFixed(2)} µs CPU a packet, ` +
      `${(busyMs / seconds / 10).toFixed(1)} % of one core, ${after.discarded - before.discarded} discarded`,
  );
  generator.kill();
  await engine.close();
}

if (process.argv[4] === "generate") await generate();
else await measure();
