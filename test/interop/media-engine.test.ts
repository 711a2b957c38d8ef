import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import type { Coding } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import { parseRtcp } from "#protocol/rtcp.js";
import { parseRtp, type RtpPacket, writeRtp } from "#protocol/rtp.js";
import { type MediaEngine, startMediaEngine } from "../../firmware/io/media-engine.js";
import type { MediaEvent } from "../../firmware/media/media-port.js";
import { reference } from "../support/g711-reference.js";
import { MarkedReceiver } from "../support/marked-receiver.js";
import { seededRandom } from "../support/seeded-random.js";

const pcmu: Coding = { encoding: "PCMU", clockRateHz: 8000, payloadType: 0, ptimeMs: 20 };
const pcma: Coding = { encoding: "PCMA", clockRateHz: 8000, payloadType: 8, ptimeMs: 20 };
const networks = ["linux", "portable"] as const;
const addresses = ["127.20.0.1", "::1"] as const;
const cases = networks.flatMap((network) => addresses.map((address) => [network, address] as const));
let nextPort = 41_000;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function newEngine(network: (typeof networks)[number]) {
  const engine = await startMediaEngine({ network });
  closing.push(() => engine.close());
  expect(engine.network).toBe(network);
  const events: MediaEvent[] = [];
  const waiting: (() => void)[] = [];
  engine.onEvent((event) => {
    events.push(event);
    for (const wake of waiting.splice(0)) wake();
  });
  const eventsCome = async (count: number) => {
    while (events.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    return events;
  };
  return { engine, eventsCome };
}

/** Leg 0 towards the station in µ-law, leg 1 towards the far gateway in A-law; ports base and base + 2. */
function openCall(engine: MediaEngine, address: string, base: number, station: Address, far: Address): void {
  const settings = {
    sendCoding: pcmu,
    receiveCoding: pcmu,
    remote: station,
    relay: null,
    learnsPort: true,
    sends: true,
    receives: true,
    detectsDigits: false,
    source: 1,
  };
  const other = { ...settings, sendCoding: pcma, receiveCoding: pcma, remote: far, source: 0 };
  const common = { kind: "open" as const, generation: 1, dscp: 46, cname: "c@a", isAwaited: true };
  engine.send({ ...common, leg: 0, local: { address, port: base }, settings });
  engine.send({ ...common, leg: 1, local: { address, port: base + 2 }, settings: other });
}

async function newSender(address: string): Promise<{ readonly socket: Socket; readonly port: number }> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  closing.push(() => {
    socket.close();
  });
  socket.bind(0, address);
  await once(socket, "listening");
  return { socket, port: socket.address().port };
}

function rtp(number: number, payloadType: number, code: number): Uint8Array {
  return writeRtp({
    marker: number === 0,
    payloadType,
    sequenceNumber: number & 0xffff,
    timestamp: (number * 160) >>> 0,
    ssrc: 5,
    csrcs: [],
    extension: null,
    payload: new Uint8Array(160).fill(code),
    paddingBytes: 0,
  });
}

/** Says this code for so long, a packet each 20 ms, on time however late the timers are. */
async function talk(socket: Socket, to: Address, payloadType: number, code: number, forMs: number): Promise<void> {
  const startedMs = performance.now();
  for (let number = 0; number * 20 < forMs; number += 1) {
    const waitMs = startedMs + number * 20 - performance.now();
    if (waitMs > 0) await pause(waitMs);
    socket.send(rtp(number, payloadType, code), to.port, to.address);
  }
}

function packetsOf(datagrams: readonly { readonly bytes: Uint8Array }[]): RtpPacket[] {
  return datagrams.map(({ bytes }) => {
    const parsed = parseRtp(bytes);
    if (!parsed.ok) throw new Error(parsed.reason);
    return parsed.value;
  });
}

function expectContinuous(packets: readonly RtpPacket[]): void {
  for (const [index, packet] of packets.entries()) {
    const before = packets[index - 1];
    expect(packet.marker).toBe(index === 0);
    if (before === undefined) continue;
    expect(packet.sequenceNumber).toBe((before.sequenceNumber + 1) & 0xffff);
    expect(packet.timestamp).toBe((before.timestamp + 160) >>> 0);
  }
}

test.each(cases)("%s on %s: a leg in use is marked anew, and says what the kernel says", async (network, address) => {
  const base = nextPort;
  nextPort += 20;
  const { engine, eventsCome } = await newEngine(network);
  const far = new MarkedReceiver(address, base + 10);
  closing.push(() => far.close());
  const { socket, port } = await newSender(address);
  openCall(engine, address, base, { address, port }, { address, port: base + 10 });
  await eventsCome(2);
  await talk(socket, { address, port: base }, 0, 0x21, 300);
  engine.send({ kind: "mark", leg: 1, generation: 1, dscp: 10 });
  expect((await eventsCome(3))[2]).toEqual({ kind: "marked", leg: 1, generation: 1, dscp: 10 });
  const before = far.takeAll();
  await talk(socket, { address, port: base }, 0, 0x21, 300);
  await engine.close();
  expect([before[0]?.dscp, far.takeAll().at(-1)?.dscp]).toEqual([46, 10]);
});

test.each(cases)(
  "%s on %s: what one side says in µ-law the other hears in A-law, marked EF, without a break",
  async (network, address) => {
    const base = nextPort;
    nextPort += 20;
    const { engine, eventsCome } = await newEngine(network);
    const far = new MarkedReceiver(address, base + 10);
    const farRtcp = new MarkedReceiver(address, base + 11);
    closing.push(() => {
      far.close();
      farRtcp.close();
    });
    const { socket, port } = await newSender(address);
    openCall(engine, address, base, { address, port }, { address, port: base + 10 });
    expect(await eventsCome(2)).toEqual([
      { kind: "opened", leg: 0, generation: 1, dscp: 46 },
      { kind: "opened", leg: 1, generation: 1, dscp: 46 },
    ]);
    const code = 0x21;
    await talk(socket, { address, port: base }, 0, code, 1500);
    await vi.waitFor(() => expect(engine.readStatistics(0, 1)?.packetsReceived).toBe(75));
    const statistics = engine.readStatistics(0, 1);
    await engine.close();
    expect(await engine.ended).toBeNull();

    const datagrams = far.takeAll();
    const packets = packetsOf(datagrams);
    expect(packets.length).toBeGreaterThan(60);
    expectContinuous(packets);
    expect(new Set(datagrams.map(({ dscp }) => dscp))).toEqual(new Set([46]));
    const expected = reference.alawEncode(reference.ulawDecode(code));
    const heard = packets.flatMap((packet) => [...packet.payload]);
    expect(heard.filter((sample) => sample === expected).length / heard.length).toBeGreaterThan(0.8);
    // What did not come in time is concealed: that fades out, and nothing is louder than what was said.
    const loudest = Math.max(...heard.map((sample) => Math.abs(reference.alawDecode(sample))));
    expect(loudest).toBe(Math.abs(reference.alawDecode(expected)));
    expect(statistics).toMatchObject({ packetsLost: 0, learntRemote: { address, port } });
    const last = parseRtcp(farRtcp.takeAll().at(-1)?.bytes ?? new Uint8Array());
    expect(last.ok && last.value.at(-1)?.kind).toBe("goodbye");
  },
);

test.each(networks)("%s: a port in use is said to be, and the leg may be opened elsewhere", async (network) => {
  const base = nextPort;
  nextPort += 20;
  const { engine, eventsCome } = await newEngine(network);
  const taken = new MarkedReceiver("127.20.0.1", base + 1);
  closing.push(() => taken.close());
  openCall(engine, "127.20.0.1", base, { address: "127.20.0.1", port: 9 }, { address: "127.20.0.1", port: 9 });
  const events = await eventsCome(2);
  expect(events[0]).toMatchObject({ kind: "open-failed", leg: 0 });
  expect(events[0]?.kind === "open-failed" && events[0].reason).toMatch(/127\.20\.0\.1:\d+: .*EADDRINUSE/);
  const settings = {
    sendCoding: null,
    receiveCoding: null,
    remote: null,
    relay: null,
    learnsPort: true,
    sends: false,
    receives: false,
    detectsDigits: false,
    source: null,
  };
  const local = { address: "127.20.0.1", port: base + 4 };
  engine.send({ kind: "open", leg: 0, generation: 2, local, dscp: 0, cname: "", isAwaited: true, settings });
  expect((await eventsCome(3))[2]).toEqual({ kind: "opened", leg: 0, generation: 2, dscp: 0 });
});

test.each(networks)(
  "%s: thousands of random and mutated datagrams on every port, and the call goes on",
  async (network) => {
    const address = "127.20.0.1";
    const base = nextPort;
    nextPort += 20;
    const { engine, eventsCome } = await newEngine(network);
    const far = new MarkedReceiver(address, base + 10);
    closing.push(() => far.close());
    const { socket, port } = await newSender(address);
    const attacker = await newSender("127.20.0.66");
    openCall(engine, address, base, { address, port }, { address, port: base + 10 });
    await eventsCome(2);
    const random = seededRandom(11);
    const noise = async () => {
      for (let count = 0; count < 5000; count += 1) {
        const bytes = random() < 0.5 ? rtp(count, 0, 0x55) : new Uint8Array(Math.floor(random() * 600));
        for (let change = 0; change < 4; change += 1)
          bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
        const from = random() < 0.2 ? socket : attacker.socket;
        if (from === attacker.socket || bytes.length < 12 || (bytes[0] ?? 0) >> 6 !== 2) {
          from.send(bytes, base + Math.floor(random() * 4), address);
        }
        if (count % 10 === 0) await pause(1);
      }
    };
    await Promise.all([talk(socket, { address, port: base }, 0, 0x21, 1500), noise()]);
    const packets = packetsOf(far.takeAll());
    expect(packets.length).toBeGreaterThan(60);
    expectContinuous(packets);
    await vi.waitFor(() => expect(engine.readStatistics(0, 1)?.packetsReceived).toBe(75));
    expect(engine.readStatistics(0, 1)?.learntRemote).toEqual({ address, port });
  },
);

test("auto chooses the C library on Linux, and the choice is told", async () => {
  const engine = await startMediaEngine({ network: "auto" });
  closing.push(() => engine.close());
  expect(engine.network).toBe(process.platform === "linux" ? "linux" : "portable");
  expect(engine.legsMax).toBe(2048);
});

test("a closed engine takes no commands", async () => {
  const engine = await startMediaEngine({ network: "auto" });
  await engine.close();
  expect(engine.send({ kind: "close", leg: 0, generation: 1, keepsPorts: false })).toBe(false);
  await engine.close();
});

test("a thread that never says that it runs is ended, and another one is started in its stead", async () => {
  const silent = new URL("data:text/javascript,setInterval(() => undefined, 1000)");
  const real = new URL("../../dist/firmware/io/media-worker.js", import.meta.url);
  const engine = await startMediaEngine({ network: "portable", threads: [silent, real], readyWithinMs: 3_000 });
  expect(engine.network).toBe("portable");
  await engine.close();
  expect(await engine.ended).toBeNull();
  await expect(startMediaEngine({ network: "portable", threads: [silent], readyWithinMs: 50 })).rejects.toThrow(
    "did not say within 50 ms that it runs, 1 times",
  );
});
