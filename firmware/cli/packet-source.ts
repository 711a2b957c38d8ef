/**
 * A program of its own beside packet-cost.ts: sends a G.711 packet each 20 ms to every leg, µ-law to even ones and A-law to
 * odd ones, spread over the 20 ms, until it is told to end. Hears nothing.
 */
import { createSocket } from "node:dgram";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export interface PacketPlan {
  readonly legs: number;
  readonly from: string;
  readonly to: string;
  /** Leg n takes RTP on firstPort + 2 n, and hears it from the same port of `from`. */
  readonly firstPort: number;
}

export const packetsPerSecond = 50;
const stepMs = 2;
const steps = 1000 / packetsPerSecond / stepMs;

async function generate({ legs, from, to, firstPort }: PacketPlan): Promise<void> {
  const sockets = Array.from({ length: legs }, (_, leg) => {
    const socket = createSocket("udp4");
    socket.on("message", () => {});
    socket.bind(firstPort + 2 * leg, from);
    return socket;
  });
  const startedMs = performance.now();
  for (let step = 0; ; step += 1) {
    const waitMs = startedMs + step * stepMs - performance.now();
    if (waitMs > 0) await pause(waitMs);
    const number = Math.floor(step / steps);
    for (let leg = step % steps; leg < legs; leg += steps) {
      sockets[leg]?.send(packet(leg, number), firstPort + 2 * leg, to);
    }
  }
}

/** RFC 3550 section 5.1; the payload is a quiet sound in either law. */
function packet(leg: number, number: number): Buffer {
  const bytes = Buffer.alloc(172, 0x55);
  bytes.writeUInt16BE(0x8000 | (leg % 2 === 0 ? 0 : 8), 0);
  bytes.writeUInt16BE(number & 0xffff, 2);
  bytes.writeUInt32BE((number * 160) >>> 0, 4);
  bytes.writeUInt32BE(leg, 8);
  return bytes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once("disconnect", () => process.exit(0));
  const plan: PacketPlan = JSON.parse(process.argv[2] ?? "{}");
  await generate(plan);
}
