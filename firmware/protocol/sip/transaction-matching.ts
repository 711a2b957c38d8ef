/**
 * Which transaction a message belongs to (RFC 3261 sections 17.1.3 and 17.2.3), where its response goes (section 18.2,
 * RFC 3581), and the two requests the transaction layer makes itself: ACK of a non-2xx and CANCEL.
 */
import type { Address } from "../address.js";
import {
  emptyBody,
  maxForwardsDefault,
  type NameAddress,
  type SipRequest,
  type SipResponse,
  tagOf,
  type Via,
} from "./message.js";
import { parameterOf, withParameter } from "./parameter.js";
import type { SipPeer, TransactionKey } from "./sip-output.js";
import { formatHostPort, formatUri, sipPort } from "./uri.js";

export const branchCookie = "z9hG4bK";

/** The client's key: its branch, which is ours and unique, and the method, for CANCEL has its INVITE's branch. */
export function clientKey(branch: string, method: string): TransactionKey {
  return `client ${branch} ${method}`;
}

/** The client transaction a response answers; null when its top Via has no branch. */
export function clientKeyOf(response: SipResponse): TransactionKey | null {
  const branch = topBranch(response.headers.via);
  return branch === null ? null : clientKey(branch, response.headers.cseq.method);
}

/**
 * Section 17.2.3. Without the magic cookie (RFC 2543 clients) Request-URI, From tag, Call-ID, CSeq and top Via name it;
 * the To tag may be left out of that, since no request of ours differs from another in it alone.
 */
export function serverKey(request: SipRequest, method: string): TransactionKey {
  const top = request.headers.via[0];
  const sentBy = top === undefined ? "" : formatHostPort(top.host.toLowerCase(), top.port);
  const branch = topBranch(request.headers.via);
  if (branch?.startsWith(branchCookie)) return `server ${branch} ${sentBy} ${method}`;
  const { from, callId, cseq } = request.headers;
  return `server ${branch} ${sentBy} ${method} ${formatUri(request.uri)} ${tagOf(from)} ${callId} ${cseq.number}`;
}

/** ACK of a 2xx has a branch of its own; dialog and CSeq number tie it to the INVITE (section 13.2.2.4). */
export function acknowledgementKey(request: SipRequest): string {
  return `${request.headers.callId} ${tagOf(request.headers.from)} ${request.headers.cseq.number}`;
}

function topBranch(via: readonly Via[]): string | null {
  return parameterOf(via[0]?.parameters ?? [], "branch") ?? null;
}

/** Section 18.2.1 and RFC 3581 section 4: the top Via as the server keeps and returns it. */
export function withSource(via: readonly Via[], from: Address): readonly Via[] {
  const [top, ...rest] = via;
  if (top === undefined) return via;
  const asksPort = parameterOf(top.parameters, "rport") !== undefined;
  if (!asksPort && top.host === from.address) return via;
  const received = withParameter(top.parameters, "received", from.address);
  const parameters = asksPort ? withParameter(received, "rport", String(from.port)) : received;
  return [{ ...top, parameters }, ...rest];
}

/**
 * Section 18.2.2 and RFC 3581 section 4. The address is always the one the request came from, whatever Via claims, so
 * that nobody can have us send to a third party; the port is the source's with rport, else the one in Via (where port 0 means nothing, and the source's is taken).
 */
export function replyPeer(via: readonly Via[], from: Address, reliable: boolean): SipPeer {
  const top = via[0];
  if (reliable || top === undefined || parameterOf(top.parameters, "rport") !== undefined) return { ...from, reliable };
  const port = top.port === 0 ? from.port : (top.port ?? sipPort);
  return { address: from.address, port, reliable };
}

/** Section 17.1.1.3: the ACK of a final response other than 2xx. */
export function acknowledge(request: SipRequest, response: SipResponse): SipRequest {
  return alongside(request, "ACK", response.headers.to);
}

/** Section 9.1. */
export function cancellation(request: SipRequest): SipRequest {
  return alongside(request, "CANCEL", request.headers.to);
}

function alongside(request: SipRequest, method: "ACK" | "CANCEL", to: NameAddress): SipRequest {
  const { via, from, callId, cseq, route } = request.headers;
  return {
    kind: "request",
    method,
    uri: request.uri,
    headers: {
      via: via.slice(0, 1),
      maxForwards: maxForwardsDefault,
      ...(route === undefined ? {} : { route }),
      from,
      to,
      callId,
      cseq: { number: cseq.number, method },
    },
    body: emptyBody,
  };
}
