/**
 * What an operator may ask a running call server, and what it answers: one line of JSON each, over a socket of the
 * machine's own (io/control-socket). Not for other machines, and not for programs that watch: those read the event lines.
 *
 *   {"command":"calls"}                              {"ok":true,"server":"ca1","role":"active","epoch":7,"calls":[…]}
 *   {"command":"switchover","resetEpoch":false}      {"ok":true,"server":"ca1","outcome":"took over","facts":{…}}
 *                                                    {"ok":false,"reason":"…"}
 */
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import type { RecoveryFacts } from "../server-event.js";
import type { HeartbeatRole } from "../watch/heartbeat.js";
import type { ListedCall } from "./call-list.js";

export type ControlRequest =
  | { readonly command: "calls" }
  | {
      readonly command: "switchover";
      /** Gateways whose epoch cannot be raised any more begin again at one. */
      readonly resetEpoch: boolean;
    };

export interface CallsReply {
  readonly ok: true;
  readonly server: string;
  readonly role: HeartbeatRole;
  /** Highest epoch number granted to this server; 0 for none. */
  readonly epoch: number;
  readonly calls: readonly ListedCall[];
}

export interface SwitchoverReply {
  readonly ok: true;
  readonly server: string;
  readonly outcome: "took over" | "already in charge";
  /** Null where nothing had to be done. */
  readonly facts: RecoveryFacts | null;
}

export type ControlReply = CallsReply | SwitchoverReply | { readonly ok: false; readonly reason: string };

/** A longer line is no request. */
export const requestBytesMax = 1_024;

export function parseControlRequest(line: string): ParseResult<ControlRequest> {
  if (line.length > requestBytesMax) return refused(`request above ${requestBytesMax} bytes`);
  const value = parseJson(line);
  if (typeof value !== "object" || value === null || !("command" in value)) return refused("not a request");
  if (value.command === "calls") return parsed({ command: "calls" });
  if (value.command !== "switchover") return refused("unknown command; known: calls, switchover");
  const resetEpoch = "resetEpoch" in value ? value.resetEpoch : false;
  if (typeof resetEpoch !== "boolean") return refused("resetEpoch is true or false");
  return parsed({ command: "switchover", resetEpoch });
}

/** Undefined where it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
