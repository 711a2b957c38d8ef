import { describe, expect, test } from "vitest";
import type { MgcpCommand } from "../../../../firmware/protocol/mgcp/message.js";
import { CallAgentDesk, response, seen } from "../../../support/call-agent-desk.js";

describe("a telephone that cannot be rung", () => {
  test("of which the gateway tells gives the caller the busy tone at once", () => {
    const desk = new CallAgentDesk();
    desk.dial("gw1", "aaln/1", "201");
    expect(desk.signal("gw2", "aaln/1")).toBe("L/rg");
    desk.notify("gw2", "aaln/1", seen("L", "of", "rg"));
    expect(desk.signal("gw1", "aaln/1")).toBe("L/bz");
    expect(desk.states.at(-1)).toBe("released unreachable");
    expect(desk.turn.records).toEqual([]);
    expect(desk.signal("gw2", "aaln/1")).toBe("");
  });

  test("because the gateway refuses to ring it is unreachable too", () => {
    const desk = new CallAgentDesk();
    desk.answer = ({ verb, parameters }) =>
      verb === "RQNT" && parameters.signals?.some(({ event }) => event === "rg") ? response(501) : undefined;
    desk.dial("gw1", "aaln/1", "201");
    expect(desk.signal("gw1", "aaln/1")).toBe("L/bz");
    expect(desk.states.at(-1)).toBe("released unreachable");
  });

  test("that was lifted meanwhile to call somebody goes on dialling, and the caller hears it is busy", () => {
    const desk = new CallAgentDesk();
    desk.answer = ({ gateway, endpoint, verb, parameters }) => {
      if (verb === "CRCX" && gateway === "gw2") {
        desk.agent.notify(gateway, endpoint, [seen("L", "hd")], desk.at, desk.turn);
      }
      return parameters.signals?.some(({ event }) => event === "rg") ? response(401) : undefined;
    };
    desk.dial("gw1", "aaln/1", "201");
    expect(desk.signal("gw1", "aaln/1")).toBe("L/bz");
    expect(desk.signal("gw2", "aaln/1")).toBe("L/dl");
  });

  test("is not thought unreachable once it was answered", () => {
    const desk = new CallAgentDesk();
    desk.dial("gw1", "aaln/1", "201");
    desk.notify("gw2", "aaln/1", seen("L", "hd"));
    desk.notify("gw2", "aaln/1", seen("L", "of", "rg"));
    expect(desk.states.at(-1)).toBe("talking");
  });
});

test("a gateway without event L/of is asked to ring without it, and not asked for it again", () => {
  const desk = new CallAgentDesk();
  desk.answer = ({ verb, parameters }) =>
    verb === "RQNT" && parameters.requestedEvents?.some(({ event }) => event === "of") ? response(522) : undefined;
  desk.dial("gw1", "aaln/1", "201");
  const before = desk.requests("gw2", "aaln/1").length;
  expect(desk.signal("gw2", "aaln/1")).toBe("L/rg");
  expect(desk.states.at(-1)).toBe("ringing");
  desk.dial("gw1", "aaln/2", "202");
  const asked = desk.requests("gw2", "aaln/2").map(({ parameters }) => parameters.requestedEvents);
  expect(asked.flat().some((event) => event?.event === "of")).toBe(false);
  expect(desk.requests("gw2", "aaln/1")).toHaveLength(before);
});

describe("a connection the gateway deletes itself", () => {
  const deletion = (connectionId: string): MgcpCommand => ({
    kind: "command",
    verb: "DLCX",
    transactionId: 9,
    endpoint: { local: "AALN/1", domain: "gw2" },
    parameters: {
      callId: "1",
      connectionIds: [connectionId],
      connectionParameters: { packetsSent: 12 },
      reasonCode: { code: 902, packageName: null, text: "lost its port" },
    },
    session: null,
  });

  function talking(): CallAgentDesk {
    const desk = new CallAgentDesk();
    desk.dial("gw1", "aaln/1", "201");
    desk.notify("gw2", "aaln/1", seen("L", "hd"));
    return desk;
  }

  test("ends its call, and the record has its counters and why", () => {
    const desk = talking();
    expect(desk.agent.deletedByGateway("gw2", deletion("c2"), desk.at, desk.turn)).toBe(true);
    desk.settle();
    expect(desk.turn.records).toMatchObject([
      { endCause: "gateway-ended", endReason: "902 lost its port", terminatingStatistics: { packetsSent: 12 } },
    ]);
    expect(desk.given.filter(({ verb }) => verb === "DLCX").map(({ gateway }) => gateway)).toEqual(["gw1"]);
  });

  test("of no call changes nothing", () => {
    const desk = talking();
    expect(desk.agent.deletedByGateway("gw2", deletion("FF"), desk.at, desk.turn)).toBe(false);
    expect(desk.states.at(-1)).toBe("talking");
  });
});

test("no call is set up to or from a line that its gateway takes out of service", () => {
  const desk = new CallAgentDesk();
  desk.outOfService.add("aaln/1@gw2");
  desk.dial("gw1", "aaln/1", "201");
  expect(desk.signal("gw1", "aaln/1")).toBe("L/bz");
  desk.dial("gw2", "aaln/1", "102");
  expect(desk.signal("gw2", "aaln/1")).toBe("L/bz");
  expect(desk.given.some(({ verb }) => verb === "CRCX")).toBe(false);
});
