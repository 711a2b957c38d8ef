import { beforeEach, describe, expect, test } from "vitest";
import type { EventName, MgcpParameters, RequestedAction, RequestedEvent } from "#protocol/mgcp/message.js";
import { readOrigin, wholeAudit, writeAuditRequest, writeClaim, writeTag } from "#protocol/mgcp/recovery-package.js";
import { readAuditPage } from "#protocol/mgcp/recovery-page.js";
import { parseMediaDescription } from "#protocol/sdp.js";
import { HandCallAgent } from "../support/hand-call-agent.js";
import { seededRandom } from "../support/seeded-random.js";
import { gatewayOptions, SimulatedGateway } from "../support/simulated-gateway.js";
import { SimulatedNetwork } from "../support/simulated-network.js";
import { SimulatedTelephone } from "../support/simulated-telephone.js";

const primary = { address: "127.10.0.1", port: 2727 };
const backup = { address: "127.10.0.2", port: 2727 };
const gw1 = { address: "127.10.0.11", port: 2427 };
const gw2 = { address: "127.10.0.12", port: 2427 };

let network: SimulatedNetwork;
let agent: HandCallAgent;
let other: HandCallAgent;
let first: SimulatedGateway;
let second: SimulatedGateway;
let caller: SimulatedTelephone;
let called: SimulatedTelephone;

beforeEach(() => {
  const random = seededRandom(7);
  network = new SimulatedNetwork(random);
  agent = new HandCallAgent(primary, network, random);
  other = new HandCallAgent(backup, network, random);
  const agents = [primary, backup];
  const places = [
    { name: "gw1.example", address: gw1.address, lines: 2, firstNumber: 101, phones: "127.10.1.1" },
    { name: "gw2.example", address: gw2.address, lines: 2, firstNumber: 201, phones: "127.10.2.1" },
  ] as const;
  first = new SimulatedGateway(gatewayOptions(places[0], agents), network, random);
  second = new SimulatedGateway(gatewayOptions(places[1], agents), network, random);
  const sip = (gateway: { address: string }) => ({ address: gateway.address, port: 5060 });
  caller = new SimulatedTelephone(
    { number: "101", address: "127.10.1.1", gateway: sip(gw1), answerAfterMs: null },
    network,
    random,
  );
  called = new SimulatedTelephone(
    { number: "201", address: "127.10.2.1", gateway: sip(gw2), answerAfterMs: 500 },
    network,
    random,
  );
  network.run(100);
});

const event = (text: string): EventName => {
  const [packageName = "", name = ""] = text.split("/");
  return { packageName, event: name, connectionId: null, parameters: [] };
};
const watch = (
  text: string,
  kind: Exclude<RequestedAction["kind"], "embedded" | "extension"> = "notify",
): RequestedEvent => ({
  ...event(text),
  actions: [{ kind }],
});
const options: MgcpParameters = {
  callId: "A1",
  mode: "inactive",
  localOptions: { ptimeMs: 20, encodings: ["PCMA"], typeOfService: 0xb8 },
  extensions: [writeTag("v=1;from=101;to=201;origaddr=127.10.1.1")],
};

function audit(gateway: { address: string; port: number }, name: string) {
  const response = agent.command(gateway, "AUEP", `*@${name}`, { extensions: [writeAuditRequest(wholeAudit)] });
  const page = readAuditPage(name, response.parameters);
  if (!page.ok) throw new Error(page.reason);
  return page.value;
}

/** Off-hook to conversation, as a call agent does it. */
function setUpCall(): { readonly firstId: string; readonly secondId: string } {
  agent.command(gw1, "RQNT", "aaln/1@gw1.example", { requestIdentifier: "1", requestedEvents: [watch("L/hd")] });
  caller.dial("201");
  network.runUntil(() => agent.notified.length === 1, 1000);
  agent.command(gw1, "RQNT", "aaln/1@gw1.example", {
    requestIdentifier: "2",
    requestedEvents: [watch("L/hu"), watch("D/[0-9#*T]", "digits")],
    digitMap: "(1xx|2xx)",
    signals: [event("L/dl")],
  });
  network.runUntil(() => agent.notified.length === 2, 1000);
  const one = agent.command(gw1, "CRCX", "aaln/1@gw1.example", options);
  const two = agent.command(gw2, "CRCX", "aaln/1@gw2.example", options, one.sessions[0]);
  const firstId = one.parameters.connectionIds?.[0] ?? "";
  const secondId = two.parameters.connectionIds?.[0] ?? "";
  agent.command(gw1, "MDCX", "aaln/1@gw1.example", { callId: "A1", connectionIds: [firstId] }, two.sessions[0]);
  agent.command(gw1, "RQNT", "aaln/1@gw1.example", {
    requestIdentifier: "3",
    requestedEvents: [watch("L/hu")],
    signals: [event("G/rt")],
  });
  agent.command(gw2, "RQNT", "aaln/1@gw2.example", {
    requestIdentifier: "4",
    requestedEvents: [watch("L/hd"), watch("L/hu")],
    signals: [event("L/rg")],
  });
  network.runUntil(() => agent.notified.length === 3, 5000);
  const talk = { callId: "A1", mode: "sendrecv" };
  agent.command(gw1, "MDCX", "aaln/1@gw1.example", { ...talk, connectionIds: [firstId] });
  agent.command(gw2, "MDCX", "aaln/1@gw2.example", { ...talk, connectionIds: [secondId] });
  agent.command(gw2, "RQNT", "aaln/1@gw2.example", { requestIdentifier: "5", requestedEvents: [watch("L/hu")] });
  network.run(200);
  return { firstId, secondId };
}

describe("a call set up by hand", () => {
  test("off-hook, the number, ringing, answer and conversation reach the telephones and the call agent", () => {
    setUpCall();
    expect(agent.notified.map(({ endpoint, events }) => [endpoint, events.join(" ")])).toEqual([
      ["aaln/1@gw1.example", "L/hd"],
      ["aaln/1@gw1.example", "D/2 D/0 D/1"],
      ["aaln/1@gw2.example", "L/hd"],
    ]);
    expect([caller.said.map(({ kind }) => kind), called.said.map(({ kind }) => kind)]).toEqual([
      expect.arrayContaining(["dialling", "talking"]),
      expect.arrayContaining(["ringing", "talking"]),
    ]);
  });

  test("an audit tells the five facts at both gateways, and who went off-hook first", () => {
    setUpCall();
    network.run(3000);
    const [one] = audit(gw1, "gw1.example").connections;
    const [two] = audit(gw2, "gw2.example").connections;
    expect(one).toMatchObject({
      endpoint: "aaln/1",
      state: "up",
      origin: { device: "101", address: "127.10.1.1", from: "line" },
      sendCoding: { encoding: "PCMA", payloadType: 8, ptimeMs: 20 },
      qos: { dscp: 46, reservation: "none" },
      notifiedEntity: "ca@[127.10.0.1]:2727",
    });
    expect(two).toMatchObject({ origin: { device: "101", address: "127.10.1.1", from: "tag" }, state: "up" });
    expect(one?.remoteMedia).toEqual(two?.localMedia);
    expect(Math.abs((one?.durationMs ?? 0) - 3200)).toBeLessThan(100);
  });

  test("station and network legs are each other's source, µ-law on the line and A-law between the gateways", () => {
    setUpCall();
    const last = (leg: number) => first.commands.findLast((command) => command.leg === leg && "settings" in command);
    const station = last(0);
    const trunk = last(1);
    if (station === undefined || !("settings" in station)) throw new Error("no station leg");
    if (trunk === undefined || !("settings" in trunk)) throw new Error("no network leg");
    expect([station.settings.source, trunk.settings.source]).toEqual([1, 0]);
    expect([station.settings.sendCoding?.encoding, trunk.settings.sendCoding?.encoding]).toEqual(["PCMU", "PCMA"]);
    expect(station.settings).toMatchObject({ sends: true, receives: true, remote: { address: "127.10.1.1" } });
    expect(trunk.settings).toMatchObject({ sends: true, receives: true, remote: { address: gw2.address } });
  });

  test("when the called station hangs up, deleting both connections frees every leg and hangs the caller up", () => {
    const { firstId, secondId } = setUpCall();
    called.hangUp();
    network.runUntil(() => agent.notified.length === 4, 2000);
    expect(agent.notified[3]?.events).toEqual(["L/hu"]);
    const one = agent.command(gw1, "DLCX", "aaln/1@gw1.example", { callId: "A1", connectionIds: [firstId] });
    const two = agent.command(gw2, "DLCX", "aaln/1@gw2.example", { callId: "A1", connectionIds: [secondId] });
    network.run(1000);
    expect([one.code, two.code]).toEqual([250, 250]);
    expect(one.parameters.connectionParameters).toMatchObject({ packetsSent: 100, packetsLost: 1 });
    expect(caller.said.at(-1)?.kind).toBe("hung-up");
    expect([first.openLegs, second.openLegs]).toEqual([0, 0]);
    const { lineEvents, ended } = audit(gw2, "gw2.example");
    expect(lineEvents.map(({ kind, callId }) => [kind, callId])).toEqual([
      ["answer", "A1"],
      ["on-hook", "A1"],
    ]);
    expect(ended.map(({ reason, connection }) => [reason, connection.state])).toEqual([["deleted", "ended"]]);
  });
});

describe("fencing", () => {
  const claim = (number: number, server: string) => ({ extensions: [writeClaim({ number, server })] });

  test("after a takeover the old call server's commands are refused and the new one is notified", () => {
    agent.epoch = { number: 1, server: "primary" };
    agent.command(gw2, "EPCF", "*@gw2.example", claim(1, "primary"));
    agent.command(gw1, "EPCF", "*@gw1.example", claim(1, "primary"));
    const { secondId } = setUpCall();
    other.epoch = { number: 2, server: "backup" };
    const notifiedEntity = "ca@[127.10.0.2]:2727";
    expect(other.command(gw2, "EPCF", "*@gw2.example", { ...claim(2, "backup"), notifiedEntity }).code).toBe(200);
    const late = agent.command(gw2, "DLCX", "aaln/1@gw2.example", { callId: "A1", connectionIds: [secondId] });
    expect([late.code, late.packageName]).toEqual([801, "x-ho"]);
    expect(second.disk.epoch).toEqual({ number: 2, server: "backup" });
    called.hangUp();
    network.run(500);
    expect(other.notified.at(-1)).toEqual({
      endpoint: "aaln/1@gw2.example",
      requestIdentifier: "5",
      events: ["L/hu"],
    });
  });

  test("what a dead call server was being told is told to the one that claims and asks", () => {
    setUpCall();
    network.remove(agent, [primary]);
    called.hangUp();
    network.run(1000);
    other.epoch = { number: 2, server: "backup" };
    const notifiedEntity = "ca@[127.10.0.2]:2727";
    other.command(gw2, "EPCF", "*@gw2.example", { ...claim(2, "backup"), notifiedEntity });
    expect(other.notified).toEqual([]);
    const request = { requestIdentifier: "9", requestedEvents: [watch("L/hu")] };
    expect(other.command(gw2, "RQNT", "aaln/1@gw2.example", request).code).toBe(200);
    network.run(500);
    expect(other.notified).toEqual([{ endpoint: "aaln/1@gw2.example", requestIdentifier: "9", events: ["L/hu"] }]);
  });

  test("a lower, an equal or a leaping claim is refused and names the owner", () => {
    agent.command(gw1, "EPCF", "*@gw1.example", claim(5, "primary"));
    for (const number of [4, 5, 1006]) {
      const refused = other.command(gw1, "EPCF", "*@gw1.example", claim(number, "backup"));
      expect([refused.code, refused.packageName, refused.parameters.extensions?.[0]?.value]).toEqual([
        802,
        "x-ho",
        "5 primary",
      ]);
    }
  });

  test("the gateway tells when it last heard each call agent", () => {
    agent.command(gw1, "AUEP", "aaln/1@gw1.example");
    network.run(1500);
    other.command(gw1, "AUEP", "aaln/1@gw1.example");
    const { heard } = audit(gw1, "gw1.example");
    const ages = new Map(heard.map(({ address, ageMs }) => [address, ageMs]));
    expect(ages.get(backup.address)).toBeLessThan(20);
    expect(ages.get(primary.address)).toBeLessThan(20);
    expect(heard.length).toBe(2);
  });
});

describe("what cannot be done is refused by its code", () => {
  const refusals: readonly [string, string, string, MgcpParameters, string | null, number][] = [
    ["another gateway's endpoint", "AUEP", "aaln/1@gw9.example", {}, null, 500],
    ["an endpoint that is not there", "AUEP", "aaln/99@gw1.example", {}, null, 500],
    ["a mode the engine cannot do", "CRCX", "aaln/1@gw1.example", { callId: "A1", mode: "conttest" }, null, 517],
    ["no call id", "CRCX", "aaln/1@gw1.example", { mode: "inactive" }, null, 516],
    ["a description that is none", "CRCX", "aaln/1@gw1.example", { callId: "A1", mode: "inactive" }, "v=1\r\n", 509],
    [
      "an encoding nobody has",
      "CRCX",
      "aaln/1@gw1.example",
      { callId: "A1", mode: "inactive", localOptions: { encodings: ["G729"] } },
      null,
      534,
    ],
    ["an unknown connection", "MDCX", "aaln/1@gw1.example", { callId: "A1", connectionIds: ["FFFF"] }, null, 515],
    [
      "an unknown package",
      "RQNT",
      "aaln/1@gw1.example",
      { requestIdentifier: "1", signals: [event("ZZ/a")] },
      null,
      518,
    ],
    [
      "an unknown event",
      "RQNT",
      "aaln/1@gw1.example",
      { requestIdentifier: "1", requestedEvents: [watch("L/zz")] },
      null,
      522,
    ],
    [
      "digits without a map",
      "RQNT",
      "aaln/1@gw1.example",
      { requestIdentifier: "1", requestedEvents: [watch("D/[0-9]", "digits")] },
      null,
      519,
    ],
    [
      "waiting for on-hook on-hook",
      "RQNT",
      "aaln/1@gw1.example",
      { requestIdentifier: "1", requestedEvents: [watch("L/hu")] },
      null,
      402,
    ],
    ["one endpoint's verb for all", "CRCX", "*@gw1.example", { callId: "A1", mode: "inactive" }, null, 503],
    ["a gateway's own verb", "NTFY", "aaln/1@gw1.example", {}, null, 504],
  ];
  test.each(refusals)("%s", (_what, verb, name, parameters, session, code) => {
    const known = ["AUEP", "CRCX", "MDCX", "RQNT", "NTFY"] as const;
    const found = known.find((candidate) => candidate === verb) ?? "AUEP";
    const response = agent.command(gw1, found, name, parameters, session);
    expect(response.code).toBe(code);
    expect(response.comment).not.toBe("");
    expect(first.openLegs).toBe(0);
  });

  test("who may only ask is refused a command; a stranger is not answered at all", () => {
    const asker = new HandCallAgent({ address: "127.0.0.1", port: 40_000 }, network, seededRandom(1));
    expect(asker.command(gw1, "AUEP", "aaln/1@gw1.example", { requestedInfo: ["I"] }).code).toBe(200);
    expect(asker.command(gw1, "DLCX", "aaln/1@gw1.example").code).toBe(500);
    const stranger = new HandCallAgent({ address: "127.99.0.1", port: 40_000 }, network, seededRandom(1));
    expect(() => stranger.command(gw1, "AUEP", "aaln/1@gw1.example")).toThrow("was not answered");
  });
});

test("the first call agent is told of the start; a CRCX reply names the originating device and carries SDP", () => {
  expect(agent.restarts).toEqual(["*@gw1.example restart", "*@gw2.example restart"]);
  agent.command(gw1, "RQNT", "aaln/1@gw1.example", { requestIdentifier: "1", requestedEvents: [watch("L/hd")] });
  caller.dial("201");
  network.run(200);
  const response = agent.command(gw1, "CRCX", "aaln/1@gw1.example", options);
  expect(readOrigin(response.parameters)).toEqual({ ok: true, value: { device: "101", address: "127.10.1.1" } });
  const description = parseMediaDescription(response.sessions[0] ?? "");
  expect(description.ok && description.value.media.port % 2).toBe(0);
});

test("the ages and durations of an audit are whole milliseconds, whatever the clock reads", () => {
  const { firstId } = setUpCall();
  agent.command(gw1, "DLCX", "aaln/1@gw1.example", { callId: "A1", connectionIds: [firstId] });
  network.run(1000.37);
  const { heard, lineEvents, ended, connections, upMs } = first.core.snapshot(network.at.nowMs);
  const others = second.core.snapshot(network.at.nowMs).connections;
  const numbers = [
    upMs,
    ...heard.map(({ ageMs }) => ageMs),
    ...lineEvents.map(({ ageMs }) => ageMs),
    ...ended.map(({ endedAgeMs }) => endedAgeMs),
    ...[...connections, ...others].map(({ durationMs }) => durationMs),
  ];
  expect(numbers.length).toBeGreaterThan(4);
  expect(numbers.filter((value) => !Number.isInteger(value))).toEqual([]);
});
