/**
 * 10,000 random and mutated datagrams on every port of a running exchange, from those who may talk to it and from
 * strangers, while a call is up. Nothing changes: no program ends, the call goes on, audits are answered, nobody takes
 * over, memory stays bounded, and the call is released and billed as ever.
 */
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { ActiveConnection } from "../../firmware/protocol/active-connection.js";
import { Exchange, named } from "../support/exchange.js";
import { community, snmpPort } from "../support/exchange-configuration.js";
import { mediaTargets, strangerSocket, type Target } from "../support/flood.js";
import { hostileDatagrams, hostileKinds } from "../support/hostile-datagrams.js";
import { droppedBySocket, residentBytesOf } from "../support/process-memory.js";

const datagramsPerPort = 10_000;
/** So many to each port before the next round, which waits until the gateways have answered: few are lost on the way. */
const roundDatagrams = 20;
const seed = Number(process.env.HOLDOVER_SEED ?? 20_261_122);
const grownBytesMax = 100 << 20;

const exchange = new Exchange({ net: 4, backup: true, isSecondPortable: true });
const { gateways, telephones, primary, backup, asker, stranger } = exchange.addresses;

function targets(): Target[] {
  const all: Target[] = [];
  for (const side of [0, 1] as const) {
    const [gateway, telephone, far] = [gateways[side], telephones[side], gateways[side === 0 ? 1 : 0]];
    all.push({ kind: "mgcp", address: gateway, port: 2427, from: [asker, stranger, backup] });
    all.push({ kind: "sip", address: gateway, port: 5060, from: [asker, stranger, telephone] });
    all.push({ kind: "snmp", address: gateway, port: snmpPort, from: [asker, stranger] });
    for (const port of [16_384, 16_386]) all.push(...mediaTargets(gateway, port, [stranger, far, telephone]));
    all.push({ kind: "sip", address: telephone, port: 5060, from: [gateway, stranger] });
    all.push(...mediaTargets(telephone, 40_000, [gateway, stranger]));
  }
  for (const server of [primary, backup]) {
    all.push({ kind: "mgcp", address: server, port: 2727, from: [gateways[0], stranger] });
    all.push({ kind: "heartbeat", address: server, port: 2728, from: [primary, backup, stranger] });
  }
  return all;
}

/** Resident bytes of every program, by its title. */
function residentBytes(): Map<string, number> {
  return new Map(
    exchange.programs.map(({ title, pid }) => [title, (pid === undefined ? null : residentBytesOf(pid)) ?? Number.NaN]),
  );
}

/** Datagrams that the kernel threw away before our programs, at 127.20.4.x, read them. */
function droppedDatagrams(): number {
  return [...droppedBySocket()].filter(([socket]) => /^..0414/.test(socket)).reduce((sum, [, count]) => sum + count, 0);
}

async function connectionsOf(side: 0 | 1): Promise<ActiveConnection[]> {
  const { answers, disagreements, ending } = await exchange.audit(side);
  expect({ exitCode: ending.exitCode, stderr: ending.stderr, disagreements }).toEqual({
    exitCode: 0,
    stderr: "",
    disagreements: [],
  });
  return answers.flatMap(({ audit }) => audit.connections);
}

async function identities(): Promise<string[][]> {
  const all = await Promise.all([connectionsOf(0), connectionsOf(1)]);
  return all.map((connections) => connections.map((one) => `${one.connectionId} ${one.callId} ${one.state}`));
}

let before: { readonly identities: string[][]; readonly residentBytes: Map<string, number> };

beforeAll(async () => {
  await exchange.start();
  await exchange.call();
  before = { identities: await identities(), residentBytes: residentBytes() };
});

afterAll(() => exchange.end());

describe(`with seed ${seed}`, () => {
  test("every port takes 10,000 hostile datagrams", { timeout: 180_000 }, async () => {
    const pools = new Map(
      hostileKinds.map((kind, place) => [kind, hostileDatagrams(kind, datagramsPerPort, community, seed + place)]),
    );
    const all = targets();
    const sockets = new Map<string, Socket>();
    for (const address of new Set(all.flatMap(({ from }) => from))) sockets.set(address, await strangerSocket(address));
    let sent = 0;
    for (let first = 0; first < datagramsPerPort; first += roundDatagrams) {
      for (const { kind, address, port, from } of all) {
        const round = pools.get(kind)?.slice(first, first + roundDatagrams) ?? [];
        for (const [place, bytes] of round.entries())
          sockets.get(from[place % from.length] ?? stranger)?.send(bytes, port, address);
        sent += round.length;
      }
      await Promise.all(gateways.map((gateway) => answered(gateway)));
    }
    for (const socket of sockets.values()) socket.close();
    expect(droppedDatagrams()).toBeLessThan(sent / 10);
    expect(sent).toBe(all.length * datagramsPerPort);
    expect(exchange.trouble).toBeNull();
  });

  test("no program has ended, and audits by every protocol tell the same call as before", async () => {
    expect(exchange.trouble).toBeNull();
    expect(await identities()).toEqual(before.identities);
  });

  test("the call goes on: packets are sent to, and come from, where they did", async () => {
    for (const side of [0, 1] as const) {
      const [earlier] = await connectionsOf(side);
      await vi.waitFor(
        async () => {
          const [later] = await connectionsOf(side);
          const grown = (count: "packetsSent" | "packetsReceived") =>
            (later?.statistics[count] ?? 0) - (earlier?.statistics[count] ?? 0);
          expect(grown("packetsSent")).toBeGreaterThan(20);
          expect(grown("packetsReceived")).toBeGreaterThan(20);
          expect(later?.learntMedia).toEqual(later?.remoteMedia);
        },
        { timeout: 10_000, interval: 100 },
      );
    }
  });

  test("nobody took over, and no other call began", () => {
    for (const server of ["primary", "backup"]) {
      const names = exchange.program(server).events.map(({ event }) => event);
      for (const name of ["takeover-begin", "takeover", "cdr"]) expect(names).not.toContain(name);
    }
    const calls = exchange.program("primary").events.filter(named("call-state"));
    expect(new Set(calls.map(({ callId }) => callId)).size).toBe(1);
  });

  test("memory has not grown beyond bounds", () => {
    for (const [title, bytes] of residentBytes())
      expect(bytes - (before.residentBytes.get(title) ?? 0), `${title} grew`).toBeLessThan(grownBytesMax);
  });

  test("the call ends when the telephone hangs up: both heard each other all the time, and it is billed once", async () => {
    exchange.program("called telephone").say("hang-up");
    const titles = ["calling telephone", "called telephone"];
    for (const title of titles) {
      const telephone = exchange.program(title);
      const talking = await telephone.event("talking", named("talking"), 1_000);
      const hungUp = await telephone.event("hanging up", named("hung-up"), 10_000);
      const talkedMs = Number(hungUp.monotonicMs) - Number(talking.monotonicMs);
      expect(hungUp.sound).toMatchObject({ packetsReceived: expect.any(Number) });
      const { packetsReceived } = soundOf(hungUp.sound);
      expect(packetsReceived, title).toBeGreaterThan(0.8 * (talkedMs / 20));
    }
    await exchange.program("primary").event("the record", named("cdr"), 10_000);
    expect(exchange.trouble).toBeNull();
  });
});

function soundOf(sound: unknown): { readonly packetsReceived: number } {
  return JSON.parse(JSON.stringify(sound));
}

let lastNumber = 500_000_000;

/** The gateway has come to this question and so to all before it; it is asked again as MGCP asks, a datagram may be lost. */
async function answered(gateway: string): Promise<void> {
  lastNumber += 1;
  const socket = await strangerSocket(asker);
  const answer = once(socket, "message", { signal: AbortSignal.timeout(20_000) });
  const ask = () => socket.send(`AUEP ${lastNumber} aaln/2@gw0.example MGCP 1.0\r\n`, 2427, gateway);
  ask();
  const again = setInterval(ask, 200);
  try {
    await answer;
  } finally {
    clearInterval(again);
    socket.close();
  }
}
