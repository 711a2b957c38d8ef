import { beforeEach, expect, test } from "vitest";
import { wholeAudit, writeAuditRequest } from "#protocol/mgcp/recovery-package.js";
import { type AuditPage, readAuditPage } from "#protocol/mgcp/recovery-page.js";
import { HandCallAgent } from "../support/hand-call-agent.js";
import { seededRandom } from "../support/seeded-random.js";
import { checkpointMs, gatewayOptions, SimulatedGateway } from "../support/simulated-gateway.js";
import { SimulatedNetwork } from "../support/simulated-network.js";

const primary = { address: "127.10.0.1", port: 2727 };
const place = { address: "127.10.0.11", port: 2427 };
const farSide = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

let network: SimulatedNetwork;
let agent: HandCallAgent;
let gateway: SimulatedGateway;

const options = gatewayOptions(
  { name: "gw.example", address: place.address, lines: 1, firstNumber: 101, phones: "127.10.1.1", relays: 40 },
  [primary],
);

beforeEach(() => {
  const random = seededRandom(7);
  network = new SimulatedNetwork(random);
  agent = new HandCallAgent(primary, network, random);
  gateway = new SimulatedGateway(options, network, random);
  network.run(100);
});

function create(callId: string, session: string | null): string {
  const mode = session === null ? "recvonly" : "sendrecv";
  const { parameters } = agent.command(place, "CRCX", "relay/$@gw.example", { callId, mode }, session);
  return parameters.connectionIds?.[0] ?? "";
}

function audit(request = wholeAudit): AuditPage {
  const extensions = [writeAuditRequest({ ...request, bytesMax: 60_000 })];
  const page = readAuditPage("gw.example", agent.command(place, "AUEP", "*@gw.example", { extensions }).parameters);
  if (!page.ok) throw new Error(page.reason);
  return page.value;
}

function crashAndStart(awayMs: number): void {
  gateway.crash();
  network.run(awayMs);
  gateway = new SimulatedGateway(options, network, seededRandom(8), new Map(), gateway.disk);
  network.run(100);
}

test("calls that were up when a gateway died are told as ended at its last sign of life, a checkpoint's time unsure", () => {
  const talking = create("C1", farSide);
  create("C2", null);
  const ended = create("C3", farSide);
  agent.command(place, "DLCX", "relay/*@gw.example", { callId: "C3" });
  const before = audit();
  expect(before.ended.map(({ connection }) => connection.connectionId)).toEqual([ended]);
  network.run(3 * checkpointMs);
  const upMs = network.at.nowMs;
  network.run(1_000);
  const diedMs = network.at.nowMs;
  crashAndStart(60_000);
  const after = audit();
  expect(after.connections).toEqual([]);
  expect(after.bootId).not.toBe(before.bootId);
  expect(after.ended).toMatchObject([
    { sequence: 1, bootId: before.bootId, reason: "deleted", connection: { connectionId: ended } },
    { sequence: 2, bootId: before.bootId, reason: "gateway", connection: { connectionId: talking, state: "ended" } },
  ]);
  const cutOff = after.ended[1];
  const endedMs = network.at.nowMs - (cutOff?.endedAgeMs ?? 0);
  expect(cutOff?.errorMs).toBe(checkpointMs);
  expect(endedMs).toBeGreaterThan(upMs - checkpointMs - 5);
  expect(endedMs).toBeLessThanOrEqual(diedMs + 5);
});

test("entries keep their numbers over a start, and what is acknowledged after it is gone for good", () => {
  for (const callId of ["C1", "C2", "C3"]) {
    create(callId, farSide);
    agent.command(place, "DLCX", "relay/*@gw.example", { callId });
  }
  crashAndStart(1_000);
  const { bootId, ended } = audit();
  expect(ended.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  const ranges = [
    { first: 1, last: 1 },
    { first: 3, last: 3 },
  ];
  audit({ ...wholeAudit, ack: { bootId: bootId ?? "", ranges } });
  expect(audit().ended.map(({ sequence }) => sequence)).toEqual([2]);
  crashAndStart(1_000);
  expect(audit().ended.map(({ sequence }) => sequence)).toEqual([2]);
  create("C4", farSide);
  agent.command(place, "DLCX", "relay/*@gw.example", { callId: "C4" });
  expect(audit().ended.map(({ sequence }) => sequence)).toEqual([2, 4]);
});

test("a gateway that is told to stop leaves a sign of life of that moment", () => {
  create("C1", farSide);
  network.run(checkpointMs - 500);
  gateway.stop();
  const stoppedMs = network.at.nowMs;
  crashAndStart(10_000);
  const [cutOff] = audit().ended;
  expect(Math.abs(network.at.nowMs - (cutOff?.endedAgeMs ?? 0) - stoppedMs)).toBeLessThan(5);
});

test("nothing is written while nothing is up", () => {
  const { length } = gateway.disk.journal;
  network.run(100_000);
  expect(gateway.disk.journal.length).toBe(length);
});
