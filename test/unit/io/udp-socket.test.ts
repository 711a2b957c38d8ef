import { expect, test } from "vitest";
import { openUdpSocket, type UdpSocket } from "../../../firmware/io/udp-socket.js";

async function opened(receive: (bytes: Uint8Array) => void): Promise<UdpSocket> {
  const socket = await openUdpSocket({ address: "127.0.0.1", port: 0 }, receive);
  if (!socket.ok) throw new Error(socket.reason);
  return socket.value;
}

test("a datagram to a port that no datagram can go to is dropped, and those that follow are sent", async () => {
  const arrived = new Promise<string>((resolve) => {
    void opened((bytes) => resolve(Buffer.from(bytes).toString())).then(async (receiver) => {
      const sender = await opened(() => undefined);
      for (const port of [0, 65_536]) sender.send(Buffer.from("nowhere"), { address: "127.0.0.1", port });
      sender.send(Buffer.from("here"), receiver.local);
      await arrived;
      await Promise.all([sender.close(), receiver.close()]);
    });
  });
  expect(await arrived).toBe("here");
});
