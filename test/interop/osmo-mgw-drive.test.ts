/** Our call agent's relay client and our audit against a gateway that is not ours; and the same against ours. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { handOver, isReleased, isUp, releaseRelay, startRelay } from "../../host/call-agent/relay.js";
import { runQuery } from "../../host/io/query-runner.js";
import { MgcpQuery } from "../../host/query/mgcp-query.js";
import { osmoMgw, type RunningGateway, startOsmoMgw } from "../support/osmo-mgw.js";
import { RelayDriver } from "../support/relay-driver.js";
import { startRelayGateway } from "../support/relay-gateway.js";
import { mediaOf, WireRtpPeer } from "../support/wire-rtp-peer.js";

const folder = mkdtempSync(join(tmpdir(), "holdover-osmo-"));
const pcmu = "0 PCMU/8000";

interface Place {
  readonly gateway: { readonly address: string; readonly port: number };
  readonly agent: string;
  readonly peers: readonly [string, string, string];
}

function placeIn(net: number): Place {
  const host = (last: number) => `127.41.${net}.${last}`;
  return { gateway: { address: host(1), port: 2427 }, agent: host(2), peers: [host(11), host(12), host(13)] };
}

async function startOsmo({ gateway }: Place): Promise<RunningGateway> {
  return startOsmoMgw(folder, gateway);
}

function startOurs({ gateway: { address }, agent }: Place): Promise<RunningGateway> {
  return startRelayGateway(folder, address, agent);
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  { name: "osmo-mgw", net: 1, isOurs: false, isMissing: !osmoMgw.installed, start: startOsmo },
  { name: "our gateway", net: 2, isOurs: true, isMissing: false, start: startOurs },
])("$name under our call agent", ({ net, isOurs, isMissing, start }) => {
  const place = placeIn(net);
  const peers: WireRtpPeer[] = [];
  let running: RunningGateway | null = null;

  beforeAll(async () => {
    if (isMissing) return;
    running = await start(place);
    await answering();
  });

  afterEach(() => {
    for (const peer of peers.splice(0)) peer.close();
  });

  afterAll(async () => {
    await running?.end();
  });

  /** It is there as soon as it answers an audit, which our transactions repeat until then. */
  async function answering(): Promise<void> {
    for (let beginnings = 0; !(await audit("rtpbridge/1")).ok; beginnings += 1) expect(beginnings).toBeLessThan(5);
  }

  async function peer(address: string): Promise<WireRtpPeer> {
    const opened = await WireRtpPeer.open(address);
    peers.push(opened);
    return opened;
  }

  function audit(endpoints: string) {
    const query = new MgcpQuery({ gateway: "mgw", to: place.gateway, endpoints }, Math.random);
    return runQuery(query, { address: place.agent }, () => performance.now());
  }

  test.skipIf(isMissing)("carries media both ways, is handed over, audited as far as it can, released", async () => {
    const [a, b, c] = await Promise.all(place.peers.map(peer));
    if (a === undefined || b === undefined || c === undefined) throw new Error("no peers");
    const plan = {
      gateway: "mgw",
      prefix: "rtpbridge/",
      callId: "1A2B",
      policy: { encodings: ["PCMU"], ptimeMs: 20, dscp: 46 },
      tag: isOurs ? "v=1;from=101;to=201" : null,
    };
    const started = startRelay(plan, { first: a.sdp(pcmu), second: b.sdp(pcmu) });
    const driver = await RelayDriver.open({ address: place.agent, port: 0 }, place.gateway, started);
    const { endpoint, legs } = await driver.until(isUp);
    expect(endpoint).toMatch(/^rtpbridge\/[1-9a-f][0-9a-f]?$/);
    const [left, right] = [mediaOf(legs.first.session ?? ""), mediaOf(legs.second.session ?? "")];
    a.send(20, left);
    b.send(20, right);
    await Promise.all([a.until(20), b.until(20)]);
    expect(a.numbers).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(b.numbers).toEqual(a.numbers);

    driver.take(handOver(driver.relay, "first", c.sdp(pcmu)));
    await driver.until(isUp);
    b.send(10, right);
    await c.until(10);
    c.send(10, mediaOf(driver.relay.legs.first.session ?? ""));
    await b.until(30);
    expect(a.received).toHaveLength(20);

    const outcome = await audit(endpoint);
    if (!outcome.ok) throw new Error(outcome.reason);
    const found = outcome.audit.connections.map(({ connectionId, state }) => [connectionId, state]);
    const ids = [legs.first.connectionId, legs.second.connectionId];
    if (isOurs) expect(found.sort()).toEqual(ids.map((id) => [id, "up"]).sort());
    // It answers AuditEndpoint with a bare 200: nothing is told, and nothing is made up.
    else
      expect([found, outcome.notTold.join()]).toEqual([[], expect.stringContaining("connections of some endpoints")]);

    driver.take(releaseRelay(driver.relay));
    const released = await driver.until(isReleased);
    driver.close();
    expect(driver.refusals).toEqual([]);
    expect(released.legs.first.statistics).toMatchObject({ packetsSent: 30, packetsReceived: 30 });
    expect(released.legs.second.statistics).toMatchObject({ packetsSent: 30, packetsReceived: 30, packetsLost: 0 });
  });

  test.skipIf(isMissing)(
    "a relay begun with one peer unknown hears the other, and is up both ways when told of it",
    async () => {
      const [a, b] = await Promise.all(place.peers.map(peer));
      if (a === undefined || b === undefined) throw new Error("no peers");
      const policy = { encodings: ["PCMU"], ptimeMs: 20, dscp: 46 };
      const plan = { gateway: "mgw", prefix: "rtpbridge/", callId: "1A2C", policy, tag: null };
      const started = startRelay(plan, { first: null, second: b.sdp(pcmu) });
      const driver = await RelayDriver.open({ address: place.agent, port: 0 }, place.gateway, started);
      const { legs } = await driver.until(isUp);
      driver.take(handOver(driver.relay, "first", a.sdp(pcmu)));
      await driver.until(isUp);
      a.send(10, mediaOf(legs.first.session ?? ""));
      b.send(10, mediaOf(legs.second.session ?? ""));
      await Promise.all([a.until(10), b.until(10)]);
      driver.take(releaseRelay(driver.relay));
      await driver.until(isReleased);
      driver.close();
    },
  );
});
