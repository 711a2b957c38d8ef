/**
 * MGCP messages to bytes (RFC 3435 section 3 and Appendix A): upper-case codes, one space, lines ended by CR LF.
 *
 *   CRCX 1204 aaln/1@gw1.example MGCP 1.0     200 1204 OK
 *   C: A3C47F21456789F0                       I: FDE234C8
 *   M: recvonly
 *                                             v=0
 *   v=0 ...                                   ...
 */
import { formatEndpoint, type MgcpMessage } from "./message.js";
import { writeParameters } from "./parameters.js";

/** A Buffer, as those share their memory while they are small: an ArrayBuffer for each would be the dearest part of it. */
export function writeMessage(message: MgcpMessage): Uint8Array {
  return Buffer.from(writeText(message));
}

/** Several messages in one datagram, a line of one dot between them (section 3.5.5). */
export function writePiggybacked(messages: readonly MgcpMessage[]): Uint8Array {
  return Buffer.from(messages.map(writeText).join(".\r\n"));
}

/** Messages that are written already, in one datagram. */
export function joinMessages(messages: readonly Uint8Array[]): Uint8Array {
  const [only, ...more] = messages;
  if (only !== undefined && more.length === 0) return only;
  let length = Math.max(messages.length - 1, 0) * separator.length;
  for (const message of messages) length += message.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const message of messages) {
    if (at > 0) joined.set(separator, at - separator.length);
    joined.set(message, at);
    at += message.length + separator.length;
  }
  return joined;
}

const separator = Buffer.from(".\r\n");

function writeText(message: MgcpMessage): string {
  const firstLine =
    message.kind === "command"
      ? `${message.verb} ${message.transactionId} ${formatEndpoint(message.endpoint)} MGCP 1.0`
      : writeResponseLine(message.code, message.transactionId, message.packageName, message.comment);
  let text = `${firstLine}\r\n${writeParameters(message.parameters)}`;
  const sessions = message.kind === "response" ? message.sessions : message.session === null ? [] : [message.session];
  for (const session of sessions) text += `\r\n${session}`;
  return text;
}

/** Section 3.3: the package stands between number and comment. */
function writeResponseLine(code: number, transactionId: number, packageName: string | null, comment: string): string {
  const digits = code >= 100 ? String(code) : String(code).padStart(3, "0");
  const named = packageName === null ? "" : ` /${packageName}`;
  const plain = comment === "OK" ? comment : plainComment(comment);
  return `${digits} ${transactionId}${named}${plain === "" ? "" : ` ${plain}`}`;
}

/** One printable line, bounded: a comment may quote what a stranger sent. */
export function plainComment(text: string): string {
  const printable = text.replaceAll("\t", " ").replace(/[^\x20-\x7e]/g, "?");
  return printable.trim().slice(0, commentCharactersMax).trimEnd();
}

export const commentCharactersMax = 200;
