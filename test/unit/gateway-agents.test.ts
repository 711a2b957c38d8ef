import { beforeEach, describe, expect, test } from "vitest";
import type { Address } from "#protocol/address.js";
import type { ExtensionParameter, MgcpParameters, MgcpResponse } from "#protocol/mgcp/message.js";
import type { GatewayOptions } from "../../firmware/gateway-options.js";
import { requestParameters } from "../support/event-request-texts.js";
import { accepted, HandCallAgent } from "../support/hand-call-agent.js";
import { seededRandom } from "../support/seeded-random.js";
import { gatewayOptions, SimulatedGateway } from "../support/simulated-gateway.js";
import { SimulatedNetwork } from "../support/simulated-network.js";
import { SimulatedTelephone } from "../support/simulated-telephone.js";

const first = { address: "127.10.0.1", port: 2727 };
const second = { address: "127.10.0.2", port: 2727 };
const third = { address: "127.10.0.3", port: 2727 };
const place = { address: "127.10.0.11", port: 2427 };
const line = "aaln/1@gw.example";

let network: SimulatedNetwork;
let agents: Map<string, HandCallAgent>;
let gateway: SimulatedGateway;
let telephone: SimulatedTelephone;
let random: () => number;

beforeEach(() => {
  random = seededRandom(11);
  network = new SimulatedNetwork(random);
  agents = new Map();
});

function agentAt(address: Address): HandCallAgent {
  const agent = agents.get(address.address) ?? new HandCallAgent(address, network, random);
  agents.set(address.address, agent);
  return agent;
}

function dies(address: Address): void {
  network.remove(agentAt(address), [address]);
  agents.delete(address.address);
}

function start(more: Partial<GatewayOptions> = {}, restart: Partial<GatewayOptions["restart"]> = {}): void {
  const known = { name: "gw.example", address: place.address, lines: 2, firstNumber: 101, phones: "127.10.1.1" };
  const options = gatewayOptions(known, [first, second, third]);
  const names = new Map([["ca.example", [first.address, second.address]]]);
  const whole = { ...options, ...more, restart: { ...options.restart, ...restart } };
  gateway = new SimulatedGateway(whole, network, random, names);
  telephone = new SimulatedTelephone(
    { number: "101", address: "127.10.1.1", gateway: { address: place.address, port: 5060 }, answerAfterMs: null },
    network,
    random,
  );
}

const offHook = () => telephone.dial("201");
const extensions = (...lines: [string, string][]): MgcpParameters => ({
  extensions: lines.map(([name, value]): ExtensionParameter => ({ name, value })),
});

function audit(items: string, from = first, name = line): MgcpParameters {
  return agentAt(from).command(place, "AUEP", name, { requestedInfo: items.split(",") }).parameters;
}

function configure(parameters: MgcpParameters, name = "*@gw.example", from = first): MgcpResponse {
  return agentAt(from).command(place, "EPCF", name, parameters);
}

describe("restart (RFC 3435 section 4.4.6)", () => {
  test("the call agent is told after a random wait, of which a telephone or a command need not wait for the end", () => {
    agentAt(first);
    start({}, { restartWaitMaxMs: 600_000 });
    network.run(5_000);
    expect(agentAt(first).heard).toEqual([]);
    offHook();
    network.run(100);
    expect(agentAt(first).heard).toEqual(["RSIP restart"]);
  });

  test("the answer to a command comes after the restart, in its datagram; an audit's answer does not wait", () => {
    agentAt(first);
    start({}, { restartWaitMaxMs: 600_000 });
    expect(audit("RM,RD")).toMatchObject({ restartMethod: "restart", restartDelaySeconds: 0 });
    expect(agentAt(first).command(place, "RQNT", line, requestParameters("1", { R: "L/hd" })).code).toBe(200);
    expect(agentAt(first).heard).toEqual(["200", "RSIP restart", "200"]);
    network.run(700_000);
    expect(agentAt(first).restarts.length).toBe(1);
  });

  test("a call agent that does not know of it is told of none, and its answers stand alone", () => {
    agentAt(first).reply = () => ({ ...accepted, code: 504, comment: "never heard of it" });
    start({}, { announces: false });
    network.run(5_000);
    agentAt(first).command(place, "RQNT", line, requestParameters("1", { R: "L/hd" }));
    gateway.graceful(1);
    gateway.cancelGraceful();
    gateway.stop();
    network.run(60_000);
    expect(agentAt(first).heard).toEqual(["200"]);
    expect(gateway.core.isStopped).toBe(true);
  });

  test("another call agent hears it with its answer, and the one to be notified hears it for itself", () => {
    agentAt(first);
    agentAt(second);
    start({}, { restartWaitMaxMs: 600_000 });
    agentAt(second).command(place, "RQNT", line, requestParameters("1", { R: "L/hd" }));
    network.run(1_000);
    expect([agentAt(second).heard, agentAt(first).heard]).toEqual([["RSIP restart", "200"], ["RSIP restart"]]);
  });

  test("a Notify waits until the restart is told", () => {
    agentAt(first).reply = ({ verb }) => (verb === "RSIP" ? { ...accepted, code: 400, comment: "not now" } : accepted);
    start();
    network.run(100);
    agentAt(first).command(place, "RQNT", line, requestParameters("1", { R: "L/hd" }));
    offHook();
    network.run(500);
    expect(agentAt(first).notified).toEqual([]);
    agentAt(first).reply = () => accepted;
    network.run(3_000);
    expect(agentAt(first).heard.slice(-2)).toEqual(["RSIP restart", "NTFY 1"]);
  });

  test("a redirection is followed, and says whom to notify from then on", () => {
    agentAt(first).reply = () => ({ ...accepted, code: 521, parameters: { notifiedEntity: "ca@[127.10.0.2]:2727" } });
    agentAt(second);
    start();
    network.run(100);
    expect([agentAt(first).restarts.length, agentAt(second).restarts.length]).toEqual([1, 1]);
    expect(audit("N", second)).toMatchObject({ notifiedEntity: "ca@[127.10.0.2]:2727" });
  });

  test("two that send it to each other are not asked without end", () => {
    agentAt(first).reply = () => ({ ...accepted, code: 521, parameters: { notifiedEntity: "ca@[127.10.0.2]:2727" } });
    agentAt(second).reply = () => ({ ...accepted, code: 521, parameters: { notifiedEntity: "ca@[127.10.0.1]:2727" } });
    start();
    network.run(60_000);
    const asked = agentAt(first).restarts.length + agentAt(second).restarts.length;
    expect(asked).toBeGreaterThan(4);
    expect(asked).toBeLessThan(30);
  });

  test("after a permanent error it is told again only when a command comes", () => {
    agentAt(first).reply = () => ({ ...accepted, code: 510, comment: "never" });
    start();
    network.run(700_000);
    expect(agentAt(first).restarts.length).toBe(1);
    agentAt(first).reply = () => accepted;
    agentAt(first).command(place, "RQNT", line, requestParameters("1", {}));
    expect(agentAt(first).heard.slice(-2)).toEqual(["RSIP restart", "200"]);
  });

  test("a call agent that is not there is tried again with growing waits, by the same method", () => {
    start({ callAgents: [first] });
    network.run(200_000);
    agentAt(first);
    network.run(200_000);
    expect(agentAt(first).restarts).toEqual(["*@gw.example restart"]);
  });
});

describe("whom to tell (section 4.3, RFC 3991)", () => {
  test("when the first call agent is silent the next in the list is told, within the same transaction", () => {
    agentAt(second);
    start();
    network.run(30_000);
    expect(agentAt(second).restarts).toEqual(["*@gw.example restart"]);
  });

  test("a name with several addresses: the one that commands is told first, the others when it is silent", () => {
    agentAt(first);
    agentAt(second);
    start({ notifiedEntity: "ca@ca.example:2727" });
    network.run(3_000);
    expect(gateway.lookUps).toEqual(["ca.example"]);
    agentAt(second).command(place, "RQNT", line, requestParameters("1", { R: "L/hd,L/hu" }));
    network.run(5_000);
    offHook();
    network.run(100);
    expect(agentAt(second).notified.length).toBe(1);
    dies(second);
    agentAt(first).command(place, "RQNT", line, requestParameters("2", { R: "L/hu" }));
    network.run(100);
    telephone.hangUp();
    network.run(20_000);
    expect(agentAt(first).notified.map(({ requestIdentifier }) => requestIdentifier)).toEqual(["2"]);
  });

  test("a Notify on its way to a dead call agent goes to the one named meanwhile", () => {
    agentAt(first);
    start();
    network.run(100);
    agentAt(first).command(place, "RQNT", line, requestParameters("1", { R: "L/hd" }));
    dies(first);
    offHook();
    network.run(1_000);
    expect(configure(extensions(["RED/N", "ca@[127.10.0.3]:2727"]), "*@gw.example", third).code).toBe(200);
    network.run(1_000);
    expect(agentAt(third).notified.map(({ requestIdentifier }) => requestIdentifier)).toEqual(["1"]);
  });

  test("without any name the source of the last command is told; N: of the request comes back in the Notify", () => {
    agentAt(first);
    agentAt(second);
    start();
    network.run(100);
    configure(extensions(["RED/N", ""], ["RED/NL", ""]));
    agentAt(second).command(place, "RQNT", line, requestParameters("1", { R: "L/hd,L/hu", Q: "loop" }));
    expect(audit("N,RED/NL", first)).toMatchObject({ notifiedEntity: "ca@[127.10.0.2]:2727" });
    offHook();
    network.run(100);
    expect(agentAt(second).notified.length).toBe(1);
  });
});

describe("disconnected (section 4.4.7)", () => {
  /** The only call agent dies while the telephone goes off hook. */
  function disconnect(): void {
    agentAt(first);
    start({ callAgents: [first] });
    network.run(100);
    agentAt(first).command(place, "RQNT", line, requestParameters("1", { R: "L/hd,L/hu" }));
    dies(first);
    offHook();
    network.run(60_000);
  }

  test("the endpoint says for how long it was alone, before anything else, and then waits for a request", () => {
    disconnect();
    agentAt(first);
    network.run(300_000);
    expect(agentAt(first).heard).toEqual(["RSIP disconnected"]);
    expect(agentAt(first).restarts).toEqual(["aaln/1@gw.example disconnected"]);
    expect(audit("RM,B/NS")).toMatchObject({ restartMethod: "restart" });
    agentAt(first).command(place, "RQNT", line, requestParameters("2", { R: "L/hd,L/hu" }));
    network.run(100);
    expect(agentAt(first).notified).toEqual([{ endpoint: line, requestIdentifier: "2", events: ["L/hd"] }]);
  });

  test("an audit tells it, and a command's answer comes behind it", () => {
    disconnect();
    agentAt(first);
    const state = audit("RM,RD,B/NS");
    expect(state).toMatchObject({ restartMethod: "disconnected", extensions: [{ name: "B/NS", value: "ns" }] });
    expect(state.restartDelaySeconds).toBeGreaterThan(20);
    agentAt(first).command(place, "RQNT", line, requestParameters("2", {}));
    expect(agentAt(first).heard.slice(-2)).toEqual(["RSIP disconnected", "200"]);
    expect(audit("RM", first, "aaln/2@gw.example").restartMethod).toBe("restart");
  });

  test("a user's activity tells it, no more often than Tdmin", () => {
    disconnect();
    const before = gateway.core.next() ?? 0;
    telephone.hangUp();
    network.run(200);
    agentAt(first);
    network.run(20_000);
    expect(agentAt(first).heard[0]).toBe("RSIP disconnected");
    expect(before).toBeGreaterThan(0);
  });
});

describe("going out of service (section 2.3.12)", () => {
  beforeEach(() => {
    agentAt(first);
    start();
    network.run(100);
  });

  test("gracefully it goes on for the delay, and then says forced", () => {
    gateway.graceful(30);
    network.run(1_000);
    expect(agentAt(first).command(place, "RQNT", line, requestParameters("1", {})).code).toBe(200);
    expect(audit("RM,RD,E")).toMatchObject({
      restartMethod: "graceful",
      restartDelaySeconds: 29,
      reasonCode: { code: 901 },
    });
    network.run(30_000);
    expect(agentAt(first).restarts.slice(1)).toEqual(["*@gw.example graceful", "*@gw.example forced"]);
    expect(gateway.core.isStopped).toBe(true);
  });

  test("called back it is in service as before", () => {
    gateway.graceful(30);
    network.run(1_000);
    gateway.cancelGraceful();
    network.run(60_000);
    expect(agentAt(first).restarts.slice(1)).toEqual(["*@gw.example graceful", "*@gw.example cancel-graceful"]);
    expect(audit("RM").restartMethod).toBe("restart");
  });

  test("out of service commands are refused with 501, audits and the end's waiting are not", () => {
    gateway.stop();
    network.run(1_000);
    expect(agentAt(first).command(place, "CRCX", line, { callId: "1", mode: "inactive" }).code).toBe(501);
    expect(audit("RM").restartMethod).toBe("forced");
    const bulk = agentAt(first).command(place, "AUEP", "*@gw.example", extensions(["BA/F", "BA/S(I)"]));
    expect(bulk.parameters.extensions?.[1]).toEqual({ name: "BA/S", value: "OO" });
  });

  test("each call agent is told of its endpoints", () => {
    agentAt(second);
    configure(extensions(["RED/N", "ca@[127.10.0.2]:2727"]), "aaln/2@gw.example");
    gateway.stop();
    network.run(1_000);
    expect([agentAt(first).restarts.at(-1), agentAt(second).restarts.at(-1)]).toEqual([
      "aaln/1@gw.example forced",
      "aaln/2@gw.example forced",
    ]);
  });
});

describe("configuration", () => {
  beforeEach(() => {
    agentAt(first);
    start();
    network.run(100);
  });

  test("an endpoint in lockstep state says so after the set time, once per Notify", () => {
    expect(configure(extensions(["LCK/LST", "70"]), line).code).toBe(200);
    agentAt(first).command(place, "RQNT", line, requestParameters("1", { R: "L/hd" }));
    offHook();
    network.run(200_000);
    expect(agentAt(first).restarts.slice(1)).toEqual(["aaln/1@gw.example lck/lockstep"]);
    expect(audit("LCK/LST,B/NS").extensions).toEqual([
      { name: "LCK/LST", value: "70" },
      { name: "B/NS", value: "ls" },
    ]);
  });

  test("a reset takes connections, signals and requests from the endpoints of a map, out of service or not", () => {
    for (const name of ["aaln/1@gw.example", "aaln/2@gw.example"])
      agentAt(first).command(place, "CRCX", name, {
        callId: "1",
        mode: "inactive",
        ...requestParameters("1", { R: "L/hd", S: "L/rg" }),
      });
    const reset = extensions(["RED/EL", "aaln/[1-2]"], ["RED/MP", "FT"], ["RED/R", "reset"]);
    expect(configure(reset, "mg@gw.example").code).toBe(200);
    expect(audit("I,X,S", first, "aaln/2@gw.example")).toMatchObject({
      connectionIds: [],
      requestIdentifier: "0",
      signals: [],
    });
    expect(audit("X").requestIdentifier).toBe("1");
  });

  const refusals: readonly [string, string, MgcpParameters, number][] = [
    ["nothing to configure", "*", {}, 510],
    ["a list of endpoints for others than the gateway", "*", extensions(["RED/EL", "aaln/1"], ["RED/R", "reset"]), 801],
    ["the gateway without a list", "mg", extensions(["RED/R", "reset"]), 801],
    ["a map beyond its list", "mg", extensions(["RED/EL", "aaln/1"], ["RED/MP", "TT"]), 800],
    ["an endpoint that is not there", "mg", extensions(["RED/EL", "aaln/9"], ["RED/R", "reset"]), 500],
    ["a bearer nobody knows", "*", { bearerInformation: { others: [{ name: "x", value: "1" }] } }, 539],
    ["a lockstep time without end", "*", extensions(["LCK/LST", "10000"]), 510],
  ];
  test.each(refusals)("%s is refused", (_what, local, parameters, code) => {
    const response = configure(parameters, `${local}@gw.example`);
    expect([response.code, response.comment !== ""]).toEqual([code, true]);
  });
});
