/**
 * `holdover capacity`: how many calls this box carries. Measures what the DSP takes for a call of each kind and what a packet
 * takes on its way through a media engine on loopback, and says it in calls.
 */
import { availableParallelism, cpus } from "node:os";
import { Command } from "commander";
import { loadDsp } from "../dsp/io/load-dsp.js";
import { complain, durationArgument, parseArguments } from "../io/command-line.js";
import { callCostUs, callKinds, plainCall } from "./call-cost.js";
import { measurePackets, type PacketCost } from "./packet-cost.js";

/** A media thread is not loaded further: what is above it is the room for bursts and for others on the box. */
const loadMax = 0.7;
/** Both legs of a call, 20 ms each. */
const packetsPerCallSecond = 100;
const microseconds = 1e6;

interface CallCapacity {
  readonly call: string;
  /** CPU microseconds for a second of the call. */
  readonly dspUs: number;
  readonly packetsUs: number;
  /** What one media thread carries at loadMax, by its CPU; and by its legs as well. */
  readonly callsByCpu: number;
  readonly calls: number;
}

/** Exit code: 0 measured, 1 could not be, 2 wrong usage. */
export async function run(args: readonly string[]): Promise<number> {
  const command = new Command("holdover capacity")
    .description(
      "Measure how many calls this box carries: DSP, and packets through a media engine on loopback.\n" +
        "Takes some seconds of one processor; leave the box alone meanwhile.",
    )
    .option("--for <time>", "measure each of the two ways of a packet so long", durationArgument, 2000)
    .option("--json", "one JSON object on standard output")
    .allowExcessArguments(false);
  const exitCode = parseArguments(command, args);
  if (exitCode !== null) return exitCode;
  const options = command.opts<{ readonly for: number; readonly json?: boolean }>();
  const packets = await measurePackets(options.for);
  if (!packets.ok) return complain("capacity", packets.reason, 1);
  const rows = await capacities(packets.value, options.for / 4);
  process.stdout.write(
    options.json === true ? `${JSON.stringify(report(packets.value, rows))}\n` : table(packets.value, rows),
  );
  return 0;
}

async function capacities(packets: PacketCost, forMs: number): Promise<CallCapacity[]> {
  const core = await loadDsp();
  const costs = callKinds.map((kind) => ({ call: kind.name, dspUs: callCostUs(core, kind, forMs) }));
  const plainUs = costs.find(({ call }) => call === plainCall.name)?.dspUs ?? 0;
  // The engine's way with a packet, without the DSP that it was measured with.
  const codedUs = Math.max(0, packets.codedUs * packetsPerCallSecond - plainUs);
  const relayed = { call: "relayed as it is", dspUs: 0, packetsUs: packets.relayedUs * packetsPerCallSecond };
  return [relayed, ...costs.map((cost) => ({ ...cost, packetsUs: codedUs }))].map((cost) => {
    const callsByCpu = Math.floor((loadMax * microseconds) / (cost.dspUs + cost.packetsUs));
    return { ...cost, callsByCpu, calls: Math.min(callsByCpu, Math.floor(packets.legsMax / 2)) };
  });
}

function report(packets: PacketCost, calls: readonly CallCapacity[]) {
  const { model } = cpus()[0] ?? { model: "unknown" };
  const box = { processor: model, processors: availableParallelism(), node: process.version };
  return { ...box, network: packets.network, loadMax, legsMax: packets.legsMax, calls };
}

function table(packets: PacketCost, rows: readonly CallCapacity[]): string {
  const { processor, processors, node, network } = report(packets, rows);
  const heading = ["call", "DSP µs/s", "packets µs/s", "calls"];
  const cells = rows.map(({ call, dspUs, packetsUs, calls }) => [
    call,
    dspUs.toFixed(1),
    packetsUs.toFixed(0),
    `${calls}`,
  ]);
  const line = ([call = "", ...numbers]: readonly string[]) =>
    `${call.padEnd(30)}${numbers.map((number) => number.padStart(14)).join("")}\n`;
  return [
    `${processor}, ${processors} processors, Node ${node}, network ${network}\n\n`,
    ...[heading, ...cells].map(line),
    `\nCPU time for a second of one call of two legs, packets of 20 ms, and how many calls one media thread carries at\n`,
    `${loadMax * 100} % of a processor and with the ${packets.legsMax} legs it has.\n`,
  ].join("");
}
