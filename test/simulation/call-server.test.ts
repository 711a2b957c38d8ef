import { describe, expect, test } from "vitest";
import { seededRandom } from "../support/seeded-random.js";
import { SimulatedCallServer, serverAddresses, serverConfig } from "../support/simulated-call-server.js";
import { type GatewayPlace, gatewayOptions, SimulatedGateway } from "../support/simulated-gateway.js";
import { SimulatedNetwork } from "../support/simulated-network.js";
import { SimulatedTelephone } from "../support/simulated-telephone.js";

const places: GatewayPlace[] = [
  { name: "gw1.example", address: "127.10.0.11", lines: 3, firstNumber: 101, phones: "127.10.1.1" },
  { name: "gw2.example", address: "127.10.0.12", lines: 3, firstNumber: 201, phones: "127.10.2.1" },
];

function site(seed: number, options: { answerAfterMs?: number | null } = {}) {
  const random = seededRandom(seed);
  const network = new SimulatedNetwork(random);
  const callAgents = Object.values(serverAddresses).map((address) => ({ address, port: 2727 }));
  const gateways = places.map((place) => new SimulatedGateway(gatewayOptions(place, callAgents), network, random));
  const telephones = places.flatMap((place) =>
    Array.from({ length: place.lines }, (_, index) => {
      const address = `${place.phones.slice(0, place.phones.lastIndexOf(".") + 1)}${index + 1}`;
      const number = String(place.firstNumber + index);
      const answerAfterMs = options.answerAfterMs === undefined ? 500 : options.answerAfterMs;
      const gateway = { address: place.address, port: 5060 };
      const telephone = new SimulatedTelephone({ number, address, gateway, answerAfterMs }, network, random);
      return [number, telephone] as const;
    }),
  );
  const phones = new Map(telephones);
  const phone = (number: string) => {
    const found = phones.get(number);
    if (found === undefined) throw new Error(`no telephone ${number}`);
    return found;
  };
  const start = (role: "primary" | "backup") => new SimulatedCallServer(serverConfig(role, places), network, random);
  return { network, gateways, phone, start };
}

const dump = (server: SimulatedCallServer) =>
  server.events.map(({ atMs, event }) => `${atMs.toFixed(0)} ${JSON.stringify(event).slice(0, 460)}`).join("\n");

/** From the called station's answer to the first hang-up, by the stations' own clocks. */
function spokenMs(called: SimulatedTelephone, endedAtMs: number): number {
  const answered = called.said.find(({ kind }) => kind === "answered");
  if (answered === undefined) throw new Error("it was not answered");
  return endedAtMs - answered.atMs;
}

describe("a call under one call server", () => {
  test("is set up, talked, released and billed by the line events", () => {
    const { network, phone, start, gateways } = site(1);
    const primary = start("primary");
    network.run(3_000);
    phone("101").dial("201");
    network.run(10_000);
    const endedAtMs = network.at.nowMs;
    phone("201").hangUp();
    network.run(10_000);
    const [first, ...more] = primary.named("cdr");
    expect(more).toEqual([]);
    expect(first?.cdr.duration?.from).toBe("journalled");
    expect(Math.abs((first?.cdr.duration?.ms ?? 0) - spokenMs(phone("201"), endedAtMs))).toBeLessThan(20);
    expect(first?.cdr).toMatchObject({ callingNumber: "101", calledNumber: "201", endCause: "called-on-hook" });
    expect(first?.cdr).toMatchObject({ originatingDevice: "101", originatingAddress: "127.10.1.1" });
    expect(gateways.map(({ openLegs }) => openLegs)).toEqual([0, 0]);
  });

  test("to a busy or unknown number is refused, and the line may call again", () => {
    const { network, phone, start } = site(2);
    start("primary");
    network.run(3_000);
    phone("101").dial("201");
    network.run(2_000);
    phone("102").dial("201");
    phone("103").dial("299");
    network.run(5_000);
    console.log(phone("102").said, phone("103").said, phone("102").state, phone("103").state);
    phone("102").dial("202");
    network.run(3_000);
    expect(phone("202").said.map(({ kind }) => kind)).toContain("talking");
  });
});

describe("a call server that dies in mid-call", () => {
  test("is found dead in time, and its call goes on under the backup and is billed exactly", () => {
    const { network, phone, start, gateways } = site(3);
    const primary = start("primary");
    const backup = start("backup");
    network.run(3_000);
    phone("101").dial("201");
    network.run(8_000);
    const killedAtMs = network.at.nowMs;
    primary.kill();
    network.run(6_000);
    console.log(dump(backup));
    const begun = backup.events.find(({ event }) => event.event === "takeover-begin");
    expect((begun?.atMs ?? Number.POSITIVE_INFINITY) - killedAtMs).toBeLessThanOrEqual(2_500);
    const [takeover] = backup.named("takeover");
    expect(takeover?.report.recovered).toHaveLength(1);
    expect(takeover?.disagreements).toEqual([]);
    expect(takeover?.connections).toBe(2);
    expect(phone("101").state).toBe("talking");
    const endedAtMs = network.at.nowMs;
    phone("201").hangUp();
    network.run(8_000);
    const records = [...backup.cdrs.values()];
    expect(records).toHaveLength(1);
    expect(Math.abs((records[0]?.duration?.ms ?? 0) - spokenMs(phone("201"), endedAtMs))).toBeLessThan(20);
    expect(gateways.map(({ openLegs }) => openLegs)).toEqual([0, 0]);
  });
});
