/** A gateway with calls as they really look, for tests that show a table to a program or a reader. */
import type { ActiveConnection, GatewaySnapshot } from "../../firmware/protocol/active-connection.js";

/** An answered call from line to line; its connection id is A0 + number in hex. */
export function aCallOf(number: number): ActiveConnection {
  return {
    gateway: "gw1.example",
    connectionId: (0xa0 + number).toString(16).toUpperCase(),
    callId: (0xc000 + number).toString(16).toUpperCase(),
    endpoint: `aaln/${number}`,
    mode: "sendrecv",
    state: "up",
    origin: { device: `${100 + number}`, address: "127.10.1.1", from: "line" },
    durationMs: 60_000 + 1000 * number,
    startedWallMs: Date.UTC(2026, 10, 22, 18, 40, 0, 500),
    sendCoding: { encoding: "PCMU", clockRateHz: 8000, payloadType: 0, ptimeMs: 20 },
    receiveCoding: { encoding: "PCMA", clockRateHz: 8000, payloadType: 8, ptimeMs: 20 },
    qos: { dscp: 46, reservation: "none" },
    localMedia: { address: "127.10.0.1", port: 20_000 + 2 * number },
    remoteMedia: { address: "127.10.0.2", port: 30_000 + 2 * number },
    learntMedia: null,
    statistics: {
      packetsSent: 3050,
      octetsSent: 488_000,
      packetsReceived: 3049,
      octetsReceived: 487_840,
      packetsLost: 1,
      jitterMs: 0.125,
      roundTripMs: null,
      mos: 4.41,
      lastMediaAgeMs: 12,
    },
    notifiedEntity: "ca@[127.10.0.3]:2727",
    epoch: { number: 3, server: "ca-primary" },
    tag: "",
    changedAt: 40 + number,
  };
}

export function aGatewayWith(connections: readonly ActiveConnection[]): GatewaySnapshot {
  return {
    gateway: "gw1.example",
    bootId: "5F3A9C01",
    counter: 400,
    upMs: 3_600_000,
    epoch: { number: 3, server: "ca-primary" },
    heard: [
      { address: "127.10.0.3", ageMs: 120 },
      { address: "127.10.0.4", ageMs: 4_000 },
    ],
    connections,
    lineEvents: [],
    ended: [],
  };
}
