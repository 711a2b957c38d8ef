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
    desk.answer = ({ parameters }) =>
      parameters.signals?.some(({ event }) => event === "rg") ? response(501) : undefined;
    desk.dial("gw1", "aaln/1", "201");
    expect(desk.signal("gw1", "aaln/1")).toBe("L/bz");
    expect(desk.states.at(-1)).toBe("released refused");
  });

  test("that was lifted meanwhile to call somebody goes on dialling, and the caller hears it is busy", () => {
    const desk = new CallAgentDesk();
    const idleIdentifier = desk.requests("gw2", "aaln/1")[0]?.parameters.requestIdentifier;
    desk.answer = ({ gateway, endpoint, verb, parameters }) => {
      if (verb === "CRCX" && gateway === "gw2") {
        desk.observe(gateway, endpoint, [seen("L", "hd")], idleIdentifier);
      }
      return parameters.signals?.some(({ event }) => event === "rg") ? response(401) : undefined;
    };
    desk.dial("gw1", "aaln/1", "201");
    expect(desk.signal("gw1", "aaln/1")).toBe("L/bz");
    expect(desk.signal("gw2", "aaln/1")).toBe("L/dl");
  });

  test("is not answered by a Notify that was late, of a handset lifted before it was asked to ring", () => {
    const desk = new CallAgentDesk();
    const idleIdentifier = desk.requests("gw2", "aaln/1")[0]?.parameters.requestIdentifier;
    desk.dial("gw1", "aaln/1", "201");
    desk.observe("gw2", "aaln/1", [seen("L", "hd")], idleIdentifier);
    desk.settle();
    expect(desk.states.at(-1)).toBe("ringing");
    // Nobody knows by whom this was asked for: a server before this one.
    desk.observe("gw2", "aaln/1", [seen("L", "hd")], "F00");
    desk.settle();
    expect(desk.states.at(-1)).toBe("talking");
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
  desk.answer = ({ parameters }) =>
    parameters.requestedEvents?.some(({ event }) => event === "of") ? response(522) : undefined;
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

/** Verb and signal of each command to a line, `-` where it brings no request. */
function told(desk: CallAgentDesk, gateway: string, endpoint: string): string[] {
  return desk.given
    .filter((command) => command.gateway === gateway && command.endpoint === endpoint && command.verb !== "AUEP")
    .map(({ verb, parameters: { requestIdentifier, requestedEvents = [], signals = [] } }) => {
      const names = [...requestedEvents, ...signals].map(({ event }) => event);
      return `${verb} ${requestIdentifier === undefined ? "-" : names.join()}`;
    });
}

/** 101 calls 201, who answers and hangs up; both gateways' commands since the number was dialled. */
function wholeCall(desk: CallAgentDesk): Record<"caller" | "called", string[]> {
  desk.notify("gw1", "aaln/1", seen("L", "hd"));
  desk.given.length = 0;
  desk.notify("gw1", "aaln/1", ...[..."201"].map((digit) => seen("D", digit)));
  desk.notify("gw2", "aaln/1", seen("L", "hd"));
  desk.notify("gw2", "aaln/1", seen("L", "hu"));
  return { caller: told(desk, "gw1", "aaln/1"), called: told(desk, "gw2", "aaln/1") };
}

describe("a notification request within a connection command", () => {
  test("spares a command of each step of a call (RFC 3435 sections 2.3.5 to 2.3.7)", () => {
    const desk = new CallAgentDesk();
    expect(wholeCall(desk)).toEqual({
      caller: ["CRCX hu", "MDCX hu,rt", "MDCX hu", "DLCX hu"],
      called: ["CRCX hd,of,rg", "MDCX hu", "DLCX hd"],
    });
    expect(desk.turn.records).toHaveLength(1);
  });

  test("is given by itself to a gateway that refuses it, when the connection is done, and not tried again", () => {
    const desk = new CallAgentDesk();
    desk.answer = ({ verb, parameters }) =>
      verb !== "RQNT" && parameters.requestIdentifier !== undefined ? response(539) : undefined;
    expect(wholeCall(desk)).toEqual({
      caller: ["CRCX hu", "CRCX -", "RQNT hu", "MDCX -", "RQNT hu,rt", "MDCX -", "RQNT hu", "DLCX -"],
      called: ["CRCX hd,of,rg", "CRCX -", "RQNT hd,of,rg", "MDCX -", "RQNT hu", "DLCX -", "RQNT hd"],
    });
    expect(desk.turn.records).toHaveLength(1);
    expect(desk.turn.events.filter(({ event }) => event === "trouble")).toEqual([]);
  });

  test("is asked for again by itself where the deletion that brought it failed", () => {
    const desk = new CallAgentDesk();
    desk.answer = ({ verb }) => (verb === "DLCX" ? response(515) : undefined);
    expect(wholeCall(desk).called.slice(-2)).toEqual(["DLCX hd", "RQNT hd"]);
  });
});

describe("a handset that is not where the request takes it to be", () => {
  const refuse = (desk: CallAgentDesk, code: number, isMeant: (verb: string, gateway: string) => boolean) => {
    desk.answer = ({ verb, gateway, parameters }) =>
      parameters.requestIdentifier !== undefined && isMeant(verb, gateway) ? response(code) : undefined;
  };

  test("because the caller hung up during the set-up ends the call (402)", () => {
    for (const meant of ["CRCX", "MDCX"]) {
      const desk = new CallAgentDesk();
      desk.notify("gw1", "aaln/1", seen("L", "hd"));
      refuse(desk, 402, (verb, gateway) => verb === meant && gateway === "gw1");
      desk.notify("gw1", "aaln/1", ...[..."201"].map((digit) => seen("D", digit)));
      expect([meant, desk.states.at(-1)]).toEqual([meant, "released calling-on-hook"]);
      expect(desk.requests("gw1", "aaln/1").at(-1)?.parameters.requestedEvents?.[0]?.event).toBe("hd");
    }
  });

  test("because the called station was lifted to call somebody lets it go on dialling (401)", () => {
    const desk = new CallAgentDesk();
    refuse(desk, 401, (verb, gateway) => verb === "CRCX" && gateway === "gw2");
    desk.dial("gw1", "aaln/1", "201");
    expect(desk.states.at(-1)).toBe("released unreachable");
    expect([desk.signal("gw1", "aaln/1"), desk.signal("gw2", "aaln/1")]).toEqual(["L/bz", "L/dl"]);
  });

  test("because it was lifted again at once is given the dial tone, and its connection deleted (401)", () => {
    const desk = new CallAgentDesk();
    refuse(desk, 401, (verb, gateway) => verb === "DLCX" && gateway === "gw2");
    expect(wholeCall(desk).called.slice(-3)).toEqual(["DLCX hd", "DLCX -", "RQNT hu,[0-9#*T],dl"]);
  });

  test("because the other party hung up too is idle (402)", () => {
    const desk = new CallAgentDesk();
    refuse(desk, 402, (verb, gateway) => verb === "DLCX" && gateway === "gw1");
    expect(wholeCall(desk).caller.slice(-3)).toEqual(["DLCX hu", "DLCX -", "RQNT hd"]);
  });

  test("because it hung up while it rang or talked ends the call, when it is asked by itself (402)", () => {
    const desk = new CallAgentDesk();
    desk.answer = ({ verb, gateway, parameters }) => {
      if (verb !== "RQNT" && parameters.requestIdentifier !== undefined) return response(539);
      return verb === "RQNT" && gateway === "gw1" && desk.states.includes("describing") ? response(402) : undefined;
    };
    desk.dial("gw1", "aaln/1", "201");
    expect(desk.states.at(-1)).toBe("released calling-on-hook");
  });

  test("but not seen to hang up gets no tone: it may be in a call that its gateway does not tell of (401)", () => {
    const desk = new CallAgentDesk();
    desk.answer = ({ verb }) => (verb === "RQNT" ? response(401) : undefined);
    desk.agent.takeLines("gw1", () => true, desk.at, desk.turn);
    desk.settle();
    expect(desk.signal("gw1", "aaln/1")).toBe("");
  });
});

test("a telephone picked up before the caller's side is described is connected then, and billed from the pick-up", () => {
  const desk = new CallAgentDesk();
  desk.answer = ({ verb, gateway }) => {
    if (verb === "MDCX" && gateway === "gw1" && !desk.states.includes("connecting")) {
      desk.observe("gw2", "aaln/1", [seen("L", "hd")]);
      desk.nowMs += 300;
    }
    return undefined;
  };
  desk.dial("gw1", "aaln/1", "201");
  expect(desk.states.at(-1)).toBe("talking");
  desk.nowMs += 1_000;
  desk.notify("gw2", "aaln/1", seen("L", "hu"));
  expect(desk.turn.records).toMatchObject([{ duration: { ms: 1_300 } }]);
});

test("a gateway that does not know mode inactive is told to receive only", () => {
  const desk = new CallAgentDesk();
  desk.answer = ({ parameters }) => (parameters.mode === "inactive" ? response(517) : undefined);
  desk.dial("gw1", "aaln/1", "201");
  expect(desk.states.at(-1)).toBe("ringing");
  const modes = desk.given.flatMap(({ verb, parameters: { mode } }) => (verb === "CRCX" ? [mode] : []));
  expect(modes).toEqual(["inactive", "recvonly", "inactive", "recvonly"]);
  desk.dial("gw1", "aaln/2", "202");
  expect(desk.given.filter(({ parameters: { mode } }) => mode === "inactive")).toHaveLength(2);
});

test("a gateway that refuses a type of service makes the connection without one", () => {
  const desk = new CallAgentDesk();
  desk.answer = ({ parameters }) => (parameters.localOptions?.typeOfService === undefined ? undefined : response(532));
  desk.dial("gw1", "aaln/1", "201");
  expect(desk.states.at(-1)).toBe("ringing");
});

describe("a line whose request was not taken", () => {
  const asked = (desk: CallAgentDesk) => desk.requests("gw1", "aaln/1").length;

  test.each([400, 405, 407, 409])("for the moment is asked again with the next poll (%i)", (code) => {
    const desk = new CallAgentDesk();
    desk.answer = ({ verb }) => (verb === "RQNT" ? response(code) : undefined);
    desk.notify("gw1", "aaln/1", seen("L", "hd"));
    const before = asked(desk);
    desk.agent.askAgain("gw2", desk.turn);
    desk.settle();
    expect(asked(desk)).toBe(before);
    desk.answer = () => undefined;
    desk.agent.askAgain("gw1", desk.turn);
    desk.settle();
    expect([asked(desk), desk.signal("gw1", "aaln/1")]).toEqual([before + 1, "L/dl"]);
    desk.agent.askAgain("gw1", desk.turn);
    desk.settle();
    expect(asked(desk)).toBe(before + 1);
  });

  test("for good is not", () => {
    const desk = new CallAgentDesk();
    desk.answer = ({ verb }) => (verb === "RQNT" ? response(500) : undefined);
    desk.notify("gw1", "aaln/1", seen("L", "hd"));
    const before = asked(desk);
    desk.agent.askAgain("gw1", desk.turn);
    desk.settle();
    expect(asked(desk)).toBe(before);
  });
});

describe("hook events that come together", () => {
  test("leave the line where the last one put it", () => {
    const desk = new CallAgentDesk();
    desk.notify("gw1", "aaln/1", seen("L", "hd"), seen("L", "hu"));
    expect(desk.signal("gw1", "aaln/1")).toBe("");
    desk.notify("gw1", "aaln/1", seen("L", "hd"));
    desk.notify("gw1", "aaln/1", seen("D", "2"), seen("L", "hu"), seen("L", "hd"));
    expect(desk.signal("gw1", "aaln/1")).toBe("L/dl");
    expect(desk.states).toEqual([]);
  });

  test("answer and end a call in their order", () => {
    const desk = new CallAgentDesk();
    desk.dial("gw1", "aaln/1", "201");
    desk.notify("gw2", "aaln/1", seen("L", "hd"), seen("L", "hu"));
    expect(desk.states.at(-1)).toBe("released called-on-hook");
    expect(desk.requests("gw2", "aaln/1").at(-1)?.parameters.requestedEvents?.[0]?.event).toBe("hd");
  });
});
