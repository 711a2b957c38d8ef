import { expect, test } from "vitest";
import { loadLibc } from "../../../firmware/io/libc.js";
import { openSignallingSocket } from "../../../firmware/io/signalling-socket.js";
import type { UdpSocket } from "../../../firmware/io/udp-socket.js";
import type { Address } from "../../../firmware/protocol/address.js";

type Receive = (bytes: Uint8Array, from: Address) => void;

/** With the C library where it can be called, as a server has it, and without. */
const libraries = [await loadLibc(), null];

async function opened(libc: (typeof libraries)[number], receive: Receive): Promise<UdpSocket> {
  const socket = await openSignallingSocket(libc, { address: "127.0.0.1", port: 0 }, receive);
  if (!socket.ok) throw new Error(socket.reason);
  return socket.value;
}

async function echo(libc: (typeof libraries)[number]): Promise<UdpSocket> {
  const server: UdpSocket = await opened(libc, (bytes, from) => server.send(bytes, from));
  return server;
}

/** The texts that came back of those that were sent at once, in order. */
async function exchanged(server: UdpSocket, texts: readonly string[]): Promise<string[]> {
  const back: string[] = [];
  let done: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const client = await opened(null, (bytes, from) => {
    expect(from).toEqual(server.local);
    back.push(Buffer.from(bytes).toString());
    if (back.length === texts.length) done();
  });
  for (const text of texts) client.send(Buffer.from(text), server.local);
  await all;
  await client.close();
  return back;
}

test.each(libraries)(
  "many that come at once, of several senders, are answered each to its sender in order",
  async (libc) => {
    const server = await echo(libc);
    const runs = ["a", "b", "c"].map((name) => Array.from({ length: 200 }, (_, index) => `${name}${index}`));
    const back = await Promise.all(runs.map((texts) => exchanged(server, texts)));
    expect(back).toEqual(runs);
    await server.close();
  },
);

test.each(libraries)("the largest datagrams go through as well as an empty one", async (libc) => {
  const server = await echo(libc);
  const texts = ["", "x".repeat(65_507), "y".repeat(60_000), "z"];
  expect(await exchanged(server, texts)).toEqual(texts);
  await server.close();
});

test.each(libraries)("what is received belongs to the receiver: later datagrams change nothing in it", async (libc) => {
  const kept: Uint8Array[] = [];
  const server: UdpSocket = await opened(libc, (bytes, from) => {
    kept.push(bytes);
    server.send(bytes, from);
  });
  const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`);
  await exchanged(server, texts);
  expect(kept.map((bytes) => Buffer.from(bytes).toString())).toEqual(texts);
  await server.close();
});

test.each(libraries)("what cannot be sent stops nothing, and a closed socket sends nothing more", async (libc) => {
  const server = await echo(libc);
  for (const port of [0, 65_536]) server.send(Buffer.from("nowhere"), { address: "127.0.0.1", port });
  expect(await exchanged(server, ["here"])).toEqual(["here"]);
  await server.close();
  server.send(Buffer.from("late"), { address: "127.0.0.1", port: 9 });
});

test.each(libraries)("a port that is in use is a reason in words", async (libc) => {
  const server = await echo(libc);
  const second = await openSignallingSocket(libc, server.local, () => undefined);
  expect(second.ok ? "" : second.reason).toContain("in use by another program");
  await server.close();
});
