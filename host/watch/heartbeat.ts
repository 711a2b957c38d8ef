/**
 * Heartbeats between call servers: one UDP datagram each, authenticated with a shared secret, not encrypted. What they
 * mean is not decided here.
 *
 *    0      4  5    6    7         8            16           24           32                    32+n
 *   +------+--+----+----+---------+------------+------------+------------+---------------------+-----------------+
 *   |"HoHb"|v1|kind|role|n: 1..64 | sequence   | wall ms    | epoch      | server, n ASCII     | HMAC-SHA256, 32 |
 *   +------+--+----+----+---------+------------+------------+------------+---------------------+-----------------+
 *
 * Numbers are unsigned, big-endian, at most 2^53-1. The HMAC (RFC 2104, RFC 6234) covers all bytes before it.
 * Replay is refused by `HeartbeatGuard`: stamps must grow, and the first must be near our own clock.
 */
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { isSealed, sealBytes, sealed, serverName } from "../datagram-seal.js";

export const heartbeatRoles = ["starting", "standby", "active"] as const;
export type HeartbeatRole = (typeof heartbeatRoles)[number];

/**
 * ask: the receiver answers at once with a beat, so that a late peer can be tried. yield: the operator has put the sender
 * in charge, and the receiver stands by from now on; a version that does not know it goes by the epochs.
 */
export const heartbeatKinds = ["beat", "ask", "yield"] as const;

export interface Heartbeat {
  readonly kind: (typeof heartbeatKinds)[number];
  readonly server: string;
  /** In force, not as configured. */
  readonly role: HeartbeatRole;
  /** Highest epoch number the sender holds; 0 for none. */
  readonly epoch: number;
  /** Grows with each heartbeat of one start of the sender. */
  readonly sequence: number;
  /** Sender's wall clock, kept from stepping back while it runs. */
  readonly wallMs: number;
}

const magic = Buffer.from("HoHb", "ascii");
const version = 1;
const headBytes = 32;

export function writeHeartbeat(heartbeat: Heartbeat, secret: string): Uint8Array {
  const name = Buffer.from(heartbeat.server, "ascii");
  const head = Buffer.alloc(headBytes);
  magic.copy(head);
  head[4] = version;
  head[5] = heartbeatKinds.indexOf(heartbeat.kind);
  head[6] = heartbeatRoles.indexOf(heartbeat.role);
  head[7] = name.length;
  head.writeBigUInt64BE(BigInt(heartbeat.sequence), 8);
  head.writeBigUInt64BE(BigInt(Math.round(heartbeat.wallMs)), 16);
  head.writeBigUInt64BE(BigInt(heartbeat.epoch), 24);
  return sealed(Buffer.concat([head, name]), secret);
}

/** Refused: another format or version, a wrong length, a wrong HMAC, a number beyond 2^53-1. */
export function parseHeartbeat(bytes: Uint8Array, secret: string): ParseResult<Heartbeat> {
  const datagram = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (datagram.length < headBytes + 1 + sealBytes || !datagram.subarray(0, 4).equals(magic)) {
    return refused("not a heartbeat");
  }
  if (datagram[4] !== version) return refused(`heartbeat version ${datagram[4]} is not known`);
  const nameLength = datagram[7] ?? 0;
  const covered = headBytes + nameLength;
  if (datagram.length !== covered + sealBytes) return refused("heartbeat of a wrong length");
  if (!isSealed(datagram, covered, secret)) return refused("heartbeat with a wrong secret");
  const kind = heartbeatKinds[datagram[5] ?? -1];
  const role = heartbeatRoles[datagram[6] ?? -1];
  const server = datagram.toString("latin1", headBytes, covered);
  const sequence = Number(datagram.readBigUInt64BE(8));
  const wallMs = Number(datagram.readBigUInt64BE(16));
  const epoch = Number(datagram.readBigUInt64BE(24));
  if (kind === undefined || role === undefined || !serverName.test(server))
    return refused("heartbeat with unknown words");
  if (![sequence, wallMs, epoch].every(Number.isSafeInteger)) return refused("heartbeat with a number too large");
  return parsed({ kind, server, role, epoch, sequence, wallMs });
}

/** Longest difference of the two wall clocks at which a first heartbeat is believed. */
export const clockSkewMaxMs = 30_000;

/** Remembers the newest stamp of the peer, so that a recorded heartbeat cannot be played again. */
export class HeartbeatGuard {
  #newest: { readonly wallMs: number; readonly sequence: number } | null = null;

  /** `wallMs` is our own clock. */
  admit(heartbeat: Heartbeat, wallMs: number): ParseResult<Heartbeat> {
    const newest = this.#newest;
    const skewMs = Math.abs(heartbeat.wallMs - wallMs);
    if (skewMs > clockSkewMaxMs) return refused(`the peer's clock differs by ${Math.round(skewMs)} ms`);
    if (newest !== null) {
      const isNewer =
        heartbeat.wallMs > newest.wallMs ||
        (heartbeat.wallMs === newest.wallMs && heartbeat.sequence > newest.sequence);
      if (!isNewer) return refused("heartbeat out of order or played again");
    }
    this.#newest = { wallMs: heartbeat.wallMs, sequence: heartbeat.sequence };
    return parsed(heartbeat);
  }
}
