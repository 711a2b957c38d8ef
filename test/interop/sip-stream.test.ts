/** SIP over TCP on real sockets: an audit too large for UDP, standing subscriptions, and connections that mean no good. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Address } from "../../firmware/protocol/address.js";
import { parseDialogInfo } from "../../firmware/protocol/dialog-info.js";
import { responseTo } from "../../firmware/protocol/sip/build.js";
import { bodyText, type SipMessage } from "../../firmware/protocol/sip/message.js";
import { parseSip } from "../../firmware/protocol/sip/parse.js";
import { SipStreamFramer } from "../../firmware/protocol/sip/stream-framer.js";
import { writeSip } from "../../firmware/protocol/sip/write.js";
import { runQuery } from "../../host/io/query-runner.js";
import { SipQuery } from "../../host/query/sip-query.js";
import { aCallOf } from "../support/example-snapshot.js";
import { hostSipFace, type SipFaceHost } from "../support/sip-face-host.js";
import { aRequest } from "../support/sip-wire.js";

let host: SipFaceHost | null = null;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await host?.close();
  host = null;
});

function calls(count: number) {
  return Array.from({ length: count }, (_, number) => ({ ...aCallOf(number + 1), tag: `v=1;from=${number}` }));
}

function audit(to: Address, transport: "udp" | "tcp" = "udp") {
  const queryAt = (from: Address) => new SipQuery({ gateway: "gw1", to, from, transport }, Math.random);
  return runQuery(queryAt, { address: "127.0.0.1" }, () => performance.now());
}

describe("an audit", () => {
  test("of 10,000 connections turns to TCP by itself and has them all, tags too", async () => {
    host = await hostSipFace(calls(10_000));
    const outcome = await audit(host.address);
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(outcome.audit.connections).toEqual(calls(10_000));
    await vi.waitFor(() => expect(host?.heard).toEqual(["request", "200 NOTIFY", "request", "200 NOTIFY"]));
  });

  test("begins with TCP where it is told to", async () => {
    host = await hostSipFace(calls(3));
    const outcome = await audit(host.address, "tcp");
    expect(outcome).toMatchObject({ ok: true, audit: { connections: calls(3) }, cost: { sent: 2, received: 2 } });
  });

  test("says why where nobody speaks TCP", async () => {
    host = await hostSipFace(calls(3));
    const { address } = host;
    await host.close();
    host = null;
    expect(await audit(address, "tcp")).toMatchObject({ ok: false, reason: expect.stringContaining("ECONNREFUSED") });
  });
});

/** A connection to the face, and the messages that came over it. */
async function connected(to: Address) {
  const socket = connect({ host: to.address, port: to.port });
  sockets.push(socket);
  const messages: SipMessage[] = [];
  const framer = new SipStreamFramer(1 << 20);
  socket.on("error", () => undefined);
  socket.on("data", (bytes) => {
    for (const framed of framer.push(bytes).messages) {
      const message = parseSip(framed);
      if (!message.ok) throw new Error(message.reason);
      messages.push(message.value);
      if (message.value.kind === "request") socket.write(writeSip(responseTo(message.value, 200)));
    }
  });
  await once(socket, "connect");
  return { socket, messages };
}

describe("a standing subscription over TCP", () => {
  test("is told of changes on its own connection, in parts", async () => {
    host = await hostSipFace(calls(2));
    const { socket, messages } = await connected(host.address);
    const event = { token: "dialog", parameters: [] };
    const via = [
      { transport: "TCP", host: "127.0.0.1", port: null, parameters: [{ name: "branch", value: "z9hG4bKa" }] },
    ];
    const asked = aRequest("SUBSCRIBE", "standing-1", { event, expiresSeconds: 600 });
    const uri = { ...asked.uri, ...(asked.uri.kind === "sip" ? { user: "connections" } : {}) };
    socket.write(writeSip({ ...asked, uri, headers: { ...asked.headers, via } }));
    await vi.waitFor(() => expect(messages).toHaveLength(2));
    await vi.waitFor(() => expect(host?.heard).toEqual(["request", "200 NOTIFY"]));
    host.change(calls(3));
    await vi.waitFor(() => expect(messages).toHaveLength(3));
    const told = messages.slice(1).map((message) => {
      const document = parseDialogInfo(bodyText(message));
      return document.ok ? `${document.value.state} ${document.value.dialogs.length}` : document.reason;
    });
    expect(told).toEqual(["full 2", "partial 1"]);
  });
});

describe("a connection", () => {
  test("is kept alive by CRLF CRLF, which is answered by CRLF", async () => {
    host = await hostSipFace();
    const socket = connect({ host: host.address.address, port: host.address.port });
    sockets.push(socket);
    socket.write("\r\n\r\n");
    const [pong] = await once(socket, "data");
    expect(String(pong)).toBe("\r\n");
  });

  test("that begins a message and does not end it is cut, and so is one that is silent", async () => {
    host = await hostSipFace(undefined, { messageMs: 50, idleMs: 100 });
    const slow = connect({ host: host.address.address, port: host.address.port });
    const silent = connect({ host: host.address.address, port: host.address.port });
    sockets.push(slow, silent);
    slow.write("OPTIONS sip:a@b SIP/2.0\r\n");
    // A byte now and then keeps nothing alive.
    const drip = setInterval(() => slow.write("x"), 10);
    slow.on("error", () => undefined);
    await Promise.all([once(slow, "close"), once(silent, "close")]);
    clearInterval(drip);
  });

  test("too many of one address are refused, those that are there stay", async () => {
    host = await hostSipFace(undefined, { perAddressMax: 2 });
    const first = await connected(host.address);
    await connected(host.address);
    const third = await connected(host.address);
    await once(third.socket, "close");
    expect(first.socket.closed).toBe(false);
  });

  test("that sends what is no SIP is cut, and the next is answered", async () => {
    host = await hostSipFace();
    for (const text of ["x".repeat(20_000), "OPTIONS sip:a@b SIP/2.0\r\n\r\n", `A\r\nl: ${10 ** 8}\r\n\r\n`]) {
      const { socket } = await connected(host.address);
      socket.write(text);
      await once(socket, "close");
    }
    expect(await audit(host.address, "tcp")).toMatchObject({ ok: true });
  });
});
