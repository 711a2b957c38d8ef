import { expect, test } from "vitest";
import { snmpTrapOid } from "../../firmware/protocol/mib/notifications.js";
import { parseMessage } from "../../firmware/protocol/snmp/community-message.js";
import { HandCallAgent } from "../support/hand-call-agent.js";
import { seededRandom } from "../support/seeded-random.js";
import { gatewayOptions, SimulatedGateway } from "../support/simulated-gateway.js";
import { SimulatedNetwork } from "../support/simulated-network.js";

const agentAddress = { address: "127.10.0.1", port: 2727 };
const place = { address: "127.10.0.11", port: 2427 };
const receiver = { address: "127.10.0.9", port: 162 };
const description =
  "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";

function started(receivers: readonly (typeof receiver)[]) {
  const random = seededRandom(7);
  const network = new SimulatedNetwork(random);
  const agent = new HandCallAgent(agentAddress, network, random);
  const base = gatewayOptions(
    { name: "gw.example", address: place.address, lines: 1, firstNumber: 101, phones: "127.10.1.1", relays: 4 },
    [agentAddress],
  );
  const told: number[] = [];
  network.listen(receiver, (bytes) => {
    const message = parseMessage(bytes);
    if (!message.ok || message.value.kind !== "v2c") throw new Error("not SNMPv2c");
    const { kind, bindings } = message.value.message.pdu;
    expect([kind, bindings[1]?.name]).toEqual(["trap", snmpTrapOid]);
    const value = bindings[1]?.value;
    if (value?.type === "oid") told.push(value.value.at(-1) ?? 0);
  });
  const access = { kind: "community", community: "watchers" } as const;
  const snmp = {
    community: null,
    users: [],
    engineBoots: 1,
    receivers: receivers.map((to) => ({ to, kind: "trap", access }) as const),
  };
  new SimulatedGateway({ ...base, snmp }, network, random);
  network.run(100);
  return { network, agent, told };
}

test("a receiver hears of the start, of a connection when it carries media, and of its end", () => {
  const { network, agent, told } = started([receiver]);
  expect(told).toEqual([3]);
  const made = agent.command(place, "CRCX", "relay/1@gw.example", { callId: "A1", mode: "recvonly" });
  const connectionIds = made.parameters.connectionIds ?? [];
  network.run(100);
  expect(told).toEqual([3]);
  const about = { callId: "A1", connectionIds, mode: "sendrecv" } as const;
  agent.command(place, "MDCX", "relay/1@gw.example", about, description);
  agent.command(place, "MDCX", "relay/1@gw.example", { ...about, mode: "inactive" });
  network.run(100);
  expect(told).toEqual([3, 1]);
  agent.command(place, "DLCX", "relay/1@gw.example", { callId: "A1", connectionIds });
  network.run(100);
  expect(told).toEqual([3, 1, 2]);
});

test("a connection that never carried media is not told of", () => {
  const { network, agent, told } = started([receiver]);
  agent.command(place, "CRCX", "relay/1@gw.example", { callId: "A1", mode: "inactive" });
  agent.command(place, "DLCX", "relay/1@gw.example");
  network.run(100);
  expect(told).toEqual([3]);
});

test("without receivers nobody is told anything", () => {
  const { agent, told } = started([]);
  agent.command(place, "CRCX", "relay/1@gw.example", { callId: "A1", mode: "sendrecv" }, description);
  expect(told).toEqual([]);
});
