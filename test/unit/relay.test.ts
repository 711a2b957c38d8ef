import { beforeEach, describe, expect, test } from "vitest";
import type { MgcpParameters, MgcpResponse } from "#protocol/mgcp/message.js";
import { type MediaDescription, parseMediaDescription } from "#protocol/sdp.js";
import type { LegSettings } from "../../firmware/media/media-port.js";
import { HandCallAgent } from "../support/hand-call-agent.js";
import { seededRandom } from "../support/seeded-random.js";
import { gatewayOptions, SimulatedGateway } from "../support/simulated-gateway.js";
import { SimulatedNetwork } from "../support/simulated-network.js";

const primary = { address: "127.10.0.1", port: 2727 };
const place = { address: "127.10.0.11", port: 2427 };

let network: SimulatedNetwork;
let agent: HandCallAgent;
let gateway: SimulatedGateway;

beforeEach(() => {
  start(20);
});

function start(relays: number, addresses = [place.address, "2001:db8::11"]): void {
  const random = seededRandom(7);
  network = new SimulatedNetwork(random);
  agent = new HandCallAgent(primary, network, random);
  const options = gatewayOptions(
    { name: "gw.example", address: place.address, lines: 1, firstNumber: 101, phones: "127.10.1.1", relays },
    [primary],
  );
  const { media } = options;
  gateway = new SimulatedGateway({ ...options, media: { ...media, addresses } }, network, random);
  network.run(100);
}

/** A description as others write it: `formats` are "payload type encoding/rate". */
function sdp(formats: readonly string[], address = "192.0.2.1", port = 4000): string {
  const numbers = formats.map((format) => format.split(" ")[0]);
  const maps = formats.map((format) => `a=rtpmap:${format}\r\n`).join("");
  const family = address.includes(":") ? "IP6" : "IP4";
  const head = `v=0\r\no=- 1 1 IN ${family} ${address}\r\ns=-\r\nc=IN ${family} ${address}\r\nt=0 0\r\n`;
  return `${head}m=audio ${port} RTP/AVP ${numbers.join(" ")}\r\n${maps}`;
}

const pcmu = ["0 PCMU/8000"];
const pcma = ["8 PCMA/8000"];

function crcx(local: string, parameters: MgcpParameters = {}, session: string | null = null): MgcpResponse {
  const mode = session === null ? "recvonly" : "sendrecv";
  return agent.command(place, "CRCX", `${local}@gw.example`, { callId: "A1", mode, ...parameters }, session);
}

/** A connection that came about. */
function connect(local: string, parameters: MgcpParameters = {}, session: string | null = null) {
  const response = crcx(local, parameters, session);
  expect([response.code, response.comment]).toEqual([200, "OK"]);
  return { id: response.parameters.connectionIds?.[0] ?? "", description: described(response) };
}

function mdcx(local: string, id: string, parameters: MgcpParameters, session: string | null = null): MgcpResponse {
  return agent.command(
    place,
    "MDCX",
    `${local}@gw.example`,
    { callId: "A1", connectionIds: [id], ...parameters },
    session,
  );
}

function dlcx(local: string, parameters: MgcpParameters = {}): MgcpResponse {
  return agent.command(place, "DLCX", `${local}@gw.example`, parameters);
}

function described(response: MgcpResponse): MediaDescription {
  const description = parseMediaDescription(response.sessions[0] ?? "");
  if (!description.ok) throw new Error(description.reason);
  return description.value;
}

/** What the engine was last told of the leg that is bound to this port. */
function settingsOf({ media }: MediaDescription): LegSettings | undefined {
  const generation = gateway.commands.findLast(
    (one) => one.kind === "open" && one.local?.port === media.port,
  )?.generation;
  const last = gateway.commands.findLast((one) => "settings" in one && one.generation === generation);
  return last !== undefined && "settings" in last ? last.settings : undefined;
}

const numbers = (description: MediaDescription) => description.codings.map(({ payloadType }) => payloadType);
const names = (description: MediaDescription) => description.codings.map(({ encoding }) => encoding);

describe("endpoints", () => {
  test("any of them ($) is one without connections, named in the answer by the domain as asked", () => {
    const taken = Array.from({ length: 20 }, () => crcx("relay/$"));
    const told = taken.map(({ parameters }) =>
      parameters.endpointIds?.map(({ local, domain }) => `${local}@${domain}`),
    );
    expect(told.slice(0, 2)).toEqual([["relay/1@gw.example"], ["relay/2@gw.example"]]);
    expect(told[15]).toEqual(["relay/10@gw.example"]);
    expect(crcx("relay/$")).toMatchObject({ code: 410 });
    expect(dlcx("relay/c").code).toBe(250);
    expect(crcx("relay/$").parameters.endpointIds?.[0]?.local).toBe("relay/c");
  });

  test("all of them (*) in a CRCX can only mean any of them; named in full the name is not repeated", () => {
    expect(crcx("relay/*").parameters.endpointIds?.[0]?.local).toBe("relay/1");
    expect(crcx("RELAY/A").parameters.endpointIds).toBeUndefined();
    expect(crcx("relay/b").parameters.endpointIds).toBeUndefined();
    expect(crcx("*").code).toBe(503);
  });

  test("any of ($) is for CRCX alone", () => {
    const { id } = connect("relay/1");
    expect(mdcx("relay/$", id, { mode: "inactive" })).toMatchObject({ code: 500 });
    expect(dlcx("relay/$")).toMatchObject({ code: 500 });
    expect(agent.command(place, "AUEP", "relay/$@gw.example").code).toBe(500);
    expect(mdcx("relay/*", id, { mode: "inactive" }).code).toBe(503);
  });

  test("a refused CRCX takes none of them away", () => {
    start(1);
    expect(crcx("relay/$", { mode: "conttest" }).code).toBe(517);
    expect(crcx("relay/$", { localOptions: { encodings: ["FOO"] } }).code).toBe(534);
    connect("relay/$");
    expect(crcx("relay/$").code).toBe(410);
  });

  test("two connections fit on one, a third does not; one deleted makes room", () => {
    const first = connect("relay/7");
    connect("relay/7");
    expect(crcx("relay/7")).toMatchObject({ code: 540 });
    expect(dlcx("relay/7", { callId: "A1", connectionIds: [first.id] }).code).toBe(250);
    connect("relay/7");
  });

  test("DLCX of all relays ends what is on them and nothing else", () => {
    for (const local of ["relay/1", "relay/1", "relay/2"]) connect(local);
    agent.command(place, "CRCX", "aaln/1@gw.example", { callId: "B2", mode: "inactive" });
    expect(dlcx("relay/*").code).toBe(250);
    expect(gateway.core.snapshot(0).connections.map(({ endpoint }) => endpoint)).toEqual(["aaln/1"]);
    expect(gateway.openLegs).toBe(1);
    expect(dlcx("relay/*").code).toBe(250);
  });

  test("a thousand relays of two connections each are made and deleted", () => {
    start(1000);
    const { media } = gateway.options;
    expect(media.legsMax).toBe(512);
    for (let pair = 0; pair < 256; pair += 1) connect(`relay/${(pair + 1).toString(16)}`, {}, sdp(pcmu));
    for (let pair = 0; pair < 256; pair += 1) connect(`relay/${(pair + 1).toString(16)}`, {}, sdp(pcma));
    expect(crcx("relay/$")).toMatchObject({ code: 403 });
    expect(dlcx("*").code).toBe(250);
    expect(gateway.openLegs).toBe(0);
    expect(crcx("relay/$").code).toBe(200);
  });
});

describe("modes", () => {
  test("without a remote description a connection may receive, loop and wait, not send", () => {
    for (const mode of ["recvonly", "inactive", "loopback"]) expect(crcx("relay/$", { mode }).code).toBe(200);
    for (const mode of ["sendrecv", "sendonly", "netwloop"]) expect(crcx("relay/$", { mode }).code).toBe(527);
    for (const mode of ["confrnce", "conttest", "netwtest", "foo"]) expect(crcx("relay/$", { mode }).code).toBe(517);
    const { id } = connect("relay/a");
    expect(mdcx("relay/a", id, { mode: "sendrecv" }).code).toBe(527);
    expect(mdcx("relay/a", id, { mode: "sendrecv" }, sdp(pcmu)).code).toBe(200);
  });

  test("each connection is the source of the other, as far as both modes let it", () => {
    const left = connect("relay/1", {}, sdp(pcmu));
    const right = connect("relay/1", {}, sdp(pcmu, "192.0.2.2"));
    expect(settingsOf(left.description)).toMatchObject({ sends: true, receives: true, receiveCoding: null });
    expect(settingsOf(left.description)?.source).toBe(settingsOf(right.description)?.relay?.target === 0 ? 1 : 0);
    expect(mdcx("relay/1", left.id, { mode: "sendonly" }).code).toBe(200);
    expect(settingsOf(left.description)).toMatchObject({ sends: true, receives: false });
    expect(mdcx("relay/1", left.id, { mode: "inactive" }).code).toBe(200);
    expect(settingsOf(left.description)).toMatchObject({ sends: false, receives: false });
  });

  test.each(["loopback", "netwloop"])("%s sends a connection its own packets, and the other one none", (mode) => {
    const left = connect("relay/1", {}, sdp(["112 AMR/8000"]));
    const right = connect("relay/1", {}, sdp(["96 AMR/8000"], "192.0.2.2"));
    expect(mdcx("relay/1", left.id, { mode }).code).toBe(200);
    const looped = settingsOf(left.description);
    expect(looped).toMatchObject({ sends: true, receives: true, relay: { payloadTypes: [{ from: 112, to: 112 }] } });
    expect(looped?.relay?.target).toBe(looped?.source);
    expect(settingsOf(right.description)).toMatchObject({ sends: false, receives: false, source: null });
    expect(mdcx("relay/1", left.id, { mode: "sendrecv" }).code).toBe(200);
    expect(settingsOf(right.description)?.relay?.payloadTypes).toEqual([{ from: 96, to: 112 }]);
  });

  test("on a line, loopback lets the station hear itself and netwloop the far side", () => {
    const line = agent.command(place, "CRCX", "aaln/1@gw.example", { callId: "A1", mode: "sendrecv" }, sdp(pcma));
    const description = described(line);
    const id = line.parameters.connectionIds?.[0] ?? "";
    mdcx("aaln/1", id, { mode: "netwloop" });
    expect(settingsOf(description)).toMatchObject({ relay: { payloadTypes: [{ from: 8, to: 8 }] }, sends: true });
    mdcx("aaln/1", id, { mode: "loopback" });
    expect(settingsOf(description)).toMatchObject({ relay: null, sends: false, receives: false });
  });
});

describe("codings", () => {
  test("the same encoding under two numbers is renumbered, telephone events alongside", () => {
    const left = connect("relay/1", {}, sdp(["112 AMR/8000", "101 telephone-event/8000"]));
    const right = connect("relay/1", {}, sdp(["96 AMR/8000", "97 telephone-event/8000"], "192.0.2.2"));
    expect(numbers(left.description)).toEqual([112]);
    expect(numbers(right.description)).toEqual([96]);
    expect(right.description.telephoneEventPayloadType).toBe(97);
    expect(settingsOf(left.description)?.relay?.payloadTypes).toEqual([
      { from: 112, to: 96 },
      { from: 101, to: 97 },
    ]);
  });

  test("PCMU and PCMA are coded into each other", () => {
    const left = connect("relay/1", {}, sdp(pcmu));
    const right = connect("relay/1", {}, sdp(pcma, "192.0.2.2"));
    expect(settingsOf(left.description)).toMatchObject({
      receiveCoding: { payloadType: 0 },
      sendCoding: { payloadType: 0 },
      relay: { payloadTypes: [] },
    });
    expect(settingsOf(right.description)).toMatchObject({ receiveCoding: { payloadType: 8 } });
  });

  test("of two codings on one side that which the other has is relayed, the other coded", () => {
    const left = connect("relay/1", { localOptions: { encodings: ["PCMU", "PCMA"] } }, sdp([...pcmu, ...pcma]));
    connect("relay/1", {}, sdp(pcma, "192.0.2.2"));
    expect(settingsOf(left.description)).toMatchObject({
      receiveCoding: { encoding: "PCMU" },
      sendCoding: { encoding: "PCMA" },
      relay: { payloadTypes: [{ from: 8, to: 8 }] },
    });
  });

  test("what only one side has and the DSP does not know is refused", () => {
    connect("relay/1", {}, sdp(["112 AMR/8000"]));
    expect(crcx("relay/1", {}, sdp(pcmu))).toMatchObject({ code: 534 });
    expect(crcx("relay/1", { localOptions: { encodings: ["PCMU"] } })).toMatchObject({ code: 534 });
    expect(crcx("relay/2", { localOptions: { encodings: ["PCMU"] } }, sdp(pcma))).toMatchObject({ code: 534 });
    expect(crcx("relay/2", {}, sdp(["13 CN/8000"]))).toMatchObject({ code: 534 });
  });

  test("the answer lists what was agreed in the call agent's order, with the packet time it wants", () => {
    const both = { encodings: ["PCMA", "PCMU"], ptimeMs: 30 };
    const { description } = connect("relay/1", { localOptions: both }, sdp([...pcmu, ...pcma]));
    expect(names(description)).toEqual(["PCMA", "PCMU"]);
    expect(description.codings[0]?.ptimeMs).toBe(30);
  });

  test("the remote description may follow, and change the coding; what was told once keeps its number", () => {
    const left = connect("relay/1", { localOptions: { encodings: ["AMR", "PCMU"] } });
    expect(numbers(left.description)).toEqual([96, 0]);
    const later = described(mdcx("relay/1", left.id, { mode: "sendrecv" }, sdp(["112 AMR/8000"])));
    expect([names(later), numbers(later), later.sessionVersion]).toEqual([["AMR"], [96], "2"]);
    const right = connect("relay/1", {}, sdp(["98 AMR/8000"], "192.0.2.2"));
    expect(settingsOf(left.description)?.relay?.payloadTypes).toEqual([
      { from: 96, to: 98 },
      { from: 112, to: 98 },
    ]);
    expect(settingsOf(right.description)?.relay?.payloadTypes).toEqual([{ from: 98, to: 112 }]);
    expect(mdcx("relay/1", left.id, {}, sdp(pcmu)).code).toBe(534);
    expect(settingsOf(left.description)?.sendCoding?.encoding).toBe("AMR");
  });

  test("options that cannot be honoured have codes of their own", () => {
    const codes = [
      crcx("relay/1", { localOptions: { ptimeMs: 111 } }),
      crcx("relay/1", { localOptions: { networks: ["ATM"] } }),
      crcx("relay/1", { localOptions: { reservation: "g" } }),
      crcx("relay/1", { localOptions: { encryptionKey: { method: "clear", key: "x" } } }),
      crcx("relay/1", { localOptions: { others: [{ name: "zz/y", value: "1" }] } }),
    ].map(({ code }) => code);
    expect(codes).toEqual([535, 532, 532, 541, 518]);
    const honoured = {
      networks: ["IN"],
      echoCancellation: true,
      silenceSuppression: false,
      reservation: "be",
    } as const;
    connect("relay/1", { localOptions: { ...honoured, ptimeMs: 20, gainControl: 0 } });
  });
});

describe("addresses", () => {
  test("each side is told an address of its own family", () => {
    const left = connect("relay/1", {}, sdp(pcmu));
    const right = connect("relay/1", {}, sdp(pcmu, "2001:db8::7"));
    expect(left.description.media.address).toBe(place.address);
    expect(right.description.media.address).toBe("2001:db8::11");
    expect(left.description.media.port % 2).toBe(0);
  });

  test("a far side that turns out to be of the other family is given another port, and the old one is closed", () => {
    const left = connect("relay/1");
    connect("relay/1", {}, sdp(pcmu));
    const moved = described(mdcx("relay/1", left.id, { mode: "sendrecv" }, sdp(pcmu, "2001:db8::7")));
    expect(moved.media.address).toBe("2001:db8::11");
    expect(moved.media.port).not.toBe(left.description.media.port);
    expect(gateway.openLegs).toBe(2);
    const { parameters } = agent.command(place, "AUCX", "relay/1@gw.example", {
      connectionIds: [left.id],
      requestedInfo: ["P"],
    });
    // The simulated engine counts 100 sent on each leg.
    expect(parameters.connectionParameters).toMatchObject({ packetsSent: 200, packetsReceived: 198, packetsLost: 2 });
    expect(settingsOf(moved)).toMatchObject({ sends: true, remote: { address: "2001:db8::7" } });
    expect(dlcx("relay/1").code).toBe(250);
    expect(gateway.openLegs).toBe(0);
  });

  test("the type of service changes by MDCX, and what is told of it is what the kernel says", () => {
    const { id } = connect("relay/1", { localOptions: { typeOfService: 0xb8 } }, sdp(pcmu));
    const told = () =>
      agent.command(place, "AUCX", "relay/1@gw.example", { connectionIds: [id], requestedInfo: ["L"] }).parameters;
    expect(told().localOptions?.typeOfService).toBe(0xb8);
    expect(mdcx("relay/1", id, { localOptions: { typeOfService: 0x68 } }).code).toBe(200);
    expect(gateway.commands.filter(({ kind }) => kind === "mark")).toMatchObject([{ dscp: 26 }]);
    expect(told().localOptions?.typeOfService).toBe(0x68);
    expect(mdcx("relay/1", id, { localOptions: { typeOfService: 0x68 } }).code).toBe(200);
    expect(gateway.commands.filter(({ kind }) => kind === "mark").length).toBe(1);
    expect(dlcx("relay/1").code).toBe(250);
    const next = connect("relay/1", { localOptions: { typeOfService: 0x68 } }, sdp(pcmu));
    expect(gateway.commands.findLast(({ kind }) => kind === "open")).toMatchObject({ dscp: 26, isAwaited: false });
    mdcx("relay/1", next.id, { localOptions: { typeOfService: 0 } }, sdp(pcmu, "2001:db8::7"));
    expect(gateway.commands.findLast(({ kind }) => kind === "open")).toMatchObject({ dscp: 0 });
  });

  test("what a far side says of a format (a=fmtp) is told the other one, as it numbers it; before that, its own is", () => {
    const amr = (payloadType: number, text: string) =>
      `${sdp([`${payloadType} AMR/8000`, "0 PCMU/8000"])}a=fmtp:${payloadType} ${text}\r\n`;
    const parameters = ({ formatParameters }: MediaDescription) =>
      formatParameters.map(({ payloadType, text }) => `${payloadType} ${text}`);
    const left = connect("relay/1", {}, amr(112, "octet-align=1; mode-set=0,2"));
    expect(parameters(left.description)).toEqual(["112 octet-align=1; mode-set=0,2"]);
    const right = connect("relay/1", {}, amr(97, "octet-align=1; mode-set=7"));
    expect(parameters(right.description)).toEqual(["97 octet-align=1; mode-set=0,2"]);
    const changed = described(mdcx("relay/1", left.id, { mode: "inactive" }));
    expect(parameters(changed)).toEqual(["112 octet-align=1; mode-set=7"]);
    expect(changed.sessionVersion).toBe("2");
    expect(described(mdcx("relay/1", left.id, { mode: "sendrecv" })).sessionVersion).toBe("2");
    expect(
      agent.command(
        place,
        "CRCX",
        "aaln/1@gw.example",
        { callId: "A1", mode: "sendrecv" },
        `${sdp(pcmu)}a=fmtp:0 x\r\n`,
      ).sessions[0],
    ).not.toContain("fmtp");
  });

  test("a family that the gateway has no address of is refused", () => {
    start(2, [place.address]);
    expect(crcx("relay/1", {}, sdp(pcmu, "2001:db8::7"))).toMatchObject({ code: 505 });
    const { id } = connect("relay/1", {}, sdp(pcmu));
    expect(mdcx("relay/1", id, {}, sdp(pcmu, "2001:db8::7"))).toMatchObject({ code: 505 });
    const settings = settingsOf(connect("relay/1", {}, sdp(pcmu)).description);
    expect(settings?.remote).toMatchObject({ address: "192.0.2.1" });
  });

  test("a leg is handed over by MDCX: the engine is told of the new far side, all else stays", () => {
    const left = connect("relay/1", {}, sdp(pcmu));
    const before = settingsOf(left.description);
    const answer = described(mdcx("relay/1", left.id, {}, sdp(pcmu, "192.0.2.99", 7000)));
    expect(answer).toEqual(left.description);
    expect(settingsOf(left.description)).toEqual({ ...before, remote: { address: "192.0.2.99", port: 7000 } });
  });
});

test("relay connections take part in audits, with the origin that the far description shows", () => {
  connect("relay/1", {}, sdp(pcmu));
  const [connection] = gateway.core.snapshot(network.at.nowMs).connections;
  expect(connection).toMatchObject({
    endpoint: "relay/1",
    mode: "sendrecv",
    state: "up",
    origin: { device: "unknown", address: "192.0.2.1", from: "remote-description" },
    sendCoding: { encoding: "PCMU" },
  });
  expect(connection?.connectionId).toMatch(/^[0-9A-F]+$/);
  const answer = agent.command(place, "AUEP", "relay/1@gw.example", { requestedInfo: ["I", "A"] });
  expect(answer.parameters.connectionIds).toEqual([connection?.connectionId]);
});
