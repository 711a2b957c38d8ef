import { beforeEach, describe, expect, test } from "vitest";
import type { MgcpParameters, MgcpResponse } from "#protocol/mgcp/message.js";
import { requestParameters } from "../support/event-request-texts.js";
import { HandCallAgent } from "../support/hand-call-agent.js";
import { seededRandom } from "../support/seeded-random.js";
import { gatewayOptions, SimulatedGateway } from "../support/simulated-gateway.js";
import { SimulatedNetwork } from "../support/simulated-network.js";
import { SimulatedTelephone } from "../support/simulated-telephone.js";

const agentAddress = { address: "127.10.0.1", port: 2727 };
const place = { address: "127.10.0.11", port: 2427 };
const line = "aaln/1@gw.example";

let network: SimulatedNetwork;
let agent: HandCallAgent;
let gateway: SimulatedGateway;
let telephone: SimulatedTelephone;

beforeEach(() => {
  const random = seededRandom(7);
  network = new SimulatedNetwork(random);
  agent = new HandCallAgent(agentAddress, network, random);
  gateway = new SimulatedGateway(
    gatewayOptions(
      { name: "gw.example", address: place.address, lines: 3, firstNumber: 101, phones: "127.10.1.1", relays: 4 },
      [agentAddress],
    ),
    network,
    random,
  );
  telephone = new SimulatedTelephone(
    { number: "101", address: "127.10.1.1", gateway: { address: place.address, port: 5060 }, answerAfterMs: null },
    network,
    random,
  );
  network.run(100);
});

type Texts = Parameters<typeof requestParameters>[1];

function rqnt(identifier: string, texts: Texts, name = line): MgcpResponse {
  return agent.command(place, "RQNT", name, requestParameters(identifier, texts));
}

function audit(items: string, name = line): MgcpParameters {
  const response = agent.command(place, "AUEP", name, { requestedInfo: items.split(",") });
  expect(response.code).toBe(200);
  return response.parameters;
}

const notified = () =>
  agent.notified.map(({ requestIdentifier, events }) => `${requestIdentifier}: ${events.join(" ")}`);
const extension = (parameters: MgcpParameters, name: string) =>
  parameters.extensions?.find((one) => one.name === name)?.value;

function offHook(): void {
  telephone.dial("201");
  network.run(100);
}

function hangUp(): void {
  telephone.hangUp();
  network.run(1_000);
}

describe("requests and what they watch for", () => {
  test("a telephone that dials while its bell waits for a port is told busy, answers nobody, and rings then", () => {
    gateway.isEngineHeld = true;
    rqnt("A1", { R: "L/hd(N)", S: "L/rg" });
    telephone.dial("201");
    network.run(100);
    expect(telephone.said.at(-1)).toMatchObject({ kind: "hung-up", by: "refusal" });
    expect(notified()).toEqual([]);
    gateway.releaseEngine();
    network.run(100);
    expect(telephone.state).toBe("ringing");
    telephone.answer();
    network.run(100);
    expect(notified()).toEqual(["A1: L/hd"]);
  });

  test("a mini-script goes from off-hook to the number without asking, as one Notify", () => {
    rqnt("A1", { R: "L/hd(A,E(R(D/[0-9#T](D),L/hu(N)),S(L/dl),D(2xx)))" });
    offHook();
    expect(notified()).toEqual(["A1: L/hd D/2 D/0 D/1"]);
  });

  test("digits that the telephone sends as tones are events of its line, as long as it is off-hook", () => {
    rqnt("A1", { R: "L/hd(N)" });
    offHook();
    rqnt("A2", { R: "D/[0-9*#](N)", Q: "loop" });
    network.run(100);
    agent.notified.length = 0;
    for (const digit of ["7", "#"]) {
      gateway.hear(digit);
      network.run(100);
    }
    hangUp();
    gateway.hear("8");
    network.run(100);
    expect(notified()).toEqual(["A2: D/7", "A2: D/#"]);
  });

  test("an active embedded request is what an audit tells, with its map", () => {
    rqnt("A1", { R: "L/hd(E(R(L/hu(N)),S(L/dl),D(2xx)))", Q: "loop,discard" });
    offHook();
    const parameters = audit("R,D,S,X,Q,O,T,B/NS");
    expect(parameters.requestedEvents?.map(({ event }) => event)).toEqual(["hu"]);
    expect(parameters).toMatchObject({
      digitMap: "2xx",
      requestIdentifier: "A1",
      quarantine: { loop: true, process: false },
      observedEvents: [],
      detectEvents: [],
    });
    expect(parameters.signals?.map(({ event }) => event)).toEqual(["dl"]);
    expect(extension(parameters, "B/NS")).toBe("o");
  });

  test("persistent events are told under every request until they are replaced", () => {
    rqnt("A1", { R: "", PR: "L/hd(N),L/hu(N)" });
    offHook();
    rqnt("A2", { R: "" });
    hangUp();
    expect(notified()).toEqual(["A1: L/hd", "A2: L/hu"]);
    expect(extension(audit("B/PR"), "B/PR")).toBe("L/hd,L/hu");
  });

  test("in loop mode several Notifys follow one request, one after the other's answer", () => {
    rqnt("A1", { R: "L/hd(N),L/hu(N)", Q: "loop" });
    offHook();
    hangUp();
    expect(notified()).toEqual(["A1: L/hd", "A1: L/hu"]);
  });

  test("a request for many endpoints is for all of them or for none", () => {
    expect(rqnt("A1", { R: "L/hd(N)" }, "aaln/*@gw.example").code).toBe(200);
    expect(audit("X", "aaln/3@gw.example").requestIdentifier).toBe("A1");
    offHook();
    expect(rqnt("A2", { R: "L/hd(N)" }, "aaln/*@gw.example").code).toBe(401);
    expect(audit("X", "aaln/3@gw.example").requestIdentifier).toBe("A1");
  });

  test("a request refused leaves the one before as it was", () => {
    rqnt("A1", { R: "L/hd(N)", S: "L/rg" });
    expect(rqnt("A2", { R: "L/hd(N)", S: "L/zz" }).code).toBe(522);
    expect(audit("X,S")).toMatchObject({ requestIdentifier: "A1", signals: [{ event: "rg" }] });
  });

  test("before any request there is number zero, and what happened is told to nobody", () => {
    expect(audit("X,R,T,Q")).toMatchObject({
      requestIdentifier: "0",
      requestedEvents: [],
      detectEvents: [],
      quarantine: { loop: false, process: true },
    });
    offHook();
    expect(notified()).toEqual([]);
  });
});

describe("signals", () => {
  const ringing = () => telephone.said.map(({ kind }) => kind);

  test("ringing stops after its time, which is told where it was asked for", () => {
    rqnt("A1", { R: "L/hd(N),L/oc(N)", S: "L/rg(to=3000)" });
    network.run(2_500);
    expect([ringing().at(-1), notified()]).toEqual(["ringing", []]);
    network.run(1_000);
    expect([ringing().at(-1), notified()]).toEqual(["hung-up", ["A1: L/oc(L/rg)"]]);
    expect(audit("S").signals).toEqual([]);
  });

  test("a signal that is in the next list goes on, and its time with it", () => {
    rqnt("A1", { R: "L/oc(N)", S: "L/rg(to=3000)" });
    network.run(2_000);
    rqnt("A2", { R: "L/oc(N)", S: "L/rg(to=9000)" });
    network.run(1_500);
    expect(notified()).toEqual(["A2: L/oc(L/rg)"]);
    expect(ringing().filter((kind) => kind === "ringing").length).toBe(1);
  });

  test("a signal that is not in the next list stops; on/off signals stay on until switched off", () => {
    rqnt("A1", { S: "L/rg,L/vmwi(+)" });
    network.run(100);
    rqnt("A2", {});
    network.run(100);
    expect([ringing().at(-1), audit("S").signals?.map(({ event }) => event)]).toEqual(["hung-up", ["vmwi"]]);
    rqnt("A3", { S: "L/vmwi(-)" });
    expect(audit("S").signals).toEqual([]);
  });

  test("a line whose telephone is not there fails to ring", () => {
    rqnt("A1", { R: "L/of(N)", S: "L/rg" }, "aaln/2@gw.example");
    network.run(60_000);
    expect(notified()).toEqual(["A1: L/of(L/rg)"]);
  });

  test("caller-id beside the ringing is what the telephone is shown; brief signals wait for one another", () => {
    rqnt("A1", { S: 'L/ci(09/14/17/26,"555 1212","John"),L/rg,L/rs' });
    expect(audit("S").signals?.map(({ event }) => event)).toEqual(["rg", "rs"]);
    network.run(2_000);
    expect(audit("S").signals?.map(({ event }) => event)).toEqual(["rg"]);
  });

  test("a list of signals is as long as they are together, and told by its own name", () => {
    offHook();
    rqnt("A1", { R: "SL/oc(N)", S: "SL/s(D/1,D/2,L/e(to=1000))" });
    network.run(1_100);
    expect(notified()).toEqual([]);
    network.run(300);
    expect(notified()).toEqual(["A1: SL/oc(SL/s)"]);
  });
});

describe("what cannot be watched for or played is refused by its code", () => {
  const cases: readonly [string, Texts, number][] = [
    ["an unknown package", { R: "ZZ/a" }, 518],
    ["an unknown event", { R: "L/zz" }, 522],
    ["an event nothing here detects", { R: "G/ft" }, 512],
    ["an event with parameters it has not", { R: "L/hd(N)(3)" }, 538],
    ["a signal on a connection", { S: "G/rt@*" }, 513],
    ["an announcement", { S: "A/ann(http://x.example/busy)" }, 514],
    ["a brief signal switched on", { S: "L/rs(+)" }, 538],
    ["a time-out that is none", { S: "L/rg(to=soon)" }, 538],
    ["too many rings", { S: "L/rg(rep=256)" }, 538],
    ["a list within a list", { S: "SL/s(SL/s(D/1))" }, 538],
    ["an on/off signal in a list", { S: "SL/s(L/vmwi)" }, 538],
    ["the tone of D/do", { S: "D/do(+)" }, 538],
    ["swapped audio", { R: "L/hf(S)" }, 523],
    ["notify and embedded in step mode", { R: "L/hd(N,E(S(L/dl)))" }, 523],
    ["digits without a map", { R: "D/[0-9](D)" }, 519],
    ["embedded digits without a map", { R: "L/hd(E(R(D/[0-9](D))))" }, 519],
    ["an unknown signal within", { R: "L/hd(E(S(L/zz)))" }, 522],
    ["a map with a letter of nobody's", { R: "D/[0-9](D)", D: "1E2" }, 537],
    ["an event there twice", { R: "L/hd,l/HD" }, 510],
    ["a signal there twice", { S: "L/rg,L/RG(to=1)" }, 510],
    ["a connection that is not there", { R: "R/ma@1F" }, 515],
    ["the current connection of none", { R: "R/ma@$" }, 515],
    ["dial tone on a handset that rests", { S: "L/dl" }, 402],
    ["on-hook of one on-hook", { R: "L/hu" }, 402],
    ["a persistent event of an unknown package", { PR: "ZZ/a" }, 518],
    ["an event to be detected of an unknown package", { T: "ZZ/a" }, 518],
  ];
  test.each(cases)("%s", (_what, texts, code) => {
    const response = rqnt("A1", texts);
    expect([response.code, response.comment !== ""]).toEqual([code, true]);
    if (code === 518) expect(response.parameters.packages?.map(({ name }) => name)).toContain("L");
    expect(audit("X").requestIdentifier).toBe("0");
  });

  test("ringing a telephone that is off hook", () => {
    offHook();
    expect(rqnt("A1", { S: "L/r3" }).code).toBe(401);
  });

  test("off-hook of one whose off-hook waits in the quarantine, and would be discarded", () => {
    rqnt("A1", { R: "L/hu(N),L/hd(N)" });
    offHook();
    hangUp();
    offHook();
    expect(rqnt("A2", { R: "L/hd(N)", Q: "discard" }).code).toBe(401);
    expect(rqnt("A3", { R: "L/hd(N)" }).code).toBe(200);
  });

  test("what belongs to a line, on a relay", () => {
    expect(rqnt("A1", { R: "L/hd" }, "relay/1@gw.example").code).toBe(518);
    expect(rqnt("A1", { R: "G/ld@*" }, "relay/1@gw.example").code).toBe(200);
  });
});

describe("a request within a connection command", () => {
  const create = (texts: Texts, more: MgcpParameters = {}) =>
    agent.command(place, "CRCX", line, { callId: "C1", mode: "inactive", ...requestParameters("B1", texts), ...more });

  test("both are done, and the current connection has its name", () => {
    const { code, parameters } = create({ R: "L/hd(N),R/ma@$", S: "L/rg" });
    const [id = ""] = parameters.connectionIds ?? [];
    expect(code).toBe(200);
    expect(audit("R").requestedEvents?.map(({ connectionId }) => connectionId)).toEqual([null, id]);
    network.run(100);
    expect(telephone.said.at(-1)?.kind).toBe("ringing");
  });

  test("or neither", () => {
    offHook();
    expect(create({ R: "L/hd(N)" }).code).toBe(401);
    expect([audit("I").connectionIds, gateway.openLegs]).toEqual([[], 1]);
    expect(create({}, { mode: "conttest" }).code).toBe(517);
    expect(audit("X").requestIdentifier).toBe("0");
  });

  test("with modification and deletion too, and the bearer with either", () => {
    const [id = ""] = create({}).parameters.connectionIds ?? [];
    const chosen = { callId: "C1", connectionIds: [id] };
    const modified = agent.command(place, "MDCX", line, {
      ...chosen,
      ...requestParameters("B2", { R: "L/hd(N)" }),
      bearerInformation: { encoding: "A" },
    });
    expect([modified.code, audit("X,B")]).toMatchObject([
      200,
      { requestIdentifier: "B2", bearerInformation: { encoding: "A" } },
    ]);
    const refused = agent.command(place, "DLCX", line, { ...chosen, ...requestParameters("B3", { R: "L/hu" }) });
    expect([refused.code, audit("I").connectionIds]).toEqual([402, [id]]);
    expect(agent.command(place, "DLCX", line, { ...chosen, ...requestParameters("B3", {}) }).code).toBe(250);
    expect(audit("X").requestIdentifier).toBe("B3");
  });

  test("silence on a connection is an event of it", () => {
    const [id = ""] = create({}).parameters.connectionIds ?? [];
    rqnt("A1", { R: "R/rto@*(N)(2)" });
    network.run(1_900);
    expect(notified()).toEqual([]);
    network.run(500);
    expect(notified()).toEqual([`A1: R/rto@${id}(2)`]);
  });

  test("while it is still being carried out another request aborts it, and an audit does not", () => {
    // Without relays no ports are opened beforehand.
    const slow = { address: "127.10.0.12", port: 2427 };
    const options = gatewayOptions(
      { name: "slow.example", address: slow.address, lines: 1, firstNumber: 201, phones: "127.10.2.1" },
      [agentAddress],
    );
    const engine = new SimulatedGateway(options, network, seededRandom(3));
    network.run(100);
    engine.isEngineHeld = true;
    const answers: number[] = [];
    const name = "aaln/1@slow.example";
    const parameters = { callId: "C1", mode: "inactive", ...requestParameters("B1", { R: "L/hd" }) };
    agent.later(slow, "CRCX", name, parameters, (code) => answers.push(code));
    network.run(20);
    const state = () => agent.command(slow, "AUEP", name, { requestedInfo: ["I", "X"] }).parameters;
    expect([state().requestIdentifier, answers]).toEqual(["0", []]);
    expect(agent.command(slow, "RQNT", name, requestParameters("A1", { R: "L/hd" })).code).toBe(200);
    engine.releaseEngine();
    network.run(100);
    expect([answers, state()]).toMatchObject([[407], { connectionIds: [], requestIdentifier: "A1" }]);
  });

  test("a deletion of several connections carries none", () => {
    expect(agent.command(place, "DLCX", line, requestParameters("B1", {})).code).toBe(510);
  });
});

describe("audits", () => {
  test("everything there is to know of an idle line", () => {
    const parameters = audit("R,D,S,X,N,I,T,O,ES,B,RM,RD,E,PL,MD,A,Q,B/PR,RED/NL,LCK/LST,ZZ/U");
    expect(parameters).toMatchObject({
      digitMap: "",
      notifiedEntity: "ca@[127.10.0.1]:2727",
      connectionIds: [],
      eventStates: [{ packageName: "L", event: "hu" }],
      bearerInformation: {},
      restartMethod: "restart",
      restartDelaySeconds: 0,
      reasonCode: { code: 0 },
      datagramBytesMax: 4000,
      packages: expect.arrayContaining([
        { name: "L", version: 1 },
        { name: "BA", version: 0 },
      ]),
    });
    expect(parameters.capabilities?.[0]?.options.encodings).toEqual(["PCMA", "PCMU"]);
    expect(parameters.extensions?.map(({ name }) => name)).toEqual(["B/PR", "RED/NL", "LCK/LST"]);
    offHook();
    expect(audit("ES").eventStates).toMatchObject([{ event: "hd" }]);
  });

  test("all names for a wildcard, whatever else is asked", () => {
    const response = agent.command(place, "AUEP", "aaln/*@gw.example", { requestedInfo: ["N"] });
    expect(response.parameters.endpointIds?.map(({ local }) => local)).toEqual(["aaln/1", "aaln/2", "aaln/3"]);
    expect(response.parameters.notifiedEntity).toBeUndefined();
  });

  test("bulk audit tells names in ranges, connections, modes and states, and pages", () => {
    const bulk = (...extensions: [string, string][]) =>
      agent.command(place, "AUEP", "*@gw.example", {
        extensions: extensions.map(([name, value]) => ({ name, value })),
      });
    offHook();
    agent.command(place, "CRCX", line, { callId: "C1", mode: "recvonly" });
    const lines = (response: MgcpResponse) =>
      response.parameters.extensions?.map(({ name, value }) => `${name}: ${value}`);
    expect(lines(bulk(["BA/F", "BA/Z"]))).toEqual(["BA/Z: aaln/[1-3]", "BA/Z: relay/[1-4]"]);
    expect(lines(bulk(["BA/F", "BA/S(H,D),BA/C,BA/M"], ["BA/NU", "3"]))).toEqual([
      "BA/EL: aaln/[1-3]",
      "BA/C: 100",
      "BA/M: R00",
      "BA/S: TFF",
      "BA/NE: relay/1",
    ]);
    expect(lines(bulk(["BA/F", "BA/S(I)"], ["BA/SE", "relay/3"]))).toEqual(["BA/EL: relay/[3-4]", "BA/S: TT"]);
    expect([bulk(["BA/F", "BA/S(Q)"]), bulk(["BA/F", "BA/C"], ["BA/SE", "aaln/9"])]).toMatchObject([
      { code: 803, packageName: "BA" },
      { code: 806, packageName: "BA" },
    ]);
  });
});
