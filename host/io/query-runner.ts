/**
 * Runs audit queries over UDP, and over TCP where they say so. (node:dgram; the npm package of that name is an empty one.)
 * Each gateway that is asked has a socket of its own while it is, so that its answers have a buffer of their own, and it
 * is kept for the next time; what all queries together may have on their way is the window's affair.
 */
import { randomInt } from "node:crypto";
import type { Address } from "#protocol/address.js";
import { TransactionIds } from "#protocol/mgcp/transaction-ids.js";
import { AskingWindow } from "../query/asking-window.js";
import type { AuditOutcome, AuditQuery } from "../query/audit-query.js";
import { QueryRun } from "./query-run.js";
import { addressTowards, isUnspecified, type QuerySocket, QuerySockets } from "./query-socket.js";

/** Where a query asks from, and what it has in common with the others. */
export interface QueryPlace extends Address {
  readonly ids: TransactionIds;
  readonly window: AskingWindow<AuditQuery>;
}

export type MakeQuery = (place: QueryPlace) => AuditQuery;

/** Errors of the network that end a query with a reason; anything else is ours and is thrown. */
const networkErrors = new Set([
  "EADDRNOTAVAIL",
  "EADDRINUSE",
  "EACCES",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EINVAL",
  "EPERM",
  "EMSGSIZE",
  "ENETDOWN",
]);

export class QueryRunner {
  readonly #address: string | null;
  readonly #sockets: QuerySockets;
  readonly #now: () => number;
  readonly #ids = new TransactionIds(() => randomInt(randomSteps) / randomSteps);
  readonly #window = new AskingWindow<AuditQuery>();
  readonly #runs = new Map<AuditQuery, QueryRun>();
  #isInviting = false;

  /** bind: this side's address; "0.0.0.0" or "::", or null: the system's choice for the gateway's family. */
  constructor(bind: { readonly address: string } | null, now: () => number) {
    this.#address = bind?.address ?? null;
    this.#sockets = new QuerySockets(this.#address);
    this.#now = now;
  }

  /**
   * Ends with the query's outcome, always. The query is made from the socket's own address (SIP writes that into its
   * messages; where the socket is bound to none, it is the system's towards the gateway) and started once that is bound.
   */
  async run(make: MakeQuery, to: Address | null): Promise<AuditOutcome> {
    let socket: QuerySocket | null = null;
    try {
      socket = await this.#sockets.take(to);
      const { address, port } = socket.local;
      const own = isUnspecified(address) && to !== null ? await addressTowards(to) : address;
      const outcome = await this.#ask(make({ address: own, port, ids: this.#ids, window: this.#window }), socket);
      this.#sockets.keep(socket, to);
      return outcome;
    } catch (error) {
      socket?.close();
      return { ok: false, reason: networkReason(error) };
    }
  }

  /** What runs still ends by itself. */
  close(): void {
    this.#sockets.close();
  }

  async #ask(query: AuditQuery, socket: QuerySocket): Promise<AuditOutcome> {
    const streamFrom = this.#address === null || isUnspecified(this.#address) ? null : this.#address;
    try {
      return await new Promise<AuditOutcome>((ended, failed) => {
        const run = new QueryRun(query, socket, streamFrom, this.#now, {
          ended,
          failed,
          stepped: () => this.#invite(),
          isWaiting: (waiting) => this.#window.isWaiting(waiting),
        });
        this.#runs.set(query, run);
        run.start();
      });
    } finally {
      this.#runs.delete(query);
      this.#window.leave(query);
    }
  }

  /** Those that wait for room, one question each in turn, as long as there is some. */
  #invite(): void {
    // A query that was invited steps, too; the loop that invited it goes on.
    if (this.#isInviting) return;
    this.#isInviting = true;
    for (let query = this.#window.invite(); query !== null; query = this.#window.invite()) {
      const run = this.#runs.get(query);
      if (run === undefined) this.#window.leave(query);
      else run.tick();
    }
    this.#isInviting = false;
  }
}

const randomSteps = 2 ** 47;

/** One query for one run. `to`: as of QueryRunner.run. */
export async function runQuery(
  query: AuditQuery | MakeQuery,
  bind: { readonly address: string } | null,
  now: () => number,
  to: Address | null = null,
): Promise<AuditOutcome> {
  const runner = new QueryRunner(bind, now);
  try {
    return await runner.run(typeof query === "function" ? query : () => query, to);
  } finally {
    runner.close();
  }
}

function networkReason(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string" && networkErrors.has(error.code)) {
    return error.message;
  }
  throw error;
}
