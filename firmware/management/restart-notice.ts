/**
 * Whether call agents know of the endpoints' service (RFC 3435 sections 2.3.12 and 4.4.5 to 4.4.7), as states and
 * deadlines: the restart procedure with its random wait, the disconnected procedure with its growing ones, and the notices
 * of going out of service. Sending RestartInProgress, and whom to, is mgcp-notices'.
 *
 *                 time, command or activity              2xx
 *     waiting ──────────────────────────────► asking ──────────► (gone: all is told)
 *        ▲                                      │ │
 *        └── nobody answers: Tdinit, doubled ───┘ └── 5xx ──► stopped ──command──► asking
 *            4xx, 521 with a name: again
 */
import type { Random } from "#protocol/chance.js";
import { earliest } from "#protocol/deadlines.js";

export interface RestartOptions {
  /**
   * False: nobody is told of anything, and answers stand alone. Section 4.4.6 leaves to provisioning who is told; a call
   * agent that does not know RestartInProgress never answers it, and would find it before each of its answers.
   */
  readonly announces: boolean;
  /** MWD: the wait after a start is between 0 and this, so that many gateways do not all speak at once. */
  readonly restartWaitMaxMs: number;
  /** Tdinit, Tdmin, Tdmax (section 4.4.7). */
  readonly disconnectedFirstMs: number;
  readonly disconnectedLeastMs: number;
  readonly disconnectedMostMs: number;
  /** Before asking again one that said no for now (4xx). */
  readonly pauseMs: number;
  /** Redirections (521) followed at once; those beyond wait as if nobody had answered. */
  readonly redirectionsMax: number;
}

export type RestartMethod = "restart" | "forced" | "graceful" | "disconnected" | "cancel-graceful";

export interface Notice {
  /** A local endpoint name, or `*`. */
  readonly subject: string;
  readonly method: RestartMethod;
  /** Left out where null. */
  readonly delaySeconds: number | null;
}

type Progress = { readonly name: "waiting"; readonly dueMs: number } | { readonly name: "asking" | "stopped" };

interface Procedure {
  readonly method: "restart" | "disconnected";
  readonly sinceMs: number;
  progress: Progress;
  /** The wait that the next one doubles; null before the first. */
  waitMs: number | null;
  /** When it last ended without success, or began. */
  endedAtMs: number;
  redirections: number;
}

type Service =
  | { readonly name: "in service" }
  /** Goes out of service at this time; null: when told so. */
  | { readonly name: "graceful"; readonly untilMs: number | null }
  | { readonly name: "out of service" };

const everything = "*";

export class RestartNotice {
  readonly #options: RestartOptions;
  readonly #random: Random;
  /** By subject: `*` from a start until it is told, else endpoints that are disconnected. */
  readonly #procedures = new Map<string, Procedure>();
  #service: Service = { name: "in service" };

  constructor(options: RestartOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  get announces(): boolean {
    return this.#options.announces;
  }

  get isOutOfService(): boolean {
    return this.#service.name === "out of service";
  }

  /** Is there nothing that any call agent has yet to hear? */
  get isTold(): boolean {
    return this.#procedures.size === 0;
  }

  isDisconnected(local: string): boolean {
    return this.#procedures.get(local)?.method === "disconnected";
  }

  /** Is there something the call agent must hear before any other command of this endpoint? */
  isUntold(local: string): boolean {
    return this.#of(local) !== undefined;
  }

  /** RM and RD of an audit (section 2.3.10). */
  state(local: string, nowMs: number): { readonly method: RestartMethod; readonly delaySeconds: number } {
    const service = this.#service;
    if (service.name === "out of service") return { method: "forced", delaySeconds: 0 };
    if (service.name === "graceful") {
      const leftMs = service.untilMs === null ? 0 : Math.max(0, service.untilMs - nowMs);
      return { method: "graceful", delaySeconds: Math.ceil(leftMs / 1000) };
    }
    const procedure = this.#procedures.get(local);
    if (procedure?.method !== "disconnected") return { method: "restart", delaySeconds: 0 };
    return { method: "disconnected", delaySeconds: secondsSince(procedure, nowMs) };
  }

  /** E of an audit: section 2.5. */
  reason(local: string, nowMs: number): ReasonCode {
    const { method } = this.state(local, nowMs);
    return method === "forced" || method === "graceful" ? outOfService : normal;
  }

  /** The gateway is in service again. */
  begin(nowMs: number): void {
    this.#service = { name: "in service" };
    this.#procedures.clear();
    if (this.#options.announces)
      this.#start(everything, "restart", this.#random() * this.#options.restartWaitMaxMs, nowMs);
  }

  /** A command of this endpoint reached nobody. */
  lost(local: string, nowMs: number): void {
    if (!this.#options.announces || this.isOutOfService || this.#of(local) !== undefined) return;
    const firstMs = this.#firstWaitMs();
    const procedure = this.#start(local, "disconnected", firstMs, nowMs);
    procedure.waitMs = firstMs;
  }

  /** A user does something: what waits is told now, though not more often than each Tdmin (section 4.4.7). */
  activity(local: string, nowMs: number): void {
    const procedure = this.#of(local);
    if (procedure?.progress.name !== "waiting") return;
    const isFirst = procedure.method === "restart" && procedure.waitMs === null;
    if (!isFirst && nowMs - procedure.endedAtMs < this.#options.disconnectedLeastMs) return;
    procedure.progress = { name: "waiting", dueMs: nowMs };
  }

  /**
   * A command for these endpoints came and is about to be answered: what goes with the answer, before it. At most noticesMax;
   * the procedures of all begin anew.
   */
  commanded(locals: readonly string[], nowMs: number): Notice[] {
    const subjects = [...new Set(locals.map((local) => this.#subjectOf(local)))];
    const notices: Notice[] = [];
    for (const subject of subjects) {
      const procedure = this.#procedures.get(subject);
      if (procedure === undefined) continue;
      procedure.progress = { name: "waiting", dueMs: nowMs };
      if (notices.length < noticesMax) notices.push(notice(subject, procedure, nowMs));
    }
    return notices;
  }

  /** It went with the answer to one whom it was meant for. */
  asked(subject: string): void {
    const procedure = this.#procedures.get(subject);
    if (procedure !== undefined) procedure.progress = { name: "asking" };
  }

  /** To be said now. */
  due(nowMs: number): Notice[] {
    const notices: Notice[] = [];
    const service = this.#service;
    if (service.name === "graceful" && service.untilMs !== null && service.untilMs <= nowMs)
      notices.push(this.forced());
    for (const [subject, procedure] of this.#procedures) {
      if (procedure.progress.name !== "waiting" || procedure.progress.dueMs > nowMs) continue;
      procedure.progress = { name: "asking" };
      notices.push(notice(subject, procedure, nowMs));
    }
    return notices;
  }

  /** The end of a notice; code null: nobody answered. True when all is told now. */
  ended(subject: string, code: number | null, isRedirected: boolean, nowMs: number): boolean {
    const procedure = this.#procedures.get(subject);
    if (procedure?.progress.name !== "asking") return false;
    if (code !== null && code >= 200 && code < 300) return this.#procedures.delete(subject);
    procedure.endedAtMs = nowMs;
    if (code === 521 && isRedirected && procedure.redirections < this.#options.redirectionsMax) {
      procedure.redirections += 1;
      procedure.progress = { name: "waiting", dueMs: nowMs };
    } else if (code !== null && code >= 400 && code < 500) {
      procedure.progress = { name: "waiting", dueMs: nowMs + this.#options.pauseMs };
    } else if (code !== null && code !== 521) procedure.progress = { name: "stopped" };
    else {
      procedure.redirections = 0;
      const { waitMs } = procedure;
      procedure.waitMs = waitMs === null ? this.#firstWaitMs() : Math.min(waitMs * 2, this.#options.disconnectedMostMs);
      procedure.progress = { name: "waiting", dueMs: nowMs + procedure.waitMs };
    }
    return false;
  }

  /** Endpoints go out of service after the delay, or without one when they are told to (section 2.3.12). */
  graceful(delaySeconds: number, nowMs: number): Notice {
    this.#service = { name: "graceful", untilMs: delaySeconds === 0 ? null : nowMs + delaySeconds * 1000 };
    return { subject: everything, method: "graceful", delaySeconds };
  }

  /** Null when nothing was announced. */
  cancelGraceful(): Notice | null {
    if (this.#service.name !== "graceful") return null;
    this.#service = { name: "in service" };
    return { subject: everything, method: "cancel-graceful", delaySeconds: null };
  }

  forced(): Notice {
    this.#service = { name: "out of service" };
    this.#procedures.clear();
    return { subject: everything, method: "forced", delaySeconds: null };
  }

  next(): number | null {
    const untilMs = this.#service.name === "graceful" ? this.#service.untilMs : null;
    let least = untilMs;
    for (const { progress } of this.#procedures.values())
      if (progress.name === "waiting") least = earliest(least, progress.dueMs);
    return least;
  }

  #start(subject: string, method: Procedure["method"], afterMs: number, nowMs: number): Procedure {
    const progress = { name: "waiting", dueMs: nowMs + afterMs } as const;
    const procedure: Procedure = { method, sinceMs: nowMs, progress, waitMs: null, endedAtMs: nowMs, redirections: 0 };
    this.#procedures.set(subject, procedure);
    return procedure;
  }

  /** Between one second and Tdinit. */
  #firstWaitMs(): number {
    const { disconnectedFirstMs } = this.#options;
    return Math.min(leastWaitMs, disconnectedFirstMs) + this.#random() * Math.max(0, disconnectedFirstMs - leastWaitMs);
  }

  #subjectOf(local: string): string {
    return this.#procedures.has(everything) ? everything : local;
  }

  #of(local: string): Procedure | undefined {
    return this.#procedures.get(this.#subjectOf(local));
  }
}

type ReasonCode = { readonly code: number; readonly packageName: null; readonly text: string };

const normal: ReasonCode = { code: 0, packageName: null, text: "" };
/** Section 2.5. */
export const outOfService: ReasonCode = { code: 901, packageName: null, text: "endpoint taken out of service" };

const leastWaitMs = 1_000;

/** That go with one answer; the others follow it. */
const noticesMax = 16;

function notice(subject: string, procedure: Procedure, nowMs: number): Notice {
  const { method } = procedure;
  return { subject, method, delaySeconds: method === "disconnected" ? secondsSince(procedure, nowMs) : null };
}

function secondsSince({ sinceMs }: Procedure, nowMs: number): number {
  return Math.round((nowMs - sinceMs) / 1000);
}
