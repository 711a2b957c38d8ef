/**
 * One gateway's way under this server's control: the same for a server's start, a gateway's restart and a takeover.
 *
 *   watched ──begin──► asking ──epoch told──► claiming ──granted──► auditing ──answer: adopt──► up
 *                        │                      │  └─refused, higher owner─► claiming again above it
 *                        └──────no answer───────┴──────────────► down ──backoff──► asking
 *
 * It decides and counts time; the commands are sent, and the answers read, by watch/bring-up. A gateway without our
 * package cannot be claimed: it is controlled all the same, unfenced.
 */
import type { AuditProtocol, Epoch } from "#protocol/active-connection.js";
import { epochNumberMax, epochResettableFrom } from "#protocol/mgcp/recovery-package.js";

export interface LinkOptions {
  readonly server: string;
  /** For each of asking, claiming and auditing. */
  readonly stepMaxMs: number;
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
  /** Gateways refuse a claim that leaps further (recovery package, x-ho/C). */
  readonly leapMax: number;
}

export type LinkState =
  /** Not in charge of it. */
  | { readonly name: "watched" }
  | { readonly name: "asking"; readonly untilMs: number }
  | { readonly name: "claiming"; readonly claim: Epoch; readonly isReset: boolean; readonly untilMs: number }
  | {
      readonly name: "auditing";
      readonly waitingFor: readonly AuditProtocol[];
      /** Those that answered well; calls and lines are taken from MGCP's answer, or else from the first of these. */
      readonly answered: readonly AuditProtocol[];
      readonly adopted: boolean;
      readonly untilMs: number;
    }
  | { readonly name: "up" }
  | { readonly name: "down"; readonly reason: string; readonly retryAtMs: number };

export type LinkStep =
  | { readonly kind: "ask" }
  /** `resets`: the epoch that cannot be raised any more, where the operator lets it be reset. */
  | { readonly kind: "claim"; readonly claim: Epoch; readonly resets: Epoch | null }
  | { readonly kind: "audit"; readonly via: readonly AuditProtocol[] }
  | { readonly kind: "down"; readonly reason: string; readonly retryMs: number }
  /** Every protocol asked has answered or failed. */
  | { readonly kind: "up" };

export class GatewayLink {
  readonly #options: LinkOptions;
  #state: LinkState = { name: "watched" };
  #backoffMs: number;
  #via: readonly AuditProtocol[] = ["mgcp"];
  /** By the operator's word, until the next claim was granted. */
  #mayReset = false;
  /** As last told by the gateway. */
  #epoch: Epoch | null = null;
  /** Granted to us; null on a gateway that knows no claims. */
  #granted: Epoch | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#backoffMs = options.backoffFirstMs;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** The epoch our commands carry. */
  get granted(): Epoch | null {
    return this.#granted;
  }

  get epoch(): Epoch | null {
    return this.#epoch;
  }

  /** Its calls and lines are in hand. */
  get isAdopted(): boolean {
    return this.#state.name === "up" || (this.#state.name === "auditing" && this.#state.adopted);
  }

  /** Up with everything asked, or given up for now. */
  get isSettled(): boolean {
    return this.#state.name === "up" || this.#state.name === "down";
  }

  /** Something the gateway said of its epoch, in whatever answer. It only grows, but for a reset. */
  told(epoch: Epoch | null): void {
    if (epoch === null) return;
    if (epoch.number >= (this.#epoch?.number ?? 0) || this.isStuck) this.#epoch = epoch;
  }

  /** Its epoch is so high that it must be a fault. */
  get isStuck(): boolean {
    return (this.#epoch?.number ?? 0) >= epochResettableFrom;
  }

  /** An epoch that is stuck may be reset by the next claim. */
  allowReset(): void {
    this.#mayReset = true;
  }

  /** `above`: our claim must be higher than this too. An epoch known from the watch saves the question. */
  begin(via: readonly AuditProtocol[], above: number, nowMs: number): LinkStep[] {
    this.#via = via;
    if (this.#epoch === null) return this.#ask(nowMs);
    return this.#claim(above, nowMs);
  }

  asked(isFenced: boolean, above: number, nowMs: number): LinkStep[] {
    if (this.#state.name !== "asking") return [];
    return isFenced ? this.#claim(above, nowMs) : this.#audit(nowMs);
  }

  claimed(nowMs: number): LinkStep[] {
    if (this.#state.name !== "claiming") return [];
    this.#mayReset = false;
    this.#granted = this.#state.claim;
    this.#epoch = this.#state.claim;
    return this.#audit(nowMs);
  }

  /** An owner with a higher number, of whom nothing is heard: claimed again above it. */
  refused(reason: string, nowMs: number): LinkStep[] {
    if (this.#state.name !== "claiming") return [];
    const wasHigher = !this.#state.isReset && (this.#epoch?.number ?? 0) >= this.#state.claim.number;
    return wasHigher ? this.#claim(0, nowMs) : this.fail(reason, nowMs);
  }

  /** `adopt`: calls and lines are to be taken into hand now, from what has been learnt by this protocol. */
  audited(
    via: AuditProtocol,
    ok: boolean,
    nowMs: number,
  ): { readonly adopt: AuditProtocol | null; readonly steps: LinkStep[] } {
    const state = this.#state;
    if (state.name !== "auditing" || !state.waitingFor.includes(via)) return { adopt: null, steps: [] };
    const waitingFor = state.waitingFor.filter((waiting) => waiting !== via);
    const answered = ok ? [...state.answered, via] : state.answered;
    const best = answered.includes("mgcp") ? "mgcp" : waitingFor.includes("mgcp") ? null : (answered[0] ?? null);
    const adopt = state.adopted ? null : best;
    const adopted = state.adopted || adopt !== null;
    this.#state = { ...state, waitingFor, answered, adopted };
    if (waitingFor.length > 0) return { adopt, steps: [] };
    return { adopt, steps: adopted ? this.#up() : this.fail("no audit was answered", nowMs) };
  }

  fail(reason: string, nowMs: number): LinkStep[] {
    if (this.#state.name === "watched" || this.#state.name === "down") return [];
    const retryMs = this.#backoffMs;
    this.#state = { name: "down", reason, retryAtMs: nowMs + retryMs };
    this.#backoffMs = Math.min(2 * retryMs, this.#options.backoffMaxMs);
    return [{ kind: "down", reason, retryMs }];
  }

  /** The gateway spoke while it was thought down: it is tried at once. */
  heard(nowMs: number): LinkStep[] {
    return this.#state.name === "down" ? this.#ask(nowMs) : [];
  }

  /** This server is no longer in charge. */
  release(): void {
    this.#state = { name: "watched" };
    this.#mayReset = false;
    this.#granted = null;
    this.#backoffMs = this.#options.backoffFirstMs;
  }

  tick(nowMs: number): LinkStep[] {
    const state = this.#state;
    if (state.name === "down" && nowMs >= state.retryAtMs) return this.#ask(nowMs);
    if (!("untilMs" in state) || nowMs < state.untilMs) return [];
    if (state.name === "auditing" && state.adopted) return this.#up();
    return this.fail(`no answer while ${state.name}`, nowMs);
  }

  next(): number | null {
    if (this.#state.name === "down") return this.#state.retryAtMs;
    return "untilMs" in this.#state ? this.#state.untilMs : null;
  }

  #ask(nowMs: number): LinkStep[] {
    this.#state = { name: "asking", untilMs: nowMs + this.#options.stepMaxMs };
    return [{ kind: "ask" }];
  }

  #claim(above: number, nowMs: number): LinkStep[] {
    const { server, stepMaxMs, leapMax } = this.#options;
    const present = this.#epoch;
    const resets = this.isStuck && this.#mayReset ? present : null;
    const isOurs = resets === null && present?.server === server && this.#granted?.number === present.number;
    const floor = resets === null ? (present?.number ?? 0) : 0;
    const number = isOurs ? present.number : Math.min(Math.max(above, floor) + 1, floor + leapMax);
    const claim = { number, server };
    this.#state = { name: "claiming", claim, isReset: resets !== null, untilMs: nowMs + stepMaxMs };
    if (number > epochNumberMax) {
      return this.fail(`epoch ${present?.number} cannot be raised: holdover switchover --reset-epoch resets it`, nowMs);
    }
    return [{ kind: "claim", claim, resets }];
  }

  #audit(nowMs: number): LinkStep[] {
    const untilMs = nowMs + this.#options.stepMaxMs;
    this.#state = { name: "auditing", waitingFor: this.#via, answered: [], adopted: false, untilMs };
    return [{ kind: "audit", via: this.#via }];
  }

  #up(): LinkStep[] {
    this.#state = { name: "up" };
    this.#backoffMs = this.#options.backoffFirstMs;
    return [{ kind: "up" }];
  }
}
