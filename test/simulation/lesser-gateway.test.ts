import { describe, expect, test } from "vitest";
import { seen } from "../support/call-agent-desk.js";
import { LesserGateway } from "../support/lesser-gateway.js";
import { seededRandom } from "../support/seeded-random.js";
import { SimulatedCallServer, serverConfig } from "../support/simulated-call-server.js";
import type { GatewayPlace } from "../support/simulated-gateway.js";
import { SimulatedNetwork } from "../support/simulated-network.js";
import { places, SimulatedSite } from "../support/simulated-site.js";

const place: GatewayPlace = {
  name: "other.example",
  address: "127.10.0.21",
  lines: 2,
  firstNumber: 301,
  phones: "127.10.3.1",
};

/** Alone: no peer, and a gateway that speaks MGCP and nothing else. */
function site(seed: number) {
  const random = seededRandom(seed);
  const network = new SimulatedNetwork(random);
  const gateway = new LesserGateway(place.name, place.address, ["aaln/1", "aaln/2", "aaln/3"], network, random);
  /** `before`: whose store it goes on with. */
  const start = (before?: SimulatedCallServer) => {
    const { peer: _peer, heartbeat: _heartbeat, ...alone } = serverConfig("primary", [place]);
    const gateways = alone.gateways.map(({ snmp: _snmp, sip: _sip, ...rest }) => ({ ...rest, poll: "mgcp" as const }));
    return new SimulatedCallServer({ ...alone, gateways }, network, random, before?.store);
  };
  return { network, gateway, start };
}

type Exchange = Pick<ReturnType<typeof site>, "network" | "gateway">;

/** 301 calls 302, whose telephone rings. */
function ring({ network, gateway }: Exchange): void {
  gateway.notify("aaln/1", seen("L", "hd"));
  network.run(500);
  gateway.notify("aaln/1", ...[..."302"].map((digit) => seen("D", digit)));
  network.run(1_000);
  expect([gateway.signals.get("aaln/1"), gateway.signals.get("aaln/2")]).toEqual(["G/rt", "L/rg"]);
}

/** 301 calls 302, who answers. */
function talk(exchange: Exchange): void {
  const { network, gateway } = exchange;
  ring(exchange);
  gateway.notify("aaln/2", seen("L", "hd"));
  network.run(1_000);
  expect([...gateway.connections.values()].map(({ mode }) => mode)).toEqual(["sendrecv", "sendrecv"]);
}

describe("a gateway without our package", () => {
  test("is controlled all the same, unfenced, and sent none of the package's parameters", () => {
    const exchange = site(1);
    const { network, gateway } = exchange;
    const server = exchange.start();
    network.run(5_000);
    expect(server.named("gateway-up")).toMatchObject([{ gateway: place.name, epoch: null }]);
    talk(exchange);
    network.run(20_000);
    gateway.notify("aaln/2", seen("L", "hu"));
    network.run(5_000);
    expect(gateway.connections.size).toBe(0);
    expect(gateway.given.filter((text) => /x-ho/i.test(text))).toEqual([]);
    const [record] = [...server.store.cdrs.values()];
    expect(record).toMatchObject({ endCause: "called-on-hook", terminatingStatistics: { packetsSent: 9 } });
    expect(Math.abs((record?.duration?.ms ?? 0) - 21_000)).toBeLessThan(500);
  });

  test("that takes no request within a connection command is given both by themselves", () => {
    const exchange = site(6);
    const { network, gateway } = exchange;
    gateway.refuse = ({ verb, parameters }) =>
      verb !== "RQNT" && parameters.requestIdentifier !== undefined ? 539 : null;
    const server = exchange.start();
    network.run(5_000);
    talk(exchange);
    gateway.notify("aaln/1", seen("L", "hu"));
    network.run(5_000);
    expect(gateway.connections.size).toBe(0);
    expect([...gateway.signals.values()]).toEqual(["", ""]);
    expect(server.store.cdrs.size).toBe(1);
    expect(gateway.given.filter((text) => /^(CRCX|MDCX|DLCX)/.test(text) && text.includes("\nX:"))).toHaveLength(1);
  });

  test("that sends a command to another call agent is given it once more where that one is us, and else believed", () => {
    for (const [seed, named, isTaken] of [
      [20, "ca@[127.10.0.1]:2727", true],
      [21, "ca@[127.10.0.99]:2727", false],
    ] as const) {
      const exchange = site(seed);
      const { network, gateway } = exchange;
      const server = exchange.start();
      network.run(5_000);
      const redirected: string[] = [];
      gateway.refuse = ({ verb, parameters }) => {
        if (verb !== "CRCX" || (isTaken && redirected.length > 0)) return null;
        redirected.push(parameters.notifiedEntity ?? "");
        return { code: 521, comment: "", parameters: { notifiedEntity: named }, sessions: [] };
      };
      gateway.notify("aaln/1", seen("L", "hd"));
      network.run(500);
      gateway.notify("aaln/1", ...[..."302"].map((digit) => seen("D", digit)));
      network.run(1_000);
      expect([named, redirected.length, server.named("call-state").at(-1)?.state]).toEqual([
        named,
        1,
        isTaken ? "ringing" : "released",
      ]);
    }
  });

  test("keeps its calls when the call server restarts, which releases and bills them at their end", () => {
    const exchange = site(2);
    const { network, gateway } = exchange;
    const first = exchange.start();
    network.run(5_000);
    talk(exchange);
    const answeredAtMs = network.at.nowMs - 1_000;
    network.run(10_000);
    first.kill();
    network.run(2_000);
    const second = exchange.start(first);
    network.run(20_000);
    expect(second.named("in-charge")[0]?.report.recovered).toHaveLength(1);
    expect(gateway.connections.size).toBe(2);
    const endedAtMs = network.at.nowMs;
    gateway.notify("aaln/1", seen("L", "hu"));
    network.run(5_000);
    expect(gateway.connections.size).toBe(0);
    const [record, ...more] = [...second.store.cdrs.values()];
    expect(more).toEqual([]);
    // The tag that the gateway cannot keep was kept in the first server's own record.
    expect(record).toMatchObject({ callingNumber: "301", calledNumber: "302", endCause: "calling-on-hook" });
    expect([record?.answer?.from, record?.end?.from]).toEqual(["inferred", "witnessed"]);
    expect(Math.abs((record?.duration?.ms ?? 0) - (endedAtMs - answeredAtMs))).toBeLessThan(
      record?.duration?.errorMs ?? 0,
    );
  });

  test("and calls on hold stay on hold, and are billed from their answer, though nothing of them was counted", () => {
    const exchange = site(15);
    const { network, gateway } = exchange;
    const first = exchange.start();
    network.run(5_000);
    talk(exchange);
    const answeredAtMs = network.at.nowMs - 1_000;
    network.run(6_000);
    for (const connection of gateway.connections.values()) connection.mode = "inactive";
    network.run(6_000);
    first.kill();
    const second = exchange.start(first);
    network.run(20_000);
    expect(second.named("in-charge")[0]?.report.recovered).toMatchObject([
      { phase: "talking", connections: [{ state: "held" }, { state: "held" }] },
    ]);
    expect([...gateway.connections.values()].map(({ mode }) => mode)).toEqual(["inactive", "inactive"]);
    const endedAtMs = network.at.nowMs;
    gateway.notify("aaln/1", seen("L", "hu"));
    network.run(5_000);
    const [record, ...more] = [...second.store.cdrs.values()];
    expect([more, gateway.connections.size]).toEqual([[], 0]);
    const { ms = Number.NaN, errorMs = Number.NaN } = record?.duration ?? {};
    expect(Math.abs(ms - (endedAtMs - answeredAtMs))).toBeLessThanOrEqual(errorMs);
  });

  test("and calls that ended while it was away are billed by what it had kept, once", () => {
    const exchange = site(12);
    const { network, gateway } = exchange;
    const first = exchange.start();
    network.run(5_000);
    talk(exchange);
    const answeredAtMs = network.at.nowMs - 1_000;
    network.run(10_000);
    first.kill();
    network.run(3_000);
    const endedAtMs = network.at.nowMs;
    gateway.connections.clear();
    network.run(3_000);
    const second = exchange.start(first);
    network.run(20_000);
    const [record, ...more] = [...second.store.cdrs.values()];
    expect([more, second.named("cdr").length]).toEqual([[], 1]);
    expect(record).toMatchObject({ callingNumber: "301", calledNumber: "302", coding: { encoding: "PCMA" } });
    expect([record?.answer?.from, record?.end?.from]).toEqual(["inferred", "inferred"]);
    const { ms = Number.NaN, errorMs = Number.NaN } = record?.duration ?? {};
    expect(Math.abs(ms - (endedAtMs - answeredAtMs))).toBeLessThanOrEqual(errorMs);
    expect(second.named("in-charge")[0]?.report.endedMeanwhile).toMatchObject([{ callId: record?.callId }]);
  });

  test("and calls that ring ring on, can be answered, and bill nothing before", () => {
    const exchange = site(13);
    const { network, gateway } = exchange;
    const first = exchange.start();
    network.run(5_000);
    ring(exchange);
    network.run(6_000);
    first.kill();
    const second = exchange.start(first);
    network.run(5_000);
    expect(second.named("in-charge")[0]?.report.recovered.map(({ phase }) => phase)).toEqual(["ringing"]);
    expect(gateway.signals.get("aaln/2")).toBe("L/rg");
    gateway.notify("aaln/2", seen("L", "hd"));
    network.run(5_000);
    expect([...gateway.connections.values()].map(({ mode }) => mode)).toEqual(["sendrecv", "sendrecv"]);
    gateway.notify("aaln/1", seen("L", "hu"));
    network.run(5_000);
    const [record] = [...second.store.cdrs.values()];
    expect(record).toMatchObject({ answer: { from: "witnessed" }, duration: { from: "witnessed" } });
    expect(Math.abs((record?.duration?.ms ?? 0) - 5_000)).toBeLessThanOrEqual(record?.duration?.errorMs ?? 0);
  });

  test("and calls that rang when it went away and are gone bill nothing", () => {
    const exchange = site(14);
    const { network, gateway } = exchange;
    const first = exchange.start();
    network.run(5_000);
    ring(exchange);
    network.run(6_000);
    first.kill();
    gateway.connections.clear();
    const second = exchange.start(first);
    network.run(20_000);
    expect(second.store.cdrs.size).toBe(0);
  });

  test("and calls of which nothing was kept are billed as far as their beginning is bounded", () => {
    const exchange = site(7);
    const { network, gateway } = exchange;
    const first = exchange.start();
    network.run(5_000);
    talk(exchange);
    network.run(10_000);
    first.kill();
    const second = exchange.start();
    network.run(20_000);
    gateway.notify("aaln/2", seen("L", "hu"));
    network.run(5_000);
    expect([...second.store.cdrs.values()]).toMatchObject([
      { answer: null, duration: null, end: { from: "witnessed" } },
    ]);
  });

  test("keeps connections on endpoints that are no lines of ours: they are another call agent's", () => {
    const exchange = site(9);
    const { network, gateway } = exchange;
    const foreign = (callId: string, endpoint: string) => ({ callId, endpoint, mode: "sendrecv", remote: null });
    gateway.connections.set("F1", foreign("F00", "aaln/3"));
    const server = exchange.start();
    network.run(20_000);
    gateway.connections.set("F2", foreign("F01", "aaln/3"));
    gateway.connections.set("F3", foreign("F02", "aaln/2"));
    network.run(20_000);
    expect([...gateway.connections.keys()]).toEqual(["F1", "F2"]);
    expect(server.named("in-charge")[0]?.report).toMatchObject({ recovered: [], orphaned: [] });
  });

  test("that loses a connection has its call ended between two audits", () => {
    const exchange = site(8);
    const { network, gateway } = exchange;
    const server = exchange.start();
    network.run(5_000);
    talk(exchange);
    network.run(12_000);
    const lostAtMs = network.at.nowMs;
    gateway.connections.clear();
    network.run(20_000);
    const [record] = [...server.store.cdrs.values()];
    expect(record).toMatchObject({ endCause: "gateway-ended", end: { from: "inferred" } });
    const endedAtMs = (record?.end?.wallMs ?? 0) - (network.at.wallMs - network.at.nowMs);
    expect(Math.abs(endedAtMs - lostAtMs)).toBeLessThanOrEqual(record?.end?.errorMs ?? 0);
  });

  test("that lists nothing does not lose the calls that are up to a poll", () => {
    const exchange = site(3);
    const { network, gateway } = exchange;
    gateway.refuse = ({ verb }) => (verb === "AUEP" || verb === "AUCX" ? 504 : null);
    const server = exchange.start();
    network.run(5_000);
    talk(exchange);
    network.run(30_000);
    expect(server.named("poll").length).toBeGreaterThan(3);
    expect(gateway.connections.size).toBe(2);
  });
});

describe("a gateway without our package, under two call servers", () => {
  const lesserLines = { prefix: "aaln/", first: 1, count: 2, firstNumber: String(place.firstNumber) };
  const lesser = {
    domain: place.name,
    address: place.address,
    mgcpPort: 2427,
    poll: "mgcp" as const,
    lines: lesserLines,
  };

  function twoServers(seed: number, others: readonly object[]) {
    const exchange = new SimulatedSite(seed);
    const { network, random } = exchange;
    const gateway = new LesserGateway(place.name, place.address, ["aaln/1", "aaln/2"], network, random);
    const gateways = [...others, lesser];
    return {
      network,
      gateway,
      primary: exchange.start("primary", { gateways }),
      backup: exchange.start("backup", { gateways }),
    };
  }

  test("is no witness: it can tell whom it was told to notify, and not whether that one lives, so it abstains", () => {
    const { network, primary, backup } = twoServers(30, []);
    network.run(5_000);
    expect(primary.core.role).toBe("active");
    primary.kill();
    network.run(60_000);
    expect(backup.named("peer-late")).toHaveLength(1);
    expect([backup.core.role, backup.named("takeover-begin")]).toEqual(["standby", []]);
  });

  test("beside one that testifies does not hinder a takeover, and its calls are billed by what polls bounded", () => {
    const [witness] = serverConfig("primary", places).gateways;
    const exchange = twoServers(31, [witness ?? {}]);
    const { network, gateway, primary, backup } = exchange;
    network.run(20_000);
    talk(exchange);
    const answeredAtMs = network.at.nowMs - 1_000;
    network.run(20_000);
    primary.kill();
    network.run(10_000);
    expect(backup.core.role).toBe("active");
    expect(backup.named("takeover")[0]?.report.recovered).toHaveLength(1);
    const endedAtMs = network.at.nowMs;
    gateway.notify("aaln/2", seen("L", "hu"));
    network.run(5_000);
    expect(gateway.connections.size).toBe(0);
    const [record, ...more] = [...backup.store.cdrs.values()];
    expect(more).toEqual([]);
    expect([record?.answer?.from, record?.end?.from]).toEqual(["inferred", "witnessed"]);
    const { ms = Number.NaN, errorMs = Number.NaN } = record?.duration ?? {};
    expect(Math.abs(ms - (endedAtMs - answeredAtMs))).toBeLessThanOrEqual(errorMs);
    // Between two polls, and the witness's own error.
    expect(errorMs).toBeLessThanOrEqual(5_000 / 2 + 1_000);
  });
});

describe("RestartInProgress", () => {
  const dialled = ({ network, gateway }: ReturnType<typeof site>) => {
    gateway.notify("aaln/1", seen("L", "hd"));
    network.run(500);
    gateway.notify("aaln/1", ...[..."302"].map((digit) => seen("D", digit)));
    network.run(1_000);
    return gateway.signals.get("aaln/1");
  };

  test("graceful stops new calls and leaves those that are up; cancel-graceful allows them again", () => {
    const exchange = site(4);
    const { network, gateway } = exchange;
    exchange.start();
    network.run(5_000);
    gateway.command("RSIP", "aaln/2", { restartMethod: "graceful", restartDelaySeconds: 300 }, "aaln/1");
    network.run(500);
    expect(dialled(exchange)).toBe("L/bz");
    gateway.notify("aaln/1", seen("L", "hu"));
    gateway.command("RSIP", "*", { restartMethod: "cancel-graceful" }, "aaln/1");
    network.run(500);
    expect(dialled(exchange)).toBe("G/rt");
    gateway.command("RSIP", "*", { restartMethod: "graceful" }, "aaln/1");
    network.run(10_000);
    expect(gateway.connections.size).toBe(2);
  });

  test("forced or restart is believed when the audit shows that the connections are gone", () => {
    for (const [seed, restartMethod] of ["forced", "restart", "disconnected"].entries()) {
      const exchange = site(10 + seed);
      const { network, gateway } = exchange;
      const server = exchange.start();
      network.run(5_000);
      talk(exchange);
      gateway.command("RSIP", "*", { restartMethod }, "aaln/1");
      network.run(3_000);
      expect([restartMethod, gateway.connections.size]).toEqual([restartMethod, 2]);
      gateway.connections.clear();
      gateway.command("RSIP", "*", { restartMethod }, "aaln/1");
      network.run(5_000);
      const causes = server.named("call-state").map(({ state, cause }) => [state, cause]);
      expect([restartMethod, causes.at(-1)]).toEqual([restartMethod, ["released", "gateway-ended"]]);
    }
  });

  test("by a method nobody knows is refused, and changes nothing", () => {
    const exchange = site(5);
    const { network, gateway } = exchange;
    const server = exchange.start();
    network.run(5_000);
    gateway.command("RSIP", "*", { restartMethod: "sideways" }, "aaln/1");
    network.run(500);
    expect(server.named("gateway-restart")).toEqual([]);
    expect(dialled(exchange)).toBe("G/rt");
  });
});
