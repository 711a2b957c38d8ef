import { beforeEach, describe, expect, test } from "vitest";
import type { MgcpParameters, MgcpResponse } from "#protocol/mgcp/message.js";
import type { LegSettings, MediaCommand } from "../../firmware/media/media-port.js";
import { HandCallAgent } from "../support/hand-call-agent.js";
import { seededRandom } from "../support/seeded-random.js";
import { gatewayOptions, SimulatedGateway } from "../support/simulated-gateway.js";
import { SimulatedNetwork } from "../support/simulated-network.js";
import { SimulatedTelephone } from "../support/simulated-telephone.js";

const primary = { address: "127.10.0.1", port: 2727 };
const place = { address: "127.10.0.11", port: 2427 };
const domain = "gw.example";

let network: SimulatedNetwork;
let agent: HandCallAgent;
let gateway: SimulatedGateway;
let telephone: SimulatedTelephone;

beforeEach(() => start());

function start(more: { legsMax?: number; relays?: number } = {}): void {
  const random = seededRandom(7);
  network = new SimulatedNetwork(random);
  agent = new HandCallAgent(primary, network, random);
  const { legsMax = 512, relays = 6 } = more;
  const known = { name: domain, address: place.address, lines: 2, firstNumber: 101, phones: "127.10.1.1", relays };
  const options = gatewayOptions(known, [primary]);
  gateway = new SimulatedGateway({ ...options, media: { ...options.media, legsMax } }, network, random);
  telephone = new SimulatedTelephone(
    { number: "101", address: "127.10.1.1", gateway: { address: place.address, port: 5060 }, answerAfterMs: null },
    network,
    random,
  );
  network.run(100);
}

function connect(local: string, second: string, parameters: MgcpParameters = {}, session: string | null = null) {
  const [name = "", where = domain] = second.split("@");
  const secondEndpoint = { local: name, domain: where };
  const more = { callId: "A1", mode: "sendrecv", secondEndpoint, ...parameters };
  return agent.command(place, "CRCX", `${local}@${domain}`, more, session);
}

/** Ids of both halves. */
function made(response: MgcpResponse): [string, string] {
  expect([response.code, response.comment]).toEqual([200, "OK"]);
  return [response.parameters.connectionIds?.[0] ?? "", response.parameters.secondConnectionId ?? ""];
}

function mdcx(local: string, id: string, parameters: MgcpParameters, session: string | null = null): MgcpResponse {
  const more = { callId: "A1", connectionIds: [id], ...parameters };
  return agent.command(place, "MDCX", `${local}@${domain}`, more, session);
}

const dlcx = (local: string, parameters: MgcpParameters = {}) =>
  agent.command(place, "DLCX", `${local}@${domain}`, parameters);

const audit = (local: string, id: string, ...requestedInfo: string[]) =>
  agent.command(place, "AUCX", `${local}@${domain}`, { connectionIds: [id], requestedInfo });

const rows = () => gateway.core.snapshot(network.at.nowMs).connections;

function sdp(address = "192.0.2.1", formats = ["0 PCMU/8000"]): string {
  const numbers = formats.map((format) => format.split(" ")[0]).join(" ");
  const maps = formats.map((format) => `a=rtpmap:${format}\r\n`).join("");
  return `v=0\r\no=- 1 1 IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\nm=audio 4000 RTP/AVP ${numbers}\r\n${maps}`;
}

/** Legs as the engine was last told, those that are open. */
function legs(): Map<number, { readonly hasPorts: boolean; readonly settings: LegSettings }> {
  const open = new Map<number, { readonly hasPorts: boolean; readonly settings: LegSettings }>();
  for (const command of gateway.commands as readonly MediaCommand[]) {
    if (command.kind === "close") open.delete(command.leg);
    else if (command.kind === "open")
      open.set(command.leg, { hasPorts: command.local !== null, settings: command.settings });
    else if (command.kind === "modify") {
      const hasPorts = open.get(command.leg)?.hasPorts ?? false;
      if (open.has(command.leg)) open.set(command.leg, { hasPorts, settings: command.settings });
    }
  }
  return open;
}

const wires = () =>
  [...legs()].flatMap(([leg, { settings }]) =>
    settings.remote !== null && "leg" in settings.remote ? [[leg, settings.remote.leg]] : [],
  );

describe("a local connection (RFC 3435 sections 2.1.3.4 and 2.3.5)", () => {
  test.each([
    ["aaln/1", "aaln/2"],
    ["aaln/1", "relay/3"],
    ["relay/3", "aaln/2"],
    ["relay/1", "relay/2"],
  ])("%s and %s: two connections of one call, each the other's far side, without a port", (first, second) => {
    const [one, other] = made(connect(first, second));
    expect(rows().map(({ connectionId, endpoint, mode, state }) => [connectionId, endpoint, mode, state])).toEqual([
      [one, first, "sendrecv", "up"],
      [other, second, "sendrecv", "up"],
    ]);
    expect(rows().every(({ callId, localMedia, remoteMedia }) => callId === "A1" && !localMedia && !remoteMedia)).toBe(
      true,
    );
    const [[here = -1, there = -1] = []] = wires();
    expect(wires()).toEqual([
      [here, there],
      [there, here],
    ]);
    expect([...legs().values()].some(({ hasPorts }) => hasPorts)).toBe(false);
    expect(rows()[0]?.sendCoding).toEqual(rows()[1]?.receiveCoding);
  });

  test("the answer describes the first as LOCAL (section 3.4.2) and names the second; its mode is send/receive", () => {
    const response = connect("relay/1", "relay/2", { mode: "recvonly", localOptions: { encodings: ["PCMU"] } });
    const [one, other] = made(response);
    expect(response.parameters.endpointIds).toBeUndefined();
    expect(response.parameters.secondEndpoint).toBeUndefined();
    expect(response.sessions).toEqual([
      expect.stringMatching(
        new RegExp(
          `^v=0\r\no=- \\d+ 1 LOCAL EPN relay/1\r\ns=-\r\nc=LOCAL EPN relay/1\r\nt=0 0\r\na=MGCPlocalcx:${one}\r\nm=audio 0 LOCAL 0\r\n`,
        ),
      ),
    ]);
    expect(rows().map(({ mode }) => mode)).toEqual(["recvonly", "sendrecv"]);
    const told = audit("relay/2", other, "LC", "RC", "M");
    expect(told.sessions.map((session) => /^c=(.*)\r$/m.exec(session)?.[1])).toEqual([
      "LOCAL EPN relay/2",
      "LOCAL EPN relay/1",
    ]);
  });

  test("any of them ($) for either, or both, never one and the same, and each is named", () => {
    const response = connect("relay/$", "relay/$");
    made(response);
    expect(response.parameters.endpointIds).toEqual([{ local: "relay/1", domain }]);
    expect(response.parameters.secondEndpoint).toEqual({ local: "relay/2", domain });
    const next = connect("relay/$", "relay/3");
    made(next);
    expect([next.parameters.endpointIds?.[0]?.local, next.parameters.secondEndpoint]).toEqual(["relay/4", undefined]);
    expect(connect("relay/5", "relay/$").parameters.secondEndpoint?.local).toBe("relay/6");
    expect(connect("relay/$", "relay/$").code).toBe(410);
    dlcx("relay/1");
    expect(connect("relay/$", "relay/$").code).toBe(410);
    expect(connect("relay/$", "aaln/$").parameters.secondEndpoint?.local).toBe("aaln/1");
  });

  test("each half is changed by itself", () => {
    const [one, other] = made(connect("relay/1", "relay/2"));
    expect(mdcx("relay/1", one, { mode: "inactive" }).code).toBe(200);
    expect(rows().map(({ mode, state }) => [mode, state])).toEqual([
      ["inactive", "held"],
      ["sendrecv", "up"],
    ]);
    expect(mdcx("relay/2", other, { localOptions: { encodings: ["PCMA"] } }).code).toBe(200);
    expect(mdcx("relay/2", other, { localOptions: { encodings: ["G729"] } }).code).toBe(534);
    expect(mdcx("relay/2", other, { localOptions: { networks: ["LOCAL"] } }).code).toBe(200);
    expect(mdcx("relay/2", other, { localOptions: { networks: ["IN"] } }).code).toBe(532);
  });

  test("each half is deleted by itself; the other then has nobody, and is not heard elsewhere", () => {
    const [one, other] = made(connect("relay/1", "relay/2"));
    expect(dlcx("relay/1", { callId: "A1", connectionIds: [one] }).code).toBe(250);
    expect(rows().map(({ connectionId }) => connectionId)).toEqual([other]);
    expect(wires()).toEqual([]);
    expect(mdcx("relay/2", other, { mode: "sendonly" }).code).toBe(200);
    expect(audit("relay/2", other, "RC").sessions[0]).toContain("c=LOCAL EPN relay/1\r\n");
    made(connect("relay/1", "relay/3"));
    expect(wires().length).toBe(2);
    expect(dlcx("relay/*").code).toBe(250);
    expect(gateway.openLegs).toBe(0);
  });

  test("a half that is given a remote description goes over to the network, with a port; the other has nobody then", () => {
    const [one] = made(connect("relay/1", "relay/2"));
    const response = mdcx("relay/1", one, {}, sdp());
    expect(response.code).toBe(200);
    expect(response.sessions[0]).toContain("c=IN IP4 127.10.0.11\r\n");
    expect(rows()[0]).toMatchObject({ localMedia: { address: place.address }, remoteMedia: { port: 4000 } });
    expect(wires()).toEqual([]);
    expect([...legs().values()].map(({ hasPorts }) => hasPorts)).toEqual([false, true]);
  });

  test("it carries what the other connections of both relays have, numbered alike on the wire", () => {
    const formats = ["112 AMR/8000", "0 PCMU/8000"];
    const outer = (local: string, address: string) =>
      agent.command(place, "CRCX", `${local}@${domain}`, { callId: "A1", mode: "sendrecv" }, sdp(address, formats));
    expect(outer("relay/1", "192.0.2.1").code).toBe(200);
    made(connect("relay/1", "relay/2"));
    expect(outer("relay/2", "192.0.2.2").code).toBe(200);
    const relays = [...legs().values()].map(({ settings }) => settings.relay?.payloadTypes.map(({ to }) => to));
    expect(relays.every((types) => types?.includes(112) && types.includes(0))).toBe(true);
  });

  test("telephone events go all the way", () => {
    const session = sdp("192.0.2.1", ["0 PCMU/8000", "97 telephone-event/8000"]);
    agent.command(place, "CRCX", `relay/1@${domain}`, { callId: "A1", mode: "sendrecv" }, session);
    made(connect("relay/1", "relay/2"));
    const waiting = { callId: "A1", mode: "recvonly" };
    const answer = agent.command(place, "CRCX", `relay/2@${domain}`, waiting);
    expect(answer.sessions[0]).toContain("a=rtpmap:97 telephone-event/8000\r\n");
    expect([...legs().values()].every(({ settings }) => settings.relay?.payloadTypes.some(({ to }) => to === 97))).toBe(
      true,
    );
  });

  test("what a far side says of a format goes all the way", () => {
    const session = `${sdp("192.0.2.1", ["112 AMR/8000"])}a=fmtp:112 octet-align=1\r\n`;
    agent.command(place, "CRCX", `relay/1@${domain}`, { callId: "A1", mode: "sendrecv" }, session);
    made(connect("relay/1", "relay/2"));
    const far = sdp("192.0.2.2", ["99 AMR/8000"]);
    const answer = agent.command(place, "CRCX", `relay/2@${domain}`, { callId: "A1", mode: "sendrecv" }, far);
    expect(answer.sessions[0]).toContain("a=fmtp:99 octet-align=1\r\n");
  });

  test("a station that is off-hook is answered when its line is connected to another", () => {
    telephone.dial("102");
    network.run(500);
    const [one] = made(connect("aaln/2", "aaln/1"));
    network.run(500);
    expect(rows().find(({ endpoint }) => endpoint === "aaln/1")?.origin).toEqual({
      device: "101",
      address: "127.10.1.1",
      from: "line",
    });
    expect(rows().find(({ connectionId }) => connectionId === one)?.origin).toMatchObject({
      device: "101",
      from: "remote-description",
    });
  });
});

describe("what cannot be made is not half made", () => {
  test.each([
    ["an endpoint with itself", "relay/1", "relay/1", {}, 507],
    ["a line that has a connection", "relay/1", "aaln/1", {}, 540],
    ["an endpoint that is not here", "relay/1", "relay/99", {}, 500],
    ["an endpoint of another gateway", "relay/1", "relay/2@other.example", {}, 500],
    ["all of several", "relay/1", "aaln/*", {}, 503],
    ["codings that nobody has", "relay/1", "aaln/2", { localOptions: { encodings: ["G729"] } }, 534],
    ["a network it is not on", "relay/1", "relay/2", { localOptions: { networks: ["IN"] } }, 532],
    ["a mode nobody has", "relay/1", "relay/2", { mode: "conttest" }, 517],
  ])("%s", (_what, first, second, parameters, code) => {
    made(connect("aaln/1", "relay/6"));
    const before = rows().length;
    expect(connect(first, second, parameters).code).toBe(code);
    expect([rows().length, gateway.openLegs]).toEqual([before, 2]);
  });

  test("a remote description beside the second endpoint", () => {
    expect(connect("relay/1", "relay/2", {}, sdp()).code).toBe(510);
  });

  test("a description of a local connection in place of a second endpoint", () => {
    const session = connect("relay/1", "relay/2").sessions[0] ?? "";
    const response = agent.command(place, "CRCX", `relay/3@${domain}`, { callId: "A1", mode: "sendrecv" }, session);
    expect([response.code, response.comment]).toEqual([505, expect.stringContaining("Z2")]);
  });

  test("with one leg left there are none", () => {
    start({ legsMax: 3, relays: 4 });
    made(connect("relay/1", "relay/2"));
    expect(connect("relay/3", "relay/4").code).toBe(403);
    expect(gateway.openLegs).toBe(2);
    dlcx("relay/*");
    made(connect("relay/3", "relay/4"));
  });
});
