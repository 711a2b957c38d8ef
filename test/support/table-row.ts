/** A row of a gateway's connection table, for tests that care for a few of its columns only. */
import type { ConnectionRow } from "../../firmware/management/connection-table.js";

const pcmu = { encoding: "PCMU", clockRateHz: 8000, payloadType: 0, ptimeMs: 20 } as const;

/** A relay's, being set up: nothing was agreed with its far side. */
export function tableRow(row: Partial<ConnectionRow> & Pick<ConnectionRow, "connectionId">): ConnectionRow {
  return {
    callId: "C1",
    endpoint: "relay/1",
    mode: "sendrecv",
    lease: { leg: 0, generation: 0, port: 0, binding: { address: "127.0.0.1", dscp: 46 }, ready: null },
    earlier: { packetsSent: 0, octetsSent: 0, packetsReceived: 0, octetsReceived: 0, packetsLost: 0 },
    sendCoding: null,
    receiveCoding: pcmu,
    dscp: 46,
    local: {
      sessionId: "1",
      sessionVersion: "1",
      media: { address: "127.0.0.1", port: 16_384 },
      codings: [pcmu],
      telephoneEventPayloadType: null,
      formatParameters: [],
      direction: "sendrecv",
    },
    remote: null,
    otherHalf: null,
    origin: { device: "", address: null, from: "line" },
    tag: "",
    epoch: null,
    madeAtMs: 0,
    started: null,
    ...row,
  };
}
