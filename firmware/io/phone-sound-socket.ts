import type { Address } from "#protocol/address.js";
import type { ParseResult } from "#protocol/parse-result.js";
import type { Libc } from "./libc.js";
import { openMarkedSocket, scratchBytes } from "./media-marked-socket.js";
import { openUdpSocket, type UdpSocket } from "./udp-socket.js";

/** RFC 3246: expedited forwarding, as for all telephony sound (RFC 4594 section 4.1). */
const expeditedForwarding = 46;

/** A UDP socket for RTP or RTCP, marked EF where the C library can be called. */
export function openSoundSocket(
  libc: Libc | null,
  local: Address,
  receive: (bytes: Uint8Array, from: Address) => void,
): Promise<ParseResult<UdpSocket>> {
  if (libc === null) return openUdpSocket(local, receive);
  const scratch = new SharedArrayBuffer(scratchBytes);
  const place = { base: libc.addressOf(scratch), scratchOffset: 0 };
  const marked = openMarkedSocket(libc, { view: new DataView(scratch) }, place, local, expeditedForwarding);
  // Where this fails the plain way fails as well, and says why in words.
  return openUdpSocket(local, receive, marked.ok ? marked.fd : null);
}
