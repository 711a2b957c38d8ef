/**
 * One standing or one-shot subscription to the dialog package, as the notifier keeps it: its dialog, what its subscriber
 * has been told, and the NOTIFY that tells it the rest. RFC 6665 section 4.2.2, RFC 4235 sections 3.7 to 3.10. It keeps
 * no time of its own: sip-face.ts says when.
 */
import type { ActiveConnection, GatewaySnapshot } from "#protocol/active-connection.js";
import type { GatewayFacts } from "#protocol/connection-element.js";
import { type DialogElement, dialogInfoType, dialogOf, endedDialog, writeDialogInfo } from "#protocol/dialog-info.js";
import { contactOf, requestInDialog, type SipDialog } from "#protocol/sip/dialog.js";
import { bodyOf, type ExtraHeaders, emptyBody, type ParameterisedToken } from "#protocol/sip/message.js";
import { parameterOf } from "#protocol/sip/parameter.js";
import type { SipOutput, SipPeer } from "#protocol/sip/sip-output.js";
import { formatUri, type SipUri, sipUri } from "#protocol/sip/uri.js";

/** Over UDP a NOTIFY goes in one datagram: what is more is told later, or to a one-shot asker not at all. */
export const documentBytesMax = 58_000;

export interface SubscriptionSettings {
  readonly gateway: string;
  /** Where the gateway is asked. */
  readonly contact: SipUri;
  /** What is observed: a line, or null for every connection. */
  readonly line: string | null;
  readonly event: ParameterisedToken;
  readonly dialog: SipDialog;
  readonly peer: SipPeer;
  readonly documentBytesMax: number;
  /** Of every NOTIFY, see SipOutput. */
  readonly reference: string;
}

/** Whether the subscription goes on, and for how long; or why it ended. */
export type SubscriptionStanding =
  | { readonly name: "active"; readonly expiresSeconds: number }
  | { readonly name: "terminated"; readonly reason: "timeout" };

export const observedAll = "connections";

export class Subscription {
  readonly #settings: SubscriptionSettings;
  #dialog: SipDialog;
  #version = 0;
  /** Connections the subscriber knows, by id, with the change counter of what it was told. */
  #told = new Map<string, { readonly callId: string; readonly changedAt: number }>();

  constructor(settings: SubscriptionSettings) {
    this.#settings = settings;
    this.#dialog = settings.dialog;
  }

  get dialog(): SipDialog {
    return this.#dialog;
  }

  get line(): string | null {
    return this.#settings.line;
  }

  get reference(): string {
    return this.#settings.reference;
  }

  /** The dialog after a refresh. */
  refreshed(dialog: SipDialog): void {
    this.#dialog = dialog;
  }

  /** Whether this Event names the subscription (RFC 6665 section 8.2.1: token and id). */
  hasEvent(event: ParameterisedToken | undefined): boolean {
    const mine = this.#settings.event;
    return event?.token === mine.token && parameterOf(event.parameters, "id") === parameterOf(mine.parameters, "id");
  }

  /** Everything there is, as the answer to a SUBSCRIBE. */
  notifyAll(snapshot: GatewaySnapshot, standing: SubscriptionStanding): SipOutput {
    this.#told.clear();
    const connections = this.#observed(snapshot);
    return this.#notifyDocument(connections, [], "full", snapshot, standing);
  }

  /** What changed since the subscriber was last told; null when nothing did. */
  notifyChanges(snapshot: GatewaySnapshot, standing: SubscriptionStanding): SipOutput | null {
    const connections = this.#observed(snapshot);
    const present = new Set(connections.map(({ connectionId }) => connectionId));
    const changed = connections.filter((connection) => !this.#knows(connection));
    const ended = [...this.#told].filter(([id]) => !present.has(id)).map(([id, { callId }]) => endedDialog(id, callId));
    if (changed.length + ended.length === 0) return null;
    return this.#notifyDocument(changed, ended, "partial", snapshot, standing);
  }

  /** Whether something of the snapshot, new, changed or gone, did not fit into what was sent. */
  lacks(snapshot: GatewaySnapshot): boolean {
    const connections = this.#observed(snapshot);
    return this.#told.size > connections.length || connections.some((connection) => !this.#knows(connection));
  }

  #knows({ connectionId, changedAt }: ActiveConnection): boolean {
    return this.#told.get(connectionId)?.changedAt === changedAt;
  }

  /** The last NOTIFY of a subscription that ran out (RFC 6665 section 4.2.1.4); without a document. */
  notifyEnd(): SipOutput {
    return this.#notify(emptyBody, {}, { name: "terminated", reason: "timeout" }, false);
  }

  #observed(snapshot: GatewaySnapshot): readonly ActiveConnection[] {
    const { line, event } = this.#settings;
    const callId = parameterOf(event.parameters, "call-id");
    return snapshot.connections.filter(
      (connection) =>
        (line === null || connection.endpoint === line) && (callId === undefined || connection.callId === callId),
    );
  }

  #notifyDocument(
    connections: readonly ActiveConnection[],
    ended: readonly DialogElement[],
    state: "full" | "partial",
    snapshot: GatewaySnapshot,
    standing: SubscriptionStanding,
  ): SipOutput {
    const { gateway, line } = this.#settings;
    const entity = formatUri(sipUri(line ?? observedAll, gateway.replace(/^\[(.*)\]$/, "$1")));
    const dialogs = [...ended, ...connections.map((connection) => dialogOf(connection, true))];
    const info = { version: this.#version, state, entity, dialogs, gateway: factsOf(snapshot) };
    const { text, told } = writeDialogInfo(info, this.#settings.documentBytesMax);
    this.#version += 1;
    for (const { id } of ended.slice(0, told)) this.#told.delete(id);
    for (const { connectionId, callId, changedAt } of connections.slice(0, Math.max(0, told - ended.length)))
      this.#told.set(connectionId, { callId, changedAt });
    return this.#notify(bodyOf(text), { contentType: dialogInfoType }, standing, told < dialogs.length);
  }

  #notify(body: Uint8Array, more: ExtraHeaders, standing: SubscriptionStanding, isTooLarge: boolean): SipOutput {
    const { contact, event, peer, reference } = this.#settings;
    const { dialog, request } = requestInDialog(
      this.#dialog,
      "NOTIFY",
      {
        contact: contactOf(contact),
        event: { token: event.token, parameters: event.parameters.filter(({ name }) => name === "id") },
        subscriptionState: standingOf(standing, isTooLarge),
        ...more,
      },
      body,
    );
    this.#dialog = dialog;
    return { kind: "request", request, to: peer, reference };
  }
}

function factsOf(snapshot: GatewaySnapshot): GatewayFacts {
  const { gateway, bootId, counter, upMs, epoch, heard } = snapshot;
  return { gateway, bootId, counter, upMs, epoch, heard };
}

/** Our reason `too-large` (RFC 6665 section 4.1.3 allows others than its own): the document does not hold everything. */
function standingOf(standing: SubscriptionStanding, isTooLarge: boolean): ParameterisedToken {
  const tooLarge = isTooLarge ? [{ name: "reason", value: "too-large" }] : [];
  if (standing.name === "active") {
    return {
      token: "active",
      parameters: [{ name: "expires", value: String(standing.expiresSeconds) }, ...tooLarge],
    };
  }
  return { token: "terminated", parameters: isTooLarge ? tooLarge : [{ name: "reason", value: standing.reason }] };
}
