/**
 * Telling a call agent that the gateway is (back) in service: RSIP restart (RFC 3435 sections 2.3.12 and 4.4.6), to the
 * agents of the list in turn until one accepts. Not here: the restart avalanche's random wait and the disconnected
 * procedure.
 *
 *     due ──sent──► asking ──2xx──► told
 *      ▲               │ refused, or nobody answered: the next agent, after a pause
 *      └───────────────┘
 */
import type { Address } from "#protocol/address.js";

export interface RestartNoticeOptions {
  /** In the order they are tried. */
  readonly callAgents: readonly Address[];
  readonly pauseMs: number;
}

type State =
  | { readonly name: "silent" }
  | { readonly name: "due"; readonly atMs: number; readonly agent: number }
  | { readonly name: "asking"; readonly transactionId: number; readonly agent: number }
  | { readonly name: "told"; readonly agent: number };

export class RestartNotice {
  readonly #options: RestartNoticeOptions;
  #state: State = { name: "silent" };

  constructor(options: RestartNoticeOptions) {
    this.#options = options;
  }

  begin(nowMs: number): void {
    this.#state = { name: "due", atMs: nowMs, agent: 0 };
  }

  next(): number | null {
    return this.#state.name === "due" ? this.#state.atMs : null;
  }

  /** The agent to be told now, if any; the sender says by `sent` under which transaction. */
  due(nowMs: number): Address | null {
    if (this.#state.name !== "due" || this.#state.atMs > nowMs) return null;
    return this.#options.callAgents[this.#state.agent] ?? null;
  }

  sent(transactionId: number): void {
    if (this.#state.name === "due") this.#state = { name: "asking", transactionId, agent: this.#state.agent };
  }

  /** True when the transaction was this notice's. code: null when nobody answered. */
  answered(transactionId: number, code: number | null, nowMs: number): boolean {
    const state = this.#state;
    if (state.name !== "asking" || state.transactionId !== transactionId) return false;
    if (code !== null && code >= 200 && code < 300) this.#state = { name: "told", agent: state.agent };
    else this.#retry(state.agent, code === null ? 0 : this.#options.pauseMs, nowMs);
    return true;
  }

  /** A call agent that commands us knows of us: nothing more to tell. */
  commanded(): number | null {
    const state = this.#state;
    const waiting = state.name === "asking" ? state.transactionId : null;
    if (state.name === "due" || state.name === "asking") this.#state = { name: "told", agent: state.agent };
    return waiting;
  }

  #retry(agent: number, pauseMs: number, nowMs: number): void {
    this.#state = { name: "due", atMs: nowMs + pauseMs, agent: (agent + 1) % this.#options.callAgents.length };
  }
}
