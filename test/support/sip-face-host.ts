/** A SIP face over real sockets, UDP and TCP at the same port of loopback, for programs that are not ours. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { openStreamListener, type StreamLimits, streamLimits } from "../../firmware/io/stream-listener.js";
import { SipFace } from "../../firmware/management/sip-face.js";
import type { ActiveConnection } from "../../firmware/protocol/active-connection.js";
import type { Address } from "../../firmware/protocol/address.js";
import type { OutgoingDatagram } from "../../firmware/protocol/datagram.js";
import { SipTransactions } from "../../firmware/protocol/sip/transactions.js";
import { oneConnection } from "./one-connection.js";
import { seeded } from "./sip-wire.js";

export interface SipFaceHost {
  readonly address: Address;
  /** What reached it: `request`, `200 NOTIFY`. */
  readonly heard: string[];
  /** The table is another from now on; subscribers are told. */
  change(connections: readonly ActiveConnection[]): void;
  close(): Promise<void>;
}

export async function hostSipFace(
  connections: readonly ActiveConnection[] = [oneConnection],
  limits: Partial<StreamLimits> = {},
): Promise<SipFaceHost> {
  const bound = createSocket("udp4");
  bound.bind(0, "127.0.0.1");
  await once(bound, "listening");
  const address = { address: "127.0.0.1", port: bound.address().port };
  const facts = {
    gateway: "gw1.example",
    bootId: "B0",
    upMs: 9_000,
    epoch: null,
    heard: [],
    lineEvents: [],
    ended: [],
  };
  let snapshot = { ...facts, counter: 3, connections };
  const options = { gateway: "gw1.example", address, lines: ["aaln/1"], mayAsk: () => true };
  const face = new SipFace(options, () => snapshot, seeded(1));
  const transactions = new SipTransactions({ sentBy: address, streamBytesMax: 1 << 25 }, seeded(2));
  const heard: string[] = [];
  const send = (messages: readonly OutgoingDatagram[]) => {
    for (const { bytes, to, isStream } of messages) {
      if (isStream === true) listener.send(bytes, to);
      else bound.send(bytes, to.port, to.address);
    }
  };
  const receive = (bytes: Uint8Array, from: Address, isStream: boolean) => {
    const nowMs = performance.now();
    const turn = transactions.receive(bytes, from, nowMs, isStream);
    send(turn.sends);
    for (const event of turn.events) {
      heard.push(event.kind === "response" ? `${event.response.status} NOTIFY` : event.kind);
      send(transactions.perform(face.sipEvent(event, nowMs), nowMs).sends);
    }
  };
  bound.on("message", (bytes, from) => receive(bytes, { address: from.address, port: from.port }, false));
  const all = { ...streamLimits, unsentBytesMax: 1 << 25, ...limits };
  const stream = await openStreamListener(
    address,
    all,
    () => true,
    (bytes, from) => receive(bytes, from, true),
  );
  if (!stream.ok) throw new Error(stream.reason);
  const listener = stream.value;
  return {
    address,
    heard,
    change: (changed) => {
      snapshot = { ...snapshot, counter: snapshot.counter + 1, connections: changed };
      // As if the least interval between two NOTIFYs were over.
      const laterMs = performance.now() + 2_000;
      send(transactions.perform(face.changed(laterMs), laterMs).sends);
    },
    close: async () => {
      bound.close();
      await listener.close();
    },
  };
}
