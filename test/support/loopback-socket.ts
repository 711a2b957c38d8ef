/** UDP sockets on loopback for tests, bound when they are handed over. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

export async function openLoopbackSocket(): Promise<Socket> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

/** A port that was free a moment ago. */
export async function freeLoopbackPort(): Promise<number> {
  const free = await openLoopbackSocket();
  const { port } = free.address();
  await new Promise<void>((resolve) => free.close(() => resolve()));
  return port;
}
