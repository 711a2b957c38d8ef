import { describe, expect, test } from "vitest";
import type { MgcpCommand, MgcpParameters } from "../../../../firmware/protocol/mgcp/message.js";
import type { ResponseToSend } from "../../../../firmware/protocol/mgcp/transaction-options.js";
import { MgcpQuery } from "../../../../host/query/mgcp-query.js";
import { askedGateway, playQuery } from "../../../support/scripted-gateway.js";

const local =
  "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=ptime:20\r\n";
const remote = local.replaceAll("10.0.0.1", "10.0.0.2").replace("4000", "5000");

function response(code: number, parameters: MgcpParameters = {}, sessions: string[] = []): ResponseToSend {
  return { code, comment: "", parameters, sessions };
}

/** A gateway that knows RFC 3435 and no package of ours: it refuses with `unknownPackage`. */
function plainGateway(unknownPackage: number, auditsConnections: boolean): (command: MgcpCommand) => ResponseToSend {
  const endpoints = ["aaln/1", "aaln/2"].map((name) => ({ local: name, domain: "gw" }));
  return ({ verb, endpoint, parameters }) => {
    if (parameters.extensions !== undefined && unknownPackage !== 200) return response(unknownPackage);
    if (verb === "AUEP" && endpoint.local === "*") return response(200, { endpointIds: endpoints });
    if (verb === "AUEP") return response(200, { connectionIds: endpoint.local === "aaln/1" ? ["0a", "0B"] : [] });
    if (verb !== "AUCX" || !auditsConnections) return response(504);
    if (parameters.connectionIds?.[0] === "0B") return response(515);
    const connectionParameters = { packetsSent: 7, octetsSent: 1_120, packetsReceived: 6, packetsLost: 1, jitterMs: 3 };
    const localOptions = { typeOfService: 0xb8, encodings: ["PCMA"], ptimeMs: 20 };
    const told = { callId: "A3C4", notifiedEntity: "ca@ca1", mode: "sendrecv", localOptions, connectionParameters };
    return response(200, told, [local, remote]);
  };
}

function ask(answer: (command: MgcpCommand) => ResponseToSend | null, endpoints = "*") {
  return playQuery(new MgcpQuery({ gateway: "gw", endpoints, to: askedGateway }, () => 0.5), answer);
}

describe("a gateway without our package is asked one by one", () => {
  test.each([518, 501, 539, 200])("that answers the package's parameter with %i", (code) => {
    const outcome = ask(plainGateway(code, true));
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(outcome.audit.connections).toMatchObject([
      {
        gateway: "gw",
        connectionId: "0A",
        callId: "A3C4",
        endpoint: "aaln/1",
        mode: "sendrecv",
        state: "up",
        sendCoding: { encoding: "PCMA", ptimeMs: 20 },
        qos: { dscp: 46, reservation: "none" },
        localMedia: { address: "10.0.0.1", port: 4_000 },
        remoteMedia: { address: "10.0.0.2", port: 5_000 },
        statistics: { packetsSent: 7, packetsLost: 1, jitterMs: 3, roundTripMs: null },
        startedWallMs: null,
      },
    ]);
    expect(outcome.notTold).toContain("duration and start");
  });

  test("without AUCX there are the names of the connections, and it is said what is missing", () => {
    const outcome = ask(plainGateway(518, false));
    expect(outcome.ok && outcome.audit.connections.map((row) => row.connectionId)).toEqual(["0A", "0B"]);
    expect(outcome.ok && outcome.notTold.join()).toContain("quality of service");
  });

  test("a bare 200 to everything is a gateway of which nothing can be learnt", () => {
    const outcome = ask(() => response(200));
    expect(outcome.ok && outcome.notTold[0]).toBe("which endpoints and connections there are");
  });

  test("one endpoint by its name is not looked for in a list", () => {
    const asked: string[] = [];
    const gateway = plainGateway(518, true);
    const outcome = ask((command) => {
      asked.push(`${command.verb} ${command.endpoint.local}`);
      return gateway(command);
    }, "aaln/1");
    expect(asked).toEqual(["AUEP aaln/1", "AUEP aaln/1", "AUCX aaln/1", "AUCX aaln/1"]);
    expect(outcome.ok && outcome.audit.connections).toHaveLength(1);
  });
});

describe("a gateway known to be without our package", () => {
  const lines = ["aaln/1", "aaln/2", "aaln/3"];
  const endpointIds = lines.map((name) => ({ local: name, domain: "gw" }));
  const plain = plainGateway(518, true);

  function askPlain(answer: (command: MgcpCommand) => ResponseToSend | null, endpointNames: string[] = []) {
    const asked: string[] = [];
    const options = { gateway: "gw", to: askedGateway, asksRecovery: false, endpointNames };
    const outcome = playQuery(new MgcpQuery(options, () => 0.5), (command) => {
      const { extensions = [], requestedInfo = [] } = command.parameters;
      const items = [...extensions.map(({ name, value }) => `${name}: ${value}`), ...requestedInfo].join();
      asked.push(`${command.verb} ${command.endpoint.local} ${items}`.trim());
      return answer(command);
    });
    return { outcome, asked };
  }

  test("is not sent any parameter of it", () => {
    const { outcome, asked } = askPlain(plain);
    expect(asked.join()).not.toMatch(/x-ho/i);
    expect(outcome.ok && outcome.audit.connections).toHaveLength(1);
    expect(outcome.ok && outcome.isPartial).toBeUndefined();
  });

  test("with bulk audit is asked singly only where there are connections, page by page", () => {
    const { outcome, asked } = askPlain((command) => {
      const { endpoint, parameters } = command;
      const [item] = parameters.extensions ?? [];
      if (parameters.requestedInfo?.includes("A"))
        return response(200, { capabilities: [{ options: {}, packages: ["L", "BA"] }] });
      if (item?.name === "BA/F") {
        const isFirst = parameters.extensions?.length === 1;
        const [list, counts] = isFirst ? ["aaln/[1-2]", "20"] : ["aaln/3", "0"];
        const page = [
          { name: "BA/EL", value: list },
          { name: "BA/C", value: counts },
          ...(isFirst ? [{ name: "BA/NE", value: "aaln/3" }] : []),
        ];
        return response(200, { extensions: page });
      }
      return endpoint.local === "*" ? response(200, { endpointIds }) : plain(command);
    });
    expect(asked.slice(0, 5)).toEqual([
      "AUEP *",
      "AUEP aaln/1 A",
      "AUEP * BA/F: BA/C",
      "AUEP aaln/1 I",
      "AUEP * BA/F: BA/C,BA/SE: aaln/3",
    ]);
    expect(asked.filter((text) => text.endsWith(" I"))).toHaveLength(1);
    expect(outcome.ok && outcome.audit.connections).toHaveLength(1);
  });

  test("that lists no endpoints is asked for those it should have", () => {
    const { outcome, asked } = askPlain(
      (command) => (command.endpoint.local === "*" ? response(500) : plain(command)),
      ["aaln/1", "aaln/2"],
    );
    expect(asked).toContain("AUEP aaln/2 I");
    expect(outcome.ok && outcome.audit.connections).toHaveLength(1);
  });

  test("that leaves AuditConnection without any answer is believed to have what it lists, and asked once", () => {
    const { outcome } = askPlain((command) => {
      if (command.verb === "AUCX") return null;
      return command.endpoint.local === "*" ? response(200, { endpointIds }) : plain(command);
    });
    expect(outcome.ok && outcome.audit.connections.map((row) => row.connectionId).sort()).toEqual(["0A", "0B"]);
    expect(outcome.ok && outcome.isPartial).toBe(true);
  });

  test.each([
    [504, "that audits nothing"],
    [200, "that says 200 and nothing else"],
  ])("%i %s has told nothing, and nothing is thought to be over", (code) => {
    const { outcome } = askPlain(() => response(code));
    expect(outcome).toMatchObject({ ok: true, isPartial: true, audit: { connections: [] } });
  });
});

describe("a query that cannot succeed ends with a reason", () => {
  test("nobody answers", () => {
    const query = new MgcpQuery({ gateway: "gw", to: askedGateway }, () => 0.5);
    const outcome = playQuery(
      query,
      () => null,
      () => true,
    );
    expect(outcome).toEqual({ ok: false, reason: "gw: no answer from 192.0.2.2:2427 within 3000 ms" });
  });

  test("a gateway that only ever says it is executing", () => {
    expect(ask(() => null)).toEqual({ ok: false, reason: "gw: no final answer from 192.0.2.2:2427 within 6000 ms" });
  });

  test("the gateway refuses us", () => {
    expect(ask(() => ({ ...response(513), comment: "not you" }))).toEqual({
      ok: false,
      reason: "gw: answers 513 not you",
    });
  });

  test("lines of our package that cannot be read", () => {
    const extensions = [
      { name: "x-ho/B", value: "boot=1" },
      { name: "x-ho/R", value: "id=nonsense" },
    ];
    expect(ask(() => response(200, { extensions }))).toMatchObject({
      ok: false,
      reason: expect.stringContaining("x-ho/R"),
    });
  });

  test("a gateway that restarts in every audit", () => {
    let boot = 0;
    const outcome = ask(() => {
      boot += 1;
      const extensions = [
        { name: "x-ho/B", value: `boot=${boot}` },
        { name: "x-ho/N", value: "R.0A" },
      ];
      return response(200, { extensions });
    });
    expect(outcome).toEqual({ ok: false, reason: "gw: restarted while it was asked" });
  });
});

test("one restart in mid-audit begins the audit anew", () => {
  const pages = [
    { boot: "1", id: "0A", next: "R.0A" },
    { boot: "2", id: "0B", next: null },
    { boot: "2", id: "0B", next: null },
  ];
  const outcome = ask(() => {
    const page = pages.shift();
    const extensions = [
      { name: "x-ho/B", value: `boot=${page?.boot}` },
      { name: "x-ho/R", value: `id=${page?.id}` },
      ...(page?.next == null ? [] : [{ name: "x-ho/N", value: page.next }]),
    ];
    return response(200, { extensions });
  });
  expect(outcome.ok && outcome.audit.bootId).toBe("2");
  expect(outcome.ok && outcome.audit.connections.map((row) => row.connectionId)).toEqual(["0B"]);
});
