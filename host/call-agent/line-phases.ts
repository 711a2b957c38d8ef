/**
 * What each line is doing, as far as the call agent goes. A line is in a call until the call let go of it, and clearing
 * while its station is off-hook with nothing to do.
 */
import type { Side } from "./call.js";
import { endpointKey, type PlannedLine } from "./dial-plan.js";

export type LinePhase =
  /** Its gateway was not yet audited; what is seen meanwhile is kept. */
  | { readonly name: "unknown"; readonly offHook: boolean }
  | { readonly name: "idle" }
  | { readonly name: "collecting" }
  | { readonly name: "in-call"; readonly callId: string; readonly side: Side; readonly offHook: boolean }
  | { readonly name: "clearing" };

export class LinePhases {
  readonly #phases = new Map<string, LinePhase>();

  of(line: Pick<PlannedLine, "gateway" | "endpoint">): LinePhase {
    return this.#phases.get(endpointKey(line.gateway, line.endpoint)) ?? { name: "unknown", offHook: false };
  }

  set(line: Pick<PlannedLine, "gateway" | "endpoint">, phase: LinePhase): void {
    this.#phases.set(endpointKey(line.gateway, line.endpoint), phase);
  }

  /** A station in a call picked up or hung up. */
  hook(line: Pick<PlannedLine, "gateway" | "endpoint">, offHook: boolean): void {
    const phase = this.of(line);
    if (phase.name === "in-call") this.set(line, { ...phase, offHook });
  }

  clear(): void {
    this.#phases.clear();
  }
}
