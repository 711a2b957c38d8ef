/**
 * Call detail records between the two call servers: one UDP datagram each, beside the heartbeats, authenticated with the
 * same secret, not encrypted. `record` carries one, `stored` says that it is on the receiver's disk.
 *
 *    0      4  5    6  7         8           16          24                  24+n               24+n+m
 *   +------+--+----+--+---------+-----------+-----------+-------------------+------------------+-----------------+
 *   |"HoCd"|v1|kind|0 |n: 1..64 | start     | number    | server, n ASCII   | m: JSON or empty | HMAC-SHA256, 32 |
 *   +------+--+----+--+---------+-----------+-----------+-------------------+------------------+-----------------+
 *
 * `start` is chance, drawn anew at each start of the record's sender, `number` counts its datagrams; `stored` has both from
 * the record it answers, so that none of an earlier start, played again, is taken for an answer. A record that is played
 * again merges into what is there. Numbers are unsigned, big-endian, below 2^53.
 */
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { isSealed, sealBytes, sealed, serverName } from "../datagram-seal.js";

export const recordDatagramKinds = ["record", "stored"] as const;

export interface RecordDatagram {
  readonly kind: (typeof recordDatagramKinds)[number];
  /** The sender's name. */
  readonly server: string;
  readonly start: number;
  readonly number: number;
  /** One record as JSON; empty in `stored`. */
  readonly json: string;
}

const magic = Buffer.from("HoCd", "ascii");
const version = 1;
const headBytes = 24;
/** A record has about 1,500 bytes. */
export const recordBytesMax = 16_384;

/** Whether it is one of these and no heartbeat; nothing else is checked. */
export function isRecordDatagram(bytes: Uint8Array): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

export function writeRecordDatagram(datagram: RecordDatagram, secret: string): Uint8Array {
  const name = Buffer.from(datagram.server, "ascii");
  const head = Buffer.alloc(headBytes);
  magic.copy(head);
  head[4] = version;
  head[5] = recordDatagramKinds.indexOf(datagram.kind);
  head[7] = name.length;
  head.writeBigUInt64BE(BigInt(datagram.start), 8);
  head.writeBigUInt64BE(BigInt(datagram.number), 16);
  return sealed(Buffer.concat([head, name, Buffer.from(datagram.json)]), secret);
}

/** Refused: another format or version, a wrong length, a wrong HMAC, a number beyond 2^53-1. */
export function parseRecordDatagram(bytes: Uint8Array, secret: string): ParseResult<RecordDatagram> {
  const datagram = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nameEnd = headBytes + (datagram[7] ?? 0);
  const covered = datagram.length - sealBytes;
  if (!isRecordDatagram(bytes) || covered < nameEnd) return refused("not a record");
  if (datagram[4] !== version) return refused(`record datagram version ${datagram[4]} is not known`);
  if (covered - nameEnd > recordBytesMax) return refused(`record above ${recordBytesMax} bytes`);
  if (!isSealed(datagram, covered, secret)) return refused("record with a wrong secret");
  const kind = recordDatagramKinds[datagram[5] ?? -1];
  const server = datagram.toString("latin1", headBytes, nameEnd);
  const start = Number(datagram.readBigUInt64BE(8));
  const number = Number(datagram.readBigUInt64BE(16));
  if (kind === undefined || datagram[6] !== 0 || !serverName.test(server)) return refused("record with unknown words");
  if (![start, number].every(Number.isSafeInteger)) return refused("record with a number too large");
  return parsed({ kind, server, start, number, json: datagram.toString("utf8", nameEnd, covered) });
}
