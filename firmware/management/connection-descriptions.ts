/** The session descriptions of a connection as MGCP tells them: of IP connections and of local ones (RFC 3435 section 3.4). */
import { writeLocalSession } from "#protocol/mgcp/local-session.js";
import { writeMediaDescription } from "#protocol/sdp.js";
import type { ConnectionRow } from "./connection-table.js";

export function writeLocalDescription(row: ConnectionRow): string {
  return row.otherHalf === null ? writeMediaDescription(row.local) : writeLocalSession(row.local, row);
}

/** `v=0` alone says that there is none (section 2.3.11). */
export function writeRemoteDescription({ remote, otherHalf }: ConnectionRow): string {
  if (remote === null) return "v=0\r\n";
  return otherHalf === null ? writeMediaDescription(remote) : writeLocalSession(remote, otherHalf);
}
