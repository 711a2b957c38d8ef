/**
 * What this call server writes into a connection's tag, so that one that never heard of the call can go on with it:
 *
 *   v=1;from=101;to=201;orig=aaln/1@gw1;origaddr=127.10.1.1;dest=aaln/1@gw2;boot=5F0C;setup=<wall ms>;answer=<wall ms>
 *
 * `from` and `origaddr` are also read by the far gateway (mgcp/recovery-tag). `boot` is the originating gateway's boot
 * id, part of the call record's key. A tag of someone else's making reads as what can be read in it.
 */
import { tagCharactersMax } from "#protocol/active-connection.js";
import { formatTag, parseTag, tagVersion } from "#protocol/mgcp/recovery-tag.js";

export interface CallTag {
  readonly callingNumber: string;
  readonly calledNumber: string;
  /** `aaln/1@gw1.example` */
  readonly originating: string;
  readonly originatingAddress: string | null;
  readonly terminating: string;
  readonly bootId: string;
  readonly setupWallMs: number | null;
  /** When the answer was heard of; what is billed comes from the journal. */
  readonly answerWallMs: number | null;
}

/** The least needed stands last, and is left out when the whole would be too long. */
export function writeCallTag(tag: CallTag): string {
  const entries: [string, string][] = [
    ["v", String(tagVersion)],
    ["from", tag.callingNumber],
    ["to", tag.calledNumber],
    ["orig", tag.originating],
  ];
  if (tag.originatingAddress !== null) entries.push(["origaddr", tag.originatingAddress]);
  entries.push(["dest", tag.terminating], ["boot", tag.bootId]);
  if (tag.setupWallMs !== null) entries.push(["setup", String(Math.round(tag.setupWallMs))]);
  if (tag.answerWallMs !== null) entries.push(["answer", String(Math.round(tag.answerWallMs))]);
  let text = formatTag(entries);
  while (text.length > tagCharactersMax && entries.length > 1) {
    entries.pop();
    text = formatTag(entries);
  }
  return text;
}

export function readCallTag(tag: string): CallTag {
  const entries = parseTag(tag);
  const text = (key: string) => entries.get(key) ?? "";
  const wallMs = (key: string) => (/^\d{1,15}$/.test(text(key)) ? Number(text(key)) : null);
  return {
    callingNumber: text("from"),
    calledNumber: text("to"),
    originating: text("orig"),
    originatingAddress: entries.get("origaddr") ?? null,
    terminating: text("dest"),
    bootId: text("boot"),
    setupWallMs: wallMs("setup"),
    answerWallMs: wallMs("answer"),
  };
}

/** `aaln/1@gw1.example` in its two parts; null when it is not of that form. */
export function splitEndpoint(text: string): { readonly endpoint: string; readonly gateway: string } | null {
  const at = text.lastIndexOf("@");
  if (at <= 0 || at === text.length - 1) return null;
  return { endpoint: text.slice(0, at), gateway: text.slice(at + 1) };
}
