/** What the modes of a connection mean for its packets (RFC 3435 section 2.3.1). */
import type { ConnectionMode } from "#protocol/active-connection.js";

/** Modes the engine can do. */
export const supportedModes: readonly ConnectionMode[] = [
  "sendrecv",
  "sendonly",
  "recvonly",
  "inactive",
  "loopback",
  "netwloop",
];

export function sendsMedia(mode: ConnectionMode): boolean {
  return mode === "sendrecv" || mode === "sendonly";
}

export function receivesMedia(mode: ConnectionMode): boolean {
  return mode === "sendrecv" || mode === "recvonly";
}

/** Section 2.3.5: without a remote description these are refused with 527. */
export function needsRemote(mode: ConnectionMode): boolean {
  return sendsMedia(mode) || mode === "netwloop";
}
