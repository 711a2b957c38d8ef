/**
 * A capture file (pcap, link type 228: IPv4 without a link layer) of UDP datagrams that were never on a wire, for
 * programs that read such files.
 */
import { writeFileSync } from "node:fs";

export interface CapturedDatagram {
  readonly bytes: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

const magicMicroseconds = 0xa1b2c3d4;
const linkTypeIpv4 = 228;
const captureBytesMax = 262_144;
const udp = 17;

/** Each datagram a millisecond after the one before, between 127.0.0.1 and 127.0.0.2. */
export function writeCapture(file: string, datagrams: readonly CapturedDatagram[]): void {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(magicMicroseconds, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(captureBytesMax, 16);
  header.writeUInt32LE(linkTypeIpv4, 20);
  const records = datagrams.map((datagram, index) => {
    const packet = ipv4Packet(datagram);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1 + Math.floor(index / 1_000), 0);
    record.writeUInt32LE((index % 1_000) * 1_000, 4);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    return Buffer.concat([record, packet]);
  });
  writeFileSync(file, Buffer.concat([header, ...records]));
}

/** RFC 791 and 768; the checksum of UDP is zero: not computed. */
function ipv4Packet({ bytes, sourcePort, destinationPort }: CapturedDatagram): Buffer {
  const header = Buffer.alloc(28);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(28 + bytes.length, 2);
  header.writeUInt8(64, 8);
  header.writeUInt8(udp, 9);
  header.set([127, 0, 0, 1, 127, 0, 0, 2], 12);
  header.writeUInt16BE(checksum(header.subarray(0, 20)), 10);
  header.writeUInt16BE(sourcePort, 20);
  header.writeUInt16BE(destinationPort, 22);
  header.writeUInt16BE(8 + bytes.length, 24);
  return Buffer.concat([header, bytes]);
}

function checksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
