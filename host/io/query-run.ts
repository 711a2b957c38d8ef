/** One audit query on its way: its datagrams and its stream, its deadlines, and its end. */
import type { Address } from "#protocol/address.js";
import type { AuditOutcome, AuditQuery, QueryTurn } from "../query/audit-query.js";
import { queryStreamBytesMax } from "../query/sip-query.js";
import type { QuerySocket } from "./query-socket.js";
import { QueryStream } from "./query-stream.js";

export interface QueryRunEvents {
  readonly ended: (outcome: AuditOutcome) => void;
  /** The network's error, or what the query threw: a fault of ours. */
  readonly failed: (error: unknown) => void;
  /** After each step: room in the window may have become free. */
  readonly stepped: () => void;
  /** Whether a query without a deadline waits for room. */
  readonly isWaiting: (query: AuditQuery) => boolean;
}

export class QueryRun {
  readonly #query: AuditQuery;
  readonly #socket: QuerySocket;
  /** What a stream is opened from; null: the system's choice. */
  readonly #streamFrom: string | null;
  readonly #now: () => number;
  readonly #events: QueryRunEvents;
  #stream: QueryStream | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isEnded = false;

  constructor(
    query: AuditQuery,
    socket: QuerySocket,
    streamFrom: string | null,
    now: () => number,
    events: QueryRunEvents,
  ) {
    this.#query = query;
    this.#socket = socket;
    this.#streamFrom = streamFrom;
    this.#now = now;
    this.#events = events;
  }

  start(): void {
    this.#socket.serve({
      message: (bytes, from) => this.#take(() => this.#query.receive(bytes, from, this.#now())),
      failed: (error) => this.#end(() => this.#events.failed(error)),
    });
    this.#take(() => this.#query.start(this.#now()));
  }

  tick(): void {
    this.#take(() => this.#query.tick(this.#now()));
  }

  /** What a query throws ends the promise instead of the process. */
  #take(step: () => QueryTurn): void {
    if (this.#isEnded) return;
    try {
      this.#follow(step());
    } catch (error) {
      this.#end(() => this.#events.failed(error));
    }
    this.#events.stepped();
  }

  #follow({ sends, outcome }: QueryTurn): void {
    for (const { bytes, to, isStream } of sends) {
      if (isStream === true) this.#streamTo(to).send(bytes);
      else this.#socket.send(bytes, to);
    }
    if (outcome !== null) {
      this.#end(() => this.#events.ended(outcome));
      return;
    }
    const nextMs = this.#query.next();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = nextMs === null ? null : this.#wakeIn(Math.max(0, nextMs - this.#now()));
    if (nextMs !== null || this.#events.isWaiting(this.#query)) return;
    this.#end(() => this.#events.ended({ ok: false, reason: "the query waits for nothing" }));
  }

  /**
   * A deadline is judged after what waits in the sockets has been read: to a process that did not have the processor for
   * a while its timers come first, and answers that are there would be asked for again.
   */
  #wakeIn(waitMs: number): NodeJS.Timeout {
    return setTimeout(() => setImmediate(() => this.tick()), waitMs);
  }

  #streamTo(to: Address): QueryStream {
    this.#stream ??= new QueryStream(to, this.#streamFrom, queryStreamBytesMax, {
      message: (message, from) => this.#take(() => this.#query.receive(message, from, this.#now(), true)),
      lost: (reason) => this.#streamLost(reason),
    });
    return this.#stream;
  }

  #streamLost(reason: string): void {
    this.#stream = null;
    this.#take(() => this.#query.streamLost?.(reason, this.#now()) ?? { sends: [], outcome: null });
  }

  #end(settle: () => void): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#stream?.close();
    settle();
  }
}
