/**
 * What a whole call puts on the wire, as Debian's tshark reads it: set up, talked through, asked about by all three
 * protocols, released. The capture begins before the first program starts and ends after the last.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Exchange, named } from "../support/exchange.js";
import { foreignProgram } from "../support/foreign-program.js";
import { linesOf, runProgram } from "../support/programs.js";

const tshark = foreignProgram("tshark", "tshark");

describe.skipIf(!tshark.installed || !(await mayCapture()))("tshark", () => {
  const exchange = new Exchange({ net: 2, backup: true, isSecondPortable: true });
  const { gateways, telephones, asker, stranger, subnet } = exchange.addresses;
  const folder = mkdtempSync(join(tmpdir(), "holdover-capture-"));
  const file = join(folder, "call.pcapng");

  beforeAll(async () => {
    const capture = await startCapture(file, subnet, stranger);
    await exchange.start();
    await exchange.call();
    expect(exchange.program("second gateway").events.find(named("listening"))?.network).toBe("portable");
    for (const side of [0, 1] as const) expect((await exchange.audit(side)).disagreements).toEqual([]);
    await rtcpHasRun(exchange);
    exchange.program("called telephone").say("hang-up");
    await exchange.program("primary").event("the record", named("cdr"), 10_000);
    await exchange.end();
    await capture.end();
  });

  afterAll(async () => {
    await exchange.end();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The fields of every packet that the display filter lets through. */
  async function read(filter: string, fields: readonly string[]): Promise<string[][]> {
    const shown = fields.flatMap((field) => ["-e", field]);
    const options = ["-r", file, ...decodings, "-Y", filter, "-T", "fields", "-E", "separator=|", ...shown];
    const { exitCode, stdout, stderr } = await runProgram(tshark.path, options);
    expect(exitCode, stderr).toBe(0);
    return linesOf(stdout).map((line) => line.split("|"));
  }

  const between = (a: string, b: string) =>
    `((ip.src == ${a} && ip.dst == ${b}) || (ip.src == ${b} && ip.dst == ${a}))`;

  test("finds nothing malformed", async () => {
    expect(await read("_ws.malformed", ["frame.number", "frame.protocols", "_ws.col.Info"])).toEqual([]);
  });

  test.each(["mgcp", "snmp", "sip", "sdp", "rtp", "rtcp"])("sees %s", async (protocol) => {
    expect((await read(`${protocol} && !icmp`, ["frame.number"])).length).toBeGreaterThan(0);
  });

  test("knows every datagram but the heartbeats between the call servers", async () => {
    const unknown = `data && !icmp && !(udp.port == 2728) && !(ip.dst == ${stranger})`;
    expect(await read(unknown, ["frame.number", "ip.src", "ip.dst", "udp.dstport"])).toEqual([]);
  });

  test("sees only A-law marked for Expedited Forwarding between the gateways, both ways", async () => {
    const packets = await read(`rtp && !icmp && ${between(...gateways)}`, ["ip.src", "ip.dsfield.dscp", "rtp.p_type"]);
    const kinds = new Set(packets.map((packet) => packet.join(" ")));
    expect([...kinds].sort()).toEqual(gateways.map((address) => `${address} 46 8`));
    expect(packets.length).toBeGreaterThan(100);
  });

  test.each([0, 1] as const)("sees only µ-law between gateway %i and its telephone, both ways", async (side) => {
    const pair = [gateways[side], telephones[side]] as const;
    const packets = await read(`rtp && !icmp && ${between(...pair)}`, ["ip.src", "rtp.p_type"]);
    const kinds = new Set(packets.map((packet) => packet.join(" ")));
    expect([...kinds].sort()).toEqual(pair.map((address) => `${address} 0`).sort());
  });

  test("sees the commands and answers of a whole call by MGCP", async () => {
    const verbs = new Set((await read("mgcp.req.verb", ["mgcp.req.verb"])).flat());
    for (const verb of ["RQNT", "NTFY", "CRCX", "MDCX", "DLCX", "AUEP"]) expect(verbs).toContain(verb);
    const codes = new Set((await read("mgcp.rsp.rspcode", ["mgcp.rsp.rspcode"])).flat());
    for (const code of ["200", "250"]) expect(codes).toContain(code);
    // 400: a call server that starts asks a gateway that restarts for patience.
    // 521: a call server that is not in charge of a gateway that restarts says who is (RFC 3435 section 3.3.8).
    // 501: a gateway that was told to end carries out no more commands (section 4.4.5).
    for (const code of codes) expect(["100", "200", "250", "400", "501", "521"]).toContain(code);
  });

  test("sees a call by SIP on each line, and the question to each gateway", async () => {
    const methods = new Set((await read("sip.Method", ["sip.Method"])).flat());
    for (const method of ["INVITE", "ACK", "BYE", "SUBSCRIBE", "NOTIFY"]) expect(methods).toContain(method);
    const states = await read(`sip.Method == "NOTIFY" && ip.dst == ${asker}`, ["sip.Subscription-State"]);
    expect(new Set(states.flat())).toEqual(new Set(["terminated;reason=timeout"]));
  });
});

/** SNMP on a port of its own; media on the ports the parts take first: RTP on the even ones, RTCP on the odd. */
const decodings = ["udp.port==10161,snmp", ...mediaPorts()].flatMap((one) => ["-d", one]);

function mediaPorts(): string[] {
  const ports = [16_384, 16_386, 16_388, 16_390, 40_000];
  return ports.flatMap((port) => [`udp.port==${port},rtp`, `udp.port==${port + 1},rtcp`]);
}

/** Listing an interface's link types opens it, and so tells whether capturing is permitted. */
async function mayCapture(): Promise<boolean> {
  const { exitCode } = await runProgram(tshark.path, ["-i", "lo", "-L"]);
  if (exitCode === 0) return true;
  const reason = "tshark may not capture on lo: be root, or in the group wireshark (dpkg-reconfigure wireshark-common)";
  if (process.env.CI === "true") throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return false;
}

/** Both gateways were told a round trip: reports went each way and were answered (RFC 3550 section 6.4.1). */
async function rtcpHasRun(exchange: Exchange): Promise<void> {
  const roundTrips = async () => {
    const rounds = await Promise.all([exchange.audit(0), exchange.audit(1)]);
    return rounds.map(({ answers }) => answers[0]?.audit.connections[0]?.statistics.roundTripMs ?? null);
  };
  await vi.waitFor(async () => expect(await roundTrips()).not.toContain(null), { timeout: 30_000, interval: 500 });
}

/** Given once a mark of ours was seen; its end sends another and waits for that, so that nothing before it is lost. */
async function startCapture(
  file: string,
  subnet: string,
  from: string,
): Promise<{ readonly end: () => Promise<void> }> {
  const options = ["-i", "lo", "-f", `net ${subnet}`, "-B", "16", "-w", file, "-P", "-l", "-n"];
  const child = spawn(tshark.path, [...options, "-T", "fields", "-e", "udp.dstport"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await marked(child, from, 9);
  return {
    end: async () => {
      await marked(child, from, 13);
      const exited = once(child, "exit");
      child.kill("SIGINT");
      await exited;
    },
  };
}

/** A datagram to a port where nobody is, again and again until it was captured. */
async function marked(child: ChildProcess, from: string, port: number): Promise<void> {
  const socket = createSocket("udp4");
  let wasSeen = false;
  const look = (text: Buffer) => {
    wasSeen ||= String(text).split(/\s/).includes(String(port));
  };
  child.stdout?.on("data", look);
  try {
    const sendAndLook = () => {
      socket.send("mark", port, from);
      expect(wasSeen, `a datagram to port ${port} was not captured`).toBe(true);
    };
    await vi.waitFor(sendAndLook, { timeout: 15_000, interval: 100 });
  } finally {
    child.stdout?.off("data", look);
    socket.close();
  }
}
