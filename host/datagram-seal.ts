/**
 * What the two call servers' datagrams, heartbeats and records, have alike: the sender's name in them and the seal at their
 * end, by the secret that both have. It is an HMAC-SHA256 (RFC 2104, RFC 6234) over all bytes before it; nothing is encrypted.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

export const sealBytes = 32;
export const serverName = /^[A-Za-z0-9._-]{1,64}$/;

export function sealed(covered: Uint8Array, secret: string): Buffer {
  return Buffer.concat([covered, sealOf(covered, secret)]);
}

/** Whether what follows the covered bytes is their seal and nothing else. */
export function isSealed(datagram: Buffer, coveredBytes: number, secret: string): boolean {
  const seal = datagram.subarray(coveredBytes);
  return seal.length === sealBytes && timingSafeEqual(sealOf(datagram.subarray(0, coveredBytes), secret), seal);
}

function sealOf(covered: Uint8Array, secret: string): Buffer {
  return createHmac("sha256", secret).update(covered).digest();
}
