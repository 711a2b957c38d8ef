/** Package B, the base package (RFC 3435 Appendix B): its extension parameters. Its verb MESG is in message.ts. */
import { type PackageResult, readExtensions } from "./extension-parameters.js";
import type { ExtensionParameter, MgcpParameters, RequestedEvent } from "./message.js";
import { parseRequestedEvents, writeRequestedEvents } from "./requested-events.js";

/** B/PR: null where the command leaves the list as it is, empty where it empties it. */
export function readPersistentEvents(parameters: MgcpParameters): PackageResult<RequestedEvent[] | null> {
  const [value, ...more] = readExtensions(parameters, "B/PR");
  if (value === undefined) return { ok: true, value: null };
  if (more.length > 0) return { ok: false, code: 510, reason: "B/PR is there more than once" };
  return parseRequestedEvents(value);
}

export function writePersistentEvents(events: readonly RequestedEvent[]): ExtensionParameter {
  return { name: "B/PR", value: writeRequestedEvents(events) };
}

/** B/NS: whether a Notify waits for its answer, the answered one for a request, or neither. */
const notificationStates = [
  ["ns", "notification"],
  ["ls", "lockstep"],
  ["o", "other"],
] as const;
export type NotificationState = (typeof notificationStates)[number][1];

/** Null where the answer does not tell it, or not in these words. */
export function readNotificationState(parameters: MgcpParameters): NotificationState | null {
  const [value] = readExtensions(parameters, "B/NS");
  return notificationStates.find(([code]) => code === value?.toLowerCase())?.[1] ?? null;
}

export function writeNotificationState(state: NotificationState): ExtensionParameter {
  const value = notificationStates.find(([, known]) => known === state)?.[0] ?? "o";
  return { name: "B/NS", value };
}
