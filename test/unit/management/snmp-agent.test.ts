import { describe, expect, test } from "vitest";
import { SnmpAgent } from "../../../firmware/management/snmp-agent.js";
import { SnmpFace } from "../../../firmware/management/snmp-face.js";
import { holdoverRoot } from "../../../firmware/protocol/mib/holdover-mib.js";
import { sysNameOid } from "../../../firmware/protocol/mib/system-group.js";
import { parseMessage, writeMessage } from "../../../firmware/protocol/snmp/community-message.js";
import type { Pdu } from "../../../firmware/protocol/snmp/pdu.js";
import { aCallOf, aGatewayWith } from "../../support/example-snapshot.js";
import { snmpSourceOf } from "../../support/snmp-source.js";

const listed = { address: "127.10.0.3", port: 40_000 };
const sysName: Pdu = {
  kind: "get",
  requestId: 1,
  errorStatus: 0,
  errorIndex: 0,
  bindings: [{ name: sysNameOid, value: { type: "null" } }],
};

function anAgent(askers = ["127.10.0.3", "2001:DB8:0::1"]): SnmpAgent {
  const gateway = aGatewayWith([aCallOf(1)]);
  const options = { root: holdoverRoot, viewKeptMs: 250, repetitionsMax: 100 };
  const face = new SnmpFace(
    options,
    snmpSourceOf(() => gateway),
  );
  return new SnmpAgent({ community: "recovery", askers, datagramBytesMax: 484 }, face);
}

function asking(community: string, pdu: Pdu = sysName): Uint8Array {
  return writeMessage({ community: new TextEncoder().encode(community), pdu });
}

describe("who may ask", () => {
  test("a listed address with the right community, however its address is written", () => {
    for (const address of ["127.10.0.3", "2001:db8::1"]) {
      const answer = anAgent().handle(asking("recovery"), { address, port: 40_000 }, 0);
      expect(parseMessage(answer ?? new Uint8Array(0))).toMatchObject({
        ok: true,
        value: { message: { pdu: { kind: "response", requestId: 1 } } },
      });
    }
  });

  test.each([
    ["another address", asking("recovery"), { address: "127.10.0.9", port: 40_000 }, "unlistedAskers"],
    ["another community", asking("public"), listed, "inBadCommunityNames"],
    ["the community's beginning", asking("recover"), listed, "inBadCommunityNames"],
    ["no community", asking(""), listed, "inBadCommunityNames"],
    ["SNMPv1", Uint8Array.from([0x30, 3, 2, 1, 0]), listed, "inBadVersions"],
    ["no SNMP", new TextEncoder().encode("AUEP 1 *@gw1 MGCP 1.0\r\n"), listed, "inAsnParseErrs"],
    ["a datagram that is too long", new Uint8Array(485), listed, "inAsnParseErrs"],
    ["what is no request", asking("recovery", { ...sysName, kind: "response" }), listed, "silentDrops"],
  ] as const)("%s gets no answer and is counted", (_what, bytes, from, counter) => {
    const agent = anAgent();
    expect(agent.handle(bytes, from, 0)).toBeNull();
    expect(agent.counters).toMatchObject({ inPkts: 1, outPkts: 0, [counter]: 1 });
  });

  test("nobody, where nobody is listed", () => {
    expect(anAgent([]).handle(asking("recovery"), listed, 0)).toBeNull();
  });
});
