/**
 * The dialog event package's document, application/dialog-info+xml (RFC 4235 section 4), and what this project puts in
 * it: each active connection is a dialog of the gateway, told in standard elements for any watcher and whole in an
 * extension element (connection-element.ts) for one of ours. Not the subscription: that is management/sip-face.
 *
 *   <dialog-info version="0" state="full" entity="sip:connections@gw1.example">
 *     <dialog id="1F" call-id="C0" direction="initiator">
 *       <state>confirmed</state><duration>12</duration>
 *       <local><identity>sip:101@192.0.2.7</identity><target uri="sip:101@192.0.2.7"/></local>
 *       <h:connection …/>
 *     </dialog>
 *     <h:gateway …/>
 *   </dialog-info>
 */
import type { ActiveConnection } from "./active-connection.js";
import {
  connectionNamespace,
  type GatewayFacts,
  readConnectionElement,
  readGatewayElement,
  writeConnectionElement,
  writeGatewayElement,
} from "./connection-element.js";
import { type ParseResult, parsed, refused } from "./parse-result.js";
import { formatUri, parseUri, sipUri } from "./sip/uri.js";
import { parseXml, type XmlElement } from "./xml.js";
import { escapeXml, formatAttribute } from "./xml-text.js";

export const dialogInfoType = "application/dialog-info+xml";
export const dialogInfoNamespace = "urn:ietf:params:xml:ns:dialog-info";

/** RFC 4235 figure 3. */
export const dialogStates = ["trying", "proceeding", "early", "confirmed", "terminated"] as const;
export type DialogState = (typeof dialogStates)[number];

export interface DialogInfo {
  /** Grows by one with each document of a subscription, from 0. */
  readonly version: number;
  readonly state: "full" | "partial";
  /** URI of what is observed. */
  readonly entity: string;
  readonly dialogs: readonly DialogElement[];
  /** Null from a notifier that is not ours. */
  readonly gateway: GatewayFacts | null;
}

export interface DialogElement {
  readonly id: string;
  readonly callId: string | null;
  readonly direction: "initiator" | "recipient" | null;
  readonly state: DialogState;
  /** Whole seconds. */
  readonly durationSeconds: number | null;
  readonly local: Participant | null;
  readonly remote: Participant | null;
  /** Null from a notifier that is not ours, and for a dialog that is gone. */
  readonly connection: ActiveConnection | null;
}

/** URIs as written. */
export interface Participant {
  readonly identity: string | null;
  readonly target: string | null;
}

/** A connection as a dialog of its gateway. The originating device is local where it hangs on a line of this gateway. */
export function dialogOf(connection: ActiveConnection, mayHaveTag: boolean): DialogElement {
  const { origin, endpoint, gateway } = connection;
  const line = formatUri(sipUri(endpoint, hostOf(gateway)));
  const here: Participant = { identity: line, target: line };
  const device = deviceOf(connection);
  const initiates = origin.from === "line";
  return {
    id: connection.connectionId,
    callId: connection.callId,
    direction: initiates ? "initiator" : "recipient",
    state: stateOf(connection),
    durationSeconds: Math.floor(connection.durationMs / 1_000),
    local: initiates ? (device ?? here) : here,
    remote: initiates ? null : device,
    connection: mayHaveTag ? connection : { ...connection, tag: "" },
  };
}

function hostOf(gateway: string): string {
  return gateway.replace(/^\[(.*)\]$/, "$1");
}

function deviceOf({ origin, gateway }: ActiveConnection): Participant | null {
  if (origin.device === "") return null;
  const isUri = /^sips?:/.test(origin.device) && parseUri(origin.device).ok;
  const at = (host: string) => formatUri(sipUri(origin.device, host));
  const identity = isUri ? origin.device : at(origin.address ?? hostOf(gateway));
  return { identity, target: origin.address === null || isUri ? identity : at(origin.address) };
}

function stateOf({ state }: ActiveConnection): DialogState {
  if (state === "setting-up") return "early";
  return state === "ended" ? "terminated" : "confirmed";
}

/** A dialog that was told before and is no more. */
export function endedDialog(id: string, callId: string): DialogElement {
  const nothing = { direction: null, durationSeconds: null, local: null, remote: null, connection: null };
  return { id, callId, state: "terminated", ...nothing };
}

export interface FittedDocument {
  readonly text: string;
  /** How many of the dialogs are in it: the first ones. */
  readonly told: number;
}

/** The document with as many of the dialogs as fit; `partial` when not all do, whatever `info` says. */
export function writeDialogInfo(info: DialogInfo, bytesMax: number = Number.POSITIVE_INFINITY): FittedDocument {
  const gateway = info.gateway === null ? "" : `${writeGatewayElement(info.gateway)}\n`;
  const close = "</dialog-info>\n";
  const room = bytesMax - Buffer.byteLength(opening(info, "partial") + gateway + close);
  const dialogs: string[] = [];
  let used = 0;
  for (const dialog of info.dialogs) {
    const text = writeDialog(dialog);
    used += Buffer.byteLength(text);
    if (used > room) break;
    dialogs.push(text);
  }
  const state = dialogs.length < info.dialogs.length ? "partial" : info.state;
  return { text: opening(info, state) + dialogs.join("") + gateway + close, told: dialogs.length };
}

function opening({ version, entity }: DialogInfo, state: "full" | "partial"): string {
  const attributes =
    formatAttribute("xmlns", dialogInfoNamespace) +
    formatAttribute("xmlns:h", connectionNamespace) +
    formatAttribute("version", version) +
    formatAttribute("state", state) +
    formatAttribute("entity", entity);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<dialog-info${attributes}>\n`;
}

/** Children in the order of the schema (section 4.4). */
function writeDialog(dialog: DialogElement): string {
  const attributes =
    formatAttribute("id", dialog.id) +
    formatAttribute("call-id", dialog.callId) +
    formatAttribute("direction", dialog.direction);
  const duration = dialog.durationSeconds === null ? "" : `<duration>${dialog.durationSeconds}</duration>`;
  const participants = writeParticipant("local", dialog.local) + writeParticipant("remote", dialog.remote);
  const connection = dialog.connection === null ? "" : writeConnectionElement(dialog.connection);
  return `<dialog${attributes}><state>${dialog.state}</state>${duration}${participants}${connection}</dialog>\n`;
}

function writeParticipant(name: "local" | "remote", participant: Participant | null): string {
  if (participant === null) return "";
  const { identity, target } = participant;
  const identityElement = identity === null ? "" : `<identity>${escapeXml(identity)}</identity>`;
  const targetElement = target === null ? "" : `<target${formatAttribute("uri", target)}/>`;
  return `<${name}>${identityElement}${targetElement}</${name}>`;
}

/** Any notifier's document; elements it has and we do not know are passed over. */
export function parseDialogInfo(text: string): ParseResult<DialogInfo> {
  const reader = new DialogInfoReader();
  const document = parseXml(text, (child) => reader.take(child));
  if (!document.ok) return document;
  const root = document.value;
  if (root.name !== "dialog-info" || root.namespace !== dialogInfoNamespace)
    return refused(`<${root.name}> is not dialog-info`);
  const version = root.attributes.get("version") ?? "";
  const state = root.attributes.get("state");
  if (!/^\d{1,10}$/.test(version) || Number(version) >= 2 ** 32) return refused("version is no 32 bit number");
  if (state !== "full" && state !== "partial") return refused("state is neither full nor partial");
  const entity = root.attributes.get("entity") ?? "";
  return parsed({ version: Number(version), state, entity, dialogs: reader.dialogs(), gateway: reader.gateway });
}

/** The children of the root, one after the other: of ten thousand dialogs none is kept as an element. */
class DialogInfoReader {
  readonly #dialogs: DialogElement[] = [];
  gateway: GatewayFacts | null = null;

  /** Null, or what is wrong with it. */
  take(child: XmlElement): string | null {
    if (child.name === "dialog" && child.namespace === dialogInfoNamespace) {
      const dialog = readDialog(child);
      if (!dialog.ok) return dialog.reason;
      this.#dialogs.push(dialog.value);
    } else if (this.gateway === null && child.name === "gateway" && child.namespace === connectionNamespace) {
      const gateway = readGatewayElement(child);
      if (!gateway.ok) return gateway.reason;
      this.gateway = gateway.value;
    }
    return null;
  }

  /** The gateway's name stands behind the dialogs. */
  dialogs(): DialogElement[] {
    const name = this.gateway?.gateway ?? "";
    return this.#dialogs.map((dialog) => {
      const { connection } = dialog;
      return connection === null ? dialog : { ...dialog, connection: { ...connection, gateway: name } };
    });
  }
}

function childOf({ children }: XmlElement, name: string, namespace: string): XmlElement | undefined {
  return children.find((child) => child.name === name && child.namespace === namespace);
}

function readDialog(element: XmlElement): ParseResult<DialogElement> {
  const id = element.attributes.get("id");
  if (id === undefined) return refused("a dialog without id");
  const told = childText(element, "state");
  const state = dialogStates.find((word) => word === told);
  if (state === undefined) return refused(`dialog ${id.slice(0, 32)} has no known state`);
  const duration = childText(element, "duration") ?? "";
  const direction = element.attributes.get("direction");
  const extension = childOf(element, "connection", connectionNamespace);
  const connection = extension === undefined ? parsed(null) : readConnectionElement(extension, "");
  if (!connection.ok) return connection;
  return parsed({
    id,
    callId: element.attributes.get("call-id") ?? null,
    direction: direction === "initiator" || direction === "recipient" ? direction : null,
    state,
    durationSeconds: /^\d{1,10}$/.test(duration) ? Number(duration) : null,
    local: readParticipant(element, "local"),
    remote: readParticipant(element, "remote"),
    connection: connection.value,
  });
}

function childText(element: XmlElement, name: string): string | null {
  const child = childOf(element, name, dialogInfoNamespace);
  return child === undefined ? null : child.text.trim();
}

function readParticipant(element: XmlElement, name: "local" | "remote"): Participant | null {
  const participant = childOf(element, name, dialogInfoNamespace);
  if (participant === undefined) return null;
  const target = childOf(participant, "target", dialogInfoNamespace);
  return { identity: childText(participant, "identity"), target: target?.attributes.get("uri") ?? null };
}
