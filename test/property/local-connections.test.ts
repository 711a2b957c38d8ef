/**
 * Local connections against a model: whatever is made, moved and deleted in whatever order, wires join exactly the halves
 * that are each other's far side, and nothing is left over at the end.
 */
import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import type { MgcpParameters, MgcpResponse } from "#protocol/mgcp/message.js";
import type { LegSettings } from "../../firmware/media/media-port.js";
import { HandCallAgent } from "../support/hand-call-agent.js";
import { seededRandom } from "../support/seeded-random.js";
import { gatewayOptions, SimulatedGateway } from "../support/simulated-gateway.js";
import { SimulatedNetwork } from "../support/simulated-network.js";

const agentPlace = { address: "127.10.0.1", port: 2727 };
const place = { address: "127.10.0.11", port: 2427 };
const names = ["aaln/1", "aaln/2", "relay/1", "relay/2", "relay/3"];
const sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8\r\n";

interface Half {
  readonly endpoint: string;
  far: string | null;
}

const name = fc.constantFrom(...names);
const nth = fc.nat(9);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("join" as const), first: name, second: name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), nth }) },
  fc.record({ kind: fc.constant("move" as const), nth }),
  fc.record({
    kind: fc.constant("mode" as const),
    nth,
    mode: fc.constantFrom("sendonly", "inactive", "loopback", "netwloop", "sendrecv"),
  }),
);

test.prop([fc.array(step, { maxLength: 30 })], { numRuns: 60 })(
  "wires join the halves that are each other's, and no leg is left when all are deleted",
  (steps) => {
    const random = seededRandom(5);
    const network = new SimulatedNetwork(random);
    const agent = new HandCallAgent(agentPlace, network, random);
    const known = { name: "gw", address: place.address, lines: 2, firstNumber: 101, phones: "127.10.1.1", relays: 3 };
    const gateway = new SimulatedGateway(gatewayOptions(known, [agentPlace]), network, random);
    network.run(100);
    const command = (
      verb: "CRCX" | "MDCX" | "DLCX",
      local: string,
      more: MgcpParameters,
      session: string | null = null,
    ) => agent.command(place, verb, `${local}@gw`, { callId: "1", ...more }, session);
    const halves = new Map<string, Half>();
    const pick = (index: number) => [...halves.entries()][index % Math.max(1, halves.size)];

    const join = (first: string, second: string) => {
      const secondEndpoint = { local: second, domain: "gw" };
      const response = command("CRCX", first, { mode: "sendrecv", secondEndpoint });
      const held = (local: string) => [...halves.values()].filter(({ endpoint }) => endpoint === local).length;
      const isFull = [first, second].some((local) => held(local) >= (local.startsWith("aaln") ? 1 : 2));
      expect(response.code).toBe(first === second ? 507 : isFull ? 540 : 200);
      if (response.code !== 200) return;
      const [one, other] = idsOf(response);
      halves.set(one, { endpoint: first, far: other });
      halves.set(other, { endpoint: second, far: one });
    };
    const unjoin = (id: string) => {
      for (const half of halves.values()) if (half.far === id) half.far = null;
    };

    for (const one of steps) {
      if (one.kind === "join") join(one.first, one.second);
      else {
        const [id, half] = pick(one.nth) ?? [];
        if (id === undefined || half === undefined) continue;
        const connectionIds = [id];
        if (one.kind === "delete") {
          expect(command("DLCX", half.endpoint, { connectionIds }).code).toBe(250);
          halves.delete(id);
          unjoin(id);
        } else if (one.kind === "move") {
          expect(command("MDCX", half.endpoint, { connectionIds }, sdp).code).toBe(200);
          half.far = null;
          unjoin(id);
        } else expect(command("MDCX", half.endpoint, { connectionIds, mode: one.mode }).code).toBe(200);
      }
      expect(wiresOf(gateway)).toBe([...halves.values()].filter(({ far }) => far !== null).length);
    }
    for (const [id, { endpoint }] of halves) expect(command("DLCX", endpoint, { connectionIds: [id] }).code).toBe(250);
    expect([gateway.openLegs, gateway.core.isIdle]).toEqual([0, true]);
  },
);

function idsOf({ parameters }: MgcpResponse): [string, string] {
  return [parameters.connectionIds?.[0] ?? "", parameters.secondConnectionId ?? ""];
}

/** Legs that are wired, each to one that is wired back. */
function wiresOf(gateway: SimulatedGateway): number {
  const remotes = new Map<number, LegSettings["remote"]>();
  for (const command of gateway.commands) {
    if (command.kind === "close") remotes.delete(command.leg);
    else if (command.kind !== "mark" && (command.kind === "open" || remotes.has(command.leg)))
      remotes.set(command.leg, command.settings.remote);
  }
  const far = (leg: number) => {
    const remote = remotes.get(leg) ?? null;
    return remote !== null && "leg" in remote ? remote.leg : null;
  };
  const wired = [...remotes.keys()].filter((leg) => far(leg) !== null);
  for (const leg of wired) expect(far(far(leg) ?? -1)).toBe(leg);
  return wired.length;
}
