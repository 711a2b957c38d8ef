/**
 * What is told of a relayed format beside its name (a=fmtp, RFC 8866 section 6.15). A relay changes no payload, so it tells
 * one far side what the other said of the same encoding, under its own payload type, and reads nothing of it. Before the
 * other far side is known it says what this one said: that is what it sends itself.
 */
import type { Coding } from "#protocol/active-connection.js";
import type { FormatParameters, MediaDescription } from "#protocol/sdp.js";
import { isSameEncoding } from "./codec-negotiation.js";

/** far: the remote description of the connection; opposite: that of the endpoint's other connection. */
export function carriedParameters(
  codings: readonly Coding[],
  far: MediaDescription | null,
  opposite: MediaDescription | null,
): FormatParameters[] {
  return codings.flatMap((coding) => {
    const theirs = opposite?.codings.find((one) => isSameEncoding(one, coding));
    const text = theirs === undefined ? parametersOf(far, coding) : parametersOf(opposite, theirs);
    return text === null ? [] : [{ payloadType: coding.payloadType, text }];
  });
}

function parametersOf(description: MediaDescription | null, wanted: Coding): string | null {
  const coding = description?.codings.find((one) => isSameEncoding(one, wanted));
  const found = description?.formatParameters.find(({ payloadType }) => payloadType === coding?.payloadType);
  return found?.text ?? null;
}
