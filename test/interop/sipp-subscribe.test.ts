/** SIPp (Debian sip-tester) asks our SIP face over a real socket. */
import { execFile } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { SipFace } from "../../firmware/management/sip-face.js";
import type { OutgoingDatagram } from "../../firmware/protocol/datagram.js";
import { SipTransactions } from "../../firmware/protocol/sip/transactions.js";
import { foreignProgram } from "../support/foreign-program.js";
import { oneConnection } from "../support/one-connection.js";
import { seeded } from "../support/sip-wire.js";

const sipp = foreignProgram("sipp", "sip-tester");
const scenario = fileURLToPath(new URL("sipp/subscribe-dialog.xml", import.meta.url));
const run = promisify(execFile);
let socket: Socket | null = null;

afterEach(() => {
  socket?.close();
  socket = null;
});

/** A SIP face on a free port of loopback; gives the port and what reaches it. */
async function listen(): Promise<{ readonly port: number; readonly heard: string[] }> {
  const bound = createSocket("udp4");
  socket = bound;
  bound.bind(0, "127.0.0.1");
  await once(bound, "listening");
  const { port } = bound.address();
  const address = { address: "127.0.0.1", port };
  const facts = { gateway: "gw1.example", bootId: "B0", counter: 3, upMs: 9_000, epoch: null, heard: [] };
  const snapshot = { ...facts, connections: [oneConnection], lineEvents: [], ended: [] };
  const face = new SipFace(
    { gateway: "gw1.example", address, lines: ["aaln/1"], mayAsk: () => true },
    () => snapshot,
    seeded(1),
  );
  const transactions = new SipTransactions({ sentBy: address }, seeded(2));
  const heard: string[] = [];
  const send = (datagrams: readonly OutgoingDatagram[]) => {
    for (const { bytes, to } of datagrams) bound.send(bytes, to.port, to.address);
  };
  bound.on("message", (bytes, { address: fromAddress, port: fromPort }) => {
    const nowMs = performance.now();
    const turn = transactions.receive(bytes, { address: fromAddress, port: fromPort }, nowMs);
    send(turn.sends);
    for (const event of turn.events) {
      heard.push(event.kind === "response" ? `${event.response.status} NOTIFY` : event.kind);
      send(transactions.perform(face.sipEvent(event, nowMs), nowMs).sends);
    }
  });
  return { port, heard };
}

async function ask(port: number, service: string): Promise<number> {
  const cwd = mkdtempSync(join(tmpdir(), "holdover-sipp-"));
  const options = ["-sf", scenario, "-s", service, "-i", "127.0.0.1", "-m", "1", "-timeout", "10s", "-nostdin"];
  try {
    await run(sipp.path, [...options, `127.0.0.1:${port}`], { cwd, timeout: 20_000 });
    return 0;
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "number") return error.code;
    throw error;
  }
}

describe.skipIf(!sipp.installed)("SIPp", () => {
  test("SUBSCRIBE at all connections and at a line is answered by 200 and a NOTIFY with the dialog", async () => {
    const { port, heard } = await listen();
    expect(await ask(port, "connections")).toBe(0);
    expect(await ask(port, "aaln/1")).toBe(0);
    expect(heard).toEqual(["request", "200 NOTIFY", "request", "200 NOTIFY"]);
  });

  test("SUBSCRIBE at what is not there fails its scenario", async () => {
    const { port } = await listen();
    expect(await ask(port, "nobody")).toBe(1);
  });
});
