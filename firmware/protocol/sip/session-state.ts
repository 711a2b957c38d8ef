/**
 * What one call of a user agent can have come to, and what it tells its owner (invite-session). Values only.
 */
import type { Address } from "../address.js";
import type { MediaDescription } from "../sdp.js";
import type { SipDialog } from "./dialog.js";
import type { SipRequest } from "./message.js";
import type { AgreedSession } from "./session-agreement.js";
import type { SipOutput, TransactionKey } from "./sip-output.js";
import type { Uri } from "./uri.js";

export type SessionEvent =
  /** The far side rings: 180 or 183. */
  | { readonly kind: "ringing" }
  /** Our INVITE was accepted with this answer to our offer. */
  | { readonly kind: "answered"; readonly media: MediaDescription }
  /** The far side described its media, or described them anew: in the ACK of a call without an offer, or by re-INVITE. */
  | { readonly kind: "media"; readonly media: MediaDescription }
  /** The session is over and our side did not end it. */
  | { readonly kind: "ended"; readonly by: SessionEnd; readonly reason: string };

/** far: BYE or CANCEL; refusal: a final response from 300 on; failure: no answer, or one that makes no sense. */
export type SessionEnd = "far" | "refusal" | "failure";

export interface SessionTurn {
  readonly sip: readonly SipOutput[];
  readonly events: readonly SessionEvent[];
}

export interface SessionOptions {
  /** Of every client transaction of this session, and of no other session's. */
  readonly reference: string;
  /** Where the far side sends its requests in the dialog. */
  readonly contact: Uri;
}

/** A 2xx of ours that is not acknowledged; offer: what it offered, to be answered in the ACK. */
export interface AwaitedAck {
  readonly key: TransactionKey;
  readonly offer: MediaDescription | null;
}

export interface Live {
  readonly dialog: SipDialog;
  /** Where requests go when the dialog's target is a name. */
  readonly source: Address;
}

export type SessionState =
  | { readonly name: "new" }
  | {
      readonly name: "inviting";
      readonly request: SipRequest;
      readonly offer: MediaDescription;
      readonly left: boolean;
    }
  | {
      readonly name: "invited";
      readonly key: TransactionKey;
      readonly request: SipRequest;
      /** Null: it wants ours. */
      readonly offer: MediaDescription | null;
      readonly live: Live;
    }
  | {
      readonly name: "up";
      readonly live: Live;
      /** Null until the first offer of ours is answered. */
      readonly agreed: AgreedSession | null;
      readonly awaitsAck: AwaitedAck | null;
    }
  /** Ended by our side between the 2xx and its ACK. */
  | { readonly name: "leaving"; readonly live: Live; readonly awaitsAck: TransactionKey }
  | { readonly name: "over"; readonly live: Live | null; readonly awaitsByeAnswer: boolean };

/** Section 12.2.2: a request that is refused counts, but refreshes no target. */
export function refusedIn(live: Live, { remoteSequence }: SipDialog): Live {
  return { ...live, dialog: { ...live.dialog, remoteSequence } };
}

export function ended(by: SessionEnd, reason: string): SessionEvent {
  return { kind: "ended", by, reason };
}
