/**
 * Session descriptions of LOCAL connections (RFC 3435 section 3.4.2): between two endpoints of one gateway, so an endpoint's
 * name stands where an address would, and no port.
 *
 *   v=0
 *   o=- <session id> <version> LOCAL EPN <local endpoint name>
 *   s=-
 *   c=LOCAL EPN <local endpoint name>
 *   t=0 0
 *   a=MGCPlocalcx:<connection id>
 *   m=audio 0 LOCAL <payload type> ...
 *   a=rtpmap:<payload type> <encoding>/<clock rate>
 */
import { codingLines, formatNumbers, type MediaDescription } from "../sdp.js";

/** The connection that it describes: its endpoint, without the domain, and its id. */
export interface LocalConnection {
  readonly endpoint: string;
  readonly connectionId: string;
}

/** The address in the description is passed over. Lines ended by CR LF, the last one too. */
export function writeLocalSession(description: MediaDescription, { endpoint, connectionId }: LocalConnection): string {
  const { sessionId, sessionVersion } = description;
  const lines = [
    "v=0",
    `o=- ${sessionId} ${sessionVersion} LOCAL EPN ${endpoint}`,
    "s=-",
    `c=LOCAL EPN ${endpoint}`,
    "t=0 0",
    `a=MGCPlocalcx:${connectionId}`,
    `m=audio 0 LOCAL ${formatNumbers(description).join(" ")}`,
    ...codingLines(description),
  ];
  return `${lines.join("\r\n")}\r\n`;
}

/** Only that it is one: whose far side it describes is known to the gateway that wrote it. */
export function isLocalSession(text: string): boolean {
  return /^v=0\r?\n(?:[^\n]*\n){0,64}c=LOCAL EPN \S/i.test(text);
}
