/** A SIP message as bytes (RFC 3261 section 7), in the one form this project writes: the order of header-fields.ts. */
import { contentTypeField, headerFields } from "./header-fields.js";
import { formatText } from "./header-values.js";
import type { SipMessage } from "./message.js";
import { formatUri } from "./uri.js";

export function writeSip(message: SipMessage): Uint8Array {
  const { headers, body } = message;
  const lines = [
    message.kind === "request"
      ? `${message.method} ${formatUri(message.uri)} SIP/2.0`
      : `SIP/2.0 ${message.status} ${formatText(message.reason)}`,
  ];
  for (const field of headerFields) for (const value of field.write(headers)) lines.push(`${field.name}: ${value}`);
  for (const { name, value } of headers.others ?? []) lines.push(`${name}: ${formatText(value)}`);
  for (const value of contentTypeField.write(headers)) lines.push(`${contentTypeField.name}: ${value}`);
  const head = new TextEncoder().encode(`${lines.join("\r\n")}\r\nContent-Length: ${body.length}\r\n\r\n`);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}
