import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Program } from "../../host/cli/demo/program.js";
import { holdoverBin } from "../support/programs.js";
import { WireCallAgent, type WireResponse } from "../support/wire-call-agent.js";
import { mediaOf, WireRtpPeer } from "../support/wire-rtp-peer.js";

const pcmu = "0 PCMU/8000";

describe.each([
  ["linux", 1],
  ["portable", 2],
] as const)("a packet relay, media by %s", (way, net) => {
  const place = { address: `127.40.${net}.1`, port: 2427 };
  const left = `127.40.${net}.11`;
  const right = `127.40.${net}.12`;
  const folder = mkdtempSync(join(tmpdir(), "holdover-relay-"));
  const peers: WireRtpPeer[] = [];
  const configuration = {
    name: "mgw",
    address: place.address,
    media: { address6: "::1", network: way, codings: ["PCMU", "PCMA"], portFirst: 30_000, portLast: 30_998 },
    callAgents: [{ address: `127.40.${net}.2` }],
    relay: { prefix: "rtpbridge/", count: 31 },
  };
  let gateway: Program;
  let agent: WireCallAgent;

  beforeAll(async () => {
    const file = join(folder, "gateway.yaml");
    writeFileSync(file, JSON.stringify(configuration));
    agent = await WireCallAgent.open({ address: `127.40.${net}.2`, port: 2727 }, place);
    gateway = new Program(holdoverBin, { title: "gateway", args: ["gateway", "-c", file] }, () => undefined);
    await gateway.event("listening", ({ event }) => event === "listening", 20_000);
  });

  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.close();
    expect((await agent.command("DLCX", "rtpbridge/*@mgw")).code).toBe(250);
    expect(gateway.trouble).toBeNull();
  });

  afterAll(async () => {
    agent.close();
    await gateway.end();
    rmSync(folder, { recursive: true, force: true });
  });

  async function peer(address: string, port = 0): Promise<WireRtpPeer> {
    const opened = await WireRtpPeer.open(address, port);
    peers.push(opened);
    return opened;
  }

  /** A connection, and where its packets go. */
  async function connect(endpoint: string, sdp: string, mode = "sendrecv") {
    const lines = ["C: 1A2B", `M: ${mode}`, "L: p:20, a:PCMU"];
    const answer = await agent.command("CRCX", `${endpoint}@mgw`, lines, sdp);
    expect([answer.code, answer.comment]).toEqual([200, "OK"]);
    return { id: answer.parameters.get("I") ?? "", media: mediaOf(answer.sdp), answer };
  }

  async function modify(endpoint: string, id: string, lines: readonly string[], sdp = ""): Promise<WireResponse> {
    const answer = await agent.command("MDCX", `${endpoint}@mgw`, ["C: 1A2B", `I: ${id}`, ...lines], sdp);
    expect([answer.code, answer.comment]).toEqual([200, "OK"]);
    return answer;
  }

  /** What is sent on is in the engine's hands before it is counted here. */
  async function untilReceived(endpoint: string, id: string, packets: number): Promise<void> {
    const counted = async () => {
      const { parameters } = await agent.command("AUCX", `${endpoint}@mgw`, [`I: ${id}`, "F: P"]);
      return parameters.get("P");
    };
    await expect.poll(counted).toContain(`PR=${packets},`);
  }

  test("any endpoint, two connections, both ways, payload types renumbered, every packet once and in order", async () => {
    const [a, b] = [await peer(left), await peer(right)];
    const first = await connect("rtpbridge/$", a.sdp("96 PCMU/8000"));
    const endpoint = first.answer.parameters.get("Z")?.split("@")[0] ?? "";
    expect(endpoint).toMatch(/^rtpbridge\/[1-9a-f][0-9a-f]?$/);
    expect(first.id).toMatch(/^[0-9A-F]{1,32}$/);
    expect(first.answer.from).toMatchObject(place);
    expect(first.media.port % 2).toBe(0);
    const second = await connect(endpoint, b.sdp("98 PCMU/8000"));
    a.payloadType = 96;
    b.payloadType = 98;
    a.send(50, first.media);
    b.send(50, second.media);
    await Promise.all([a.until(50), b.until(50)]);
    for (const [one, payloadType] of [
      [a, 96],
      [b, 98],
    ] as const) {
      expect(one.numbers).toEqual(Array.from({ length: 50 }, (_, index) => index));
      const [start] = one.received;
      expect(one.received.every((packet) => packet.payloadType === payloadType && packet.ssrc === start?.ssrc)).toBe(
        true,
      );
      expect(
        one.received.map(({ sequenceNumber }) => (sequenceNumber - (start?.sequenceNumber ?? 0)) & 0xffff),
      ).toEqual(one.numbers);
      expect(one.received.map(({ timestamp }) => (timestamp - (start?.timestamp ?? 0)) >>> 0)).toEqual(
        one.numbers.map((number) => number * 160),
      );
    }
    const named = ["C: 1A2B", `I: ${first.id}`];
    await expect
      .poll(async () =>
        (await agent.command("AUCX", `${endpoint}@mgw`, [`I: ${first.id}`, "F: P"])).parameters.get("P"),
      )
      .toMatch(/^PS=50, OS=8000, PR=50, OR=8000, PL=0/);
    const gone = await agent.command("DLCX", `${endpoint}@mgw`, named);
    expect(gone.code).toBe(250);
    expect(gone.parameters.get("P")).toMatch(/^PS=50, OS=8000, PR=50, OR=8000, PL=0/);
  });

  test("the remote description may follow the ports: they are open at once, and mode changes work at once", async () => {
    const [a, b] = [await peer(left), await peer(right)];
    const first = await connect("rtpbridge/1", "", "recvonly");
    const second = await connect("rtpbridge/1", "", "recvonly");
    expect((await agent.command("MDCX", "rtpbridge/1@mgw", ["C: 1A2B", `I: ${first.id}`, "M: sendrecv"])).code).toBe(
      527,
    );
    expect(mediaOf((await modify("rtpbridge/1", first.id, ["M: sendrecv"], a.sdp(pcmu))).sdp)).toEqual(first.media);
    await modify("rtpbridge/1", second.id, ["M: sendonly"], b.sdp(pcmu));
    a.send(5, first.media);
    await b.until(5);
    b.send(5, second.media);
    await untilReceived("rtpbridge/1", second.id, 5);
    await modify("rtpbridge/1", second.id, ["M: sendrecv"]);
    b.send(5, second.media);
    await a.until(5);
    expect(a.numbers).toEqual([5, 6, 7, 8, 9]);
    await modify("rtpbridge/1", second.id, ["M: inactive"]);
    a.send(5, first.media);
    await untilReceived("rtpbridge/1", first.id, 10);
    await modify("rtpbridge/1", second.id, ["M: sendrecv"]);
    a.send(5, first.media);
    await b.until(10);
    expect(b.numbers).toEqual([0, 1, 2, 3, 4, 10, 11, 12, 13, 14]);
  });

  test.each(["loopback", "netwloop"])("%s sends back what comes", async (mode) => {
    const a = await peer(left);
    const { media } = await connect("rtpbridge/2", a.sdp("112 PCMU/8000"), mode);
    a.payloadType = 112;
    a.send(20, media);
    await a.until(20);
    expect(a.numbers).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(a.received.every(({ payloadType }) => payloadType === 112)).toBe(true);
  });

  test("loopback without a remote description gives the first valid stream back to where it comes from", async () => {
    const [a, stranger] = [await peer(left), await peer(right)];
    const { media } = await connect("rtpbridge/2", "", "loopback");
    a.send(10, media);
    await a.until(10);
    stranger.send(10, media);
    a.send(10, media);
    await a.until(20);
    expect(a.numbers).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(stranger.received).toEqual([]);
  });

  test("so it does where the media are IPv6's", async () => {
    const there = { address: `127.40.${net}.5`, port: 2427 };
    const file = join(folder, "six.yaml");
    const callAgents = [{ address: `127.40.${net}.6` }];
    const media = { ...configuration.media, address: "::1", address6: undefined };
    writeFileSync(file, JSON.stringify({ ...configuration, address: there.address, media, callAgents }));
    const caller = await WireCallAgent.open({ address: `127.40.${net}.6`, port: 2727 }, there);
    const program = new Program(holdoverBin, { title: "six", args: ["gateway", "-c", file] }, () => undefined);
    try {
      const answer = await caller.persist("CRCX", "rtpbridge/$@mgw", ["C: 1", "M: loopback"]);
      const a = await peer("::1");
      a.send(10, mediaOf(answer.sdp));
      await a.until(10);
      expect([mediaOf(answer.sdp).address, a.numbers.length]).toEqual(["::1", 10]);
    } finally {
      caller.close();
      await program.end();
    }
  });

  test("packets of up to 1,472 bytes are relayed", async () => {
    const [a, b] = [await peer(left), await peer(right)];
    const first = await connect("rtpbridge/8", a.sdp(pcmu));
    await connect("rtpbridge/8", b.sdp(pcmu));
    for (const bytes of [172, 1472, 501, 1472]) a.send(1, first.media, bytes);
    await b.until(4);
    expect(b.received.map(({ payload }) => payload.length)).toEqual([160, 1460, 489, 1460]);
    expect(b.numbers).toEqual([0, 1, 2, 3]);
  });

  test("IPv4 on one side, IPv6 on the other, whether said at once or later", async () => {
    const [a, b, c] = [await peer(left), await peer("::1"), await peer("::1")];
    const first = await connect("rtpbridge/3", a.sdp(pcmu));
    const second = await connect("rtpbridge/3", b.sdp(pcmu));
    expect([first.media.address, second.media.address]).toEqual([place.address, "::1"]);
    a.send(10, first.media);
    b.send(10, second.media);
    await Promise.all([a.until(10), b.until(10)]);
    const moved = mediaOf((await modify("rtpbridge/3", first.id, [], c.sdp(pcmu))).sdp);
    expect(moved.address).toBe("::1");
    c.send(10, moved);
    b.send(10, second.media);
    await Promise.all([b.until(20), c.until(10)]);
    expect(c.numbers).toEqual(Array.from({ length: 10 }, (_, index) => index + 10));
  });

  test("a leg is handed over by MDCX: packets go to the new place at once, and its own go on in the same stream", async () => {
    const [a, b, c] = [await peer(left), await peer(right), await peer(left)];
    const first = await connect("rtpbridge/4", a.sdp(pcmu));
    const second = await connect("rtpbridge/4", b.sdp(pcmu));
    a.send(10, first.media);
    b.send(10, second.media);
    await Promise.all([a.until(10), b.until(10)]);
    c.ssrc = 0x9999;
    expect(mediaOf((await modify("rtpbridge/4", first.id, [], c.sdp(pcmu))).sdp)).toEqual(first.media);
    b.send(10, second.media);
    // The one who was left goes on sending and is not heard any more.
    a.send(10, first.media);
    c.send(10, first.media);
    await Promise.all([b.until(20), c.until(10)]);
    expect(c.numbers).toEqual(Array.from({ length: 10 }, (_, index) => index + 10));
    expect(new Set(b.received.map(({ ssrc }) => ssrc)).size).toBe(1);
    const steps = b.received
      .slice(1)
      .map((packet, index) => packet.sequenceNumber - (b.received[index]?.sequenceNumber ?? 0));
    expect(steps.every((step) => (step & 0xffff) === 1)).toBe(true);
    expect(a.received.length).toBe(10);
  });

  test("RTP of strangers, from other ports and of other payload types is dropped, before and after the stream", async () => {
    const [a, b] = [await peer(left), await peer(right)];
    const strangers = [await peer(`127.40.${net}.99`), await peer(left)];
    const first = await connect("rtpbridge/5", a.sdp(pcmu));
    await connect("rtpbridge/5", b.sdp(pcmu));
    for (const stranger of strangers) stranger.send(10, first.media);
    a.payloadType = 8;
    a.send(5, first.media);
    a.payloadType = 0;
    a.send(10, first.media);
    await b.until(10);
    for (const stranger of strangers) stranger.send(10, first.media);
    a.send(10, first.media);
    await b.until(20);
    expect(b.numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 5));
  });

  test("PCMU on one side is coded for PCMA on the other", async () => {
    const [a, b] = [await peer(left), await peer(right)];
    const first = await connect("rtpbridge/6", a.sdp(pcmu));
    await agent.command("CRCX", "rtpbridge/6@mgw", ["C: 1A2B", "M: sendrecv"], b.sdp("8 PCMA/8000"));
    a.send(30, first.media);
    const [packet] = await b.until(5);
    expect(packet?.payloadType).toBe(8);
    expect(packet?.payload.length).toBe(160);
  });

  test("the first command that the port takes is answered, alone in its datagram, also by a gateway that just came up", async () => {
    const late = { address: `127.40.${net}.3`, port: 2427 };
    const file = join(folder, "late.yaml");
    const callAgents = [{ address: `127.40.${net}.4` }];
    writeFileSync(file, JSON.stringify({ ...configuration, address: late.address, callAgents }));
    const caller = await WireCallAgent.open({ address: `127.40.${net}.4`, port: 2727 }, late);
    const program = new Program(holdoverBin, { title: "late", args: ["gateway", "-c", file] }, () => undefined);
    try {
      const first = await caller.persist("CRCX", "rtpbridge/$@mgw", ["C: 1", "M: recvonly"]);
      expect([first.code, first.datagram]).toEqual([200, first.text]);
      const second = await caller.command("DLCX", "rtpbridge/1@mgw", ["C: 1"]);
      expect([second.code, second.datagram]).toEqual([250, second.text]);
      await program.event("listening", ({ event }) => event === "listening", 20_000);
    } finally {
      caller.close();
      await program.end();
    }
    expect(caller.unasked).toEqual([]);
  });

  test("a command that comes twice is executed once and answered alike", async () => {
    const text = agent.text("CRCX", 77_001, "rtpbridge/7@mgw", ["C: 1A2B", "M: recvonly"]);
    const [once, again] = [await agent.send(77_001, text), await agent.send(77_001, text)];
    expect(again.text).toBe(once.text);
    const audit = await agent.command("AUEP", "rtpbridge/7@mgw", ["F: I"]);
    expect(audit.parameters.get("I")).toBe(once.parameters.get("I"));
  });
});
