/** The session description that a SIP message carries, as far as a call can be made of it. */
import { type ParseResult, parsed, refused } from "../parse-result.js";
import { type MediaDescription, parseMediaDescription } from "../sdp.js";
import { bodyText, type SipMessage, type SipRequest, sdpType } from "./message.js";

/** Null: the request has no offer. */
export function offerOf(request: SipRequest): ParseResult<MediaDescription | null> {
  return request.body.length === 0 ? parsed(null) : mediaOf(request);
}

export function mediaOf(message: SipMessage): ParseResult<MediaDescription> {
  if (message.headers.contentType?.split(";")[0]?.trim().toLowerCase() !== sdpType) {
    return refused("it has no session description");
  }
  const media = parseMediaDescription(bodyText(message));
  if (media.ok && media.value.media.port === 0) return refused("its audio stream has port 0");
  // RFC 3550 section 11: RTCP goes to the port above.
  if (media.ok && media.value.media.port === 65_535) return refused("its audio stream leaves no port for RTCP");
  return media;
}
