/**
 * What a packet takes on this box: a media engine of its own on loopback, a generator in a process of its own, and the CPU
 * time of this process for each packet that the engine sent (each was also received). Loopback only, port numbers of its own.
 */
import { fork } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Coding } from "#protocol/active-connection.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { type MediaEngine, startMediaEngine } from "../io/media-engine.js";
import type { MediaCommand } from "../media/media-port.js";
import { type PacketPlan, packetsPerSecond } from "./packet-source.js";

export interface PacketCost {
  readonly network: "linux" | "portable";
  readonly legsMax: number;
  /** CPU microseconds a packet, received and sent: forwarded as it is, or decoded and coded in the other law. */
  readonly relayedUs: number;
  readonly codedUs: number;
}

const legs = 200;
/** The generator starts, and what runs often gets compiled. */
const warmUpMs = 500;
const startMsMax = 10_000;
const lookEachMs = 50;
const openMsMax = 2000;
const plan: PacketPlan = { legs, from: "127.30.0.2", to: "127.30.0.1", firstPort: 21_000 };

const pcmu: Coding = { encoding: "PCMU", clockRateHz: 8000, payloadType: 0, ptimeMs: 20 };
const pcma: Coding = { encoding: "PCMA", clockRateHz: 8000, payloadType: 8, ptimeMs: 20 };

/** Measures each of the two ways for so long. Refused with a reason where the engine or its ports are not to be had. */
export async function measurePackets(forMs: number): Promise<ParseResult<PacketCost>> {
  const relayed = await costUs(true, forMs);
  if (!relayed.ok) return relayed;
  const coded = await costUs(false, forMs);
  if (!coded.ok) return coded;
  const { network, legsMax } = coded.value;
  return parsed({ network, legsMax, relayedUs: relayed.value.us, codedUs: coded.value.us });
}

interface Measured {
  readonly us: number;
  readonly network: "linux" | "portable";
  readonly legsMax: number;
}

async function costUs(relays: boolean, forMs: number): Promise<ParseResult<Measured>> {
  const engine = await startMediaEngine({ network: "auto" });
  try {
    const refusal = await opened(engine, relays);
    if (refusal !== null) return refused(refusal);
    const generator = fork(fileURLToPath(new URL("./packet-source.js", import.meta.url)), [JSON.stringify(plan)], {
      execArgv: [],
    });
    for (let waitedMs = 0; packetsSent(engine) === 0 && waitedMs < startMsMax; waitedMs += lookEachMs) {
      await pause(lookEachMs);
    }
    await pause(warmUpMs);
    const before = { sent: packetsSent(engine), cpu: process.cpuUsage() };
    await pause(forMs);
    const { user, system } = process.cpuUsage(before.cpu);
    const packets = packetsSent(engine) - before.sent;
    generator.kill();
    const expected = (legs * packetsPerSecond * forMs) / 1000;
    if (packets < expected / 2)
      return refused(`only ${packets} of ${expected} packets came through: the box is too busy`);
    return parsed({ us: (user + system) / packets, network: engine.network, legsMax: engine.legsMax });
  } finally {
    await engine.close();
  }
}

function packetsSent(engine: MediaEngine): number {
  let sent = 0;
  for (let leg = 0; leg < legs; leg += 1) sent += engine.readStatistics(leg, 1)?.packetsSent ?? 0;
  return sent;
}

/** Null when all legs are open, else why one is not. */
async function opened(engine: MediaEngine, relays: boolean): Promise<string | null> {
  const outcome = new Promise<string | null>((resolve) => {
    let count = 0;
    engine.onEvent((event) => {
      if (event.kind === "open-failed") resolve(`${plan.to}: ${event.reason}`);
      if (event.kind === "opened") count += 1;
      if (count === legs) resolve(null);
    });
  });
  for (let leg = 0; leg < legs; leg += 1) engine.send(openCommand(leg, relays));
  return await Promise.race([outcome, pause(openMsMax, "the media engine did not open its ports")]);
}

function openCommand(leg: number, relays: boolean): MediaCommand {
  const coding = relays || leg % 2 === 0 ? pcmu : pcma;
  const port = plan.firstPort + 2 * leg;
  const { payloadType } = coding;
  return {
    kind: "open",
    leg,
    generation: 1,
    local: { address: plan.to, port },
    dscp: 46,
    cname: "capacity",
    isAwaited: true,
    settings: {
      sendCoding: coding,
      receiveCoding: relays ? null : coding,
      relay: relays ? { target: leg ^ 1, payloadTypes: [{ from: payloadType, to: payloadType }] } : null,
      remote: { address: plan.from, port },
      learnsPort: true,
      sends: true,
      receives: true,
      detectsDigits: false,
      source: leg ^ 1,
    },
  };
}
