/** Builds a call server's parts from its configuration and runs them: sockets, clocks, store, audits, event lines. */
import { randomInt } from "node:crypto";
import { monotonicMs } from "#io/monotonic-clock.js";
import { openUdpSocket, type UdpSocket } from "#io/udp-socket.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import { CallServer } from "./call-server.js";
import { type CallServerConfig, controlSocketOf } from "./config.js";
import type { ControlReply } from "./control/control-message.js";
import { type ControlSocket, openControlSocket } from "./io/control-socket.js";
import { auditGateway } from "./io/gateway-audits.js";
import { openLibsqlStore } from "./io/libsql-store.js";
import { QueryRunner } from "./io/query-runner.js";
import { readStoredRecord } from "./io/stored-values.js";
import type { Moment } from "./moment.js";
import type { ServerEvent } from "./server-event.js";
import type { ServerOutput } from "./server-output.js";
import type { RecordStore } from "./store/record-store.js";

export interface RunningCallServer {
  /** Closes sockets and store. Calls go on without it. */
  close(): Promise<void>;
}

/** `tell` gets every event with both clocks, once; `failed` what cannot happen. A reason when it cannot start. */
export async function startCallServer(
  config: CallServerConfig,
  tell: (event: ServerEvent, at: Moment) => void,
  failed: (error: unknown) => void,
): Promise<ParseResult<RunningCallServer>> {
  const store = openLibsqlStore(config.store.file);
  if (!store.ok) return store;
  const runner = new Runner(config, store.value, tell, failed);
  const trouble = await runner.open();
  if (trouble === null) return parsed({ close: () => runner.close() });
  await runner.close();
  return refused(trouble);
}

/** setTimeout takes no more than 2^31 ms; waking once a minute costs nothing. */
const waitMaxMs = 60_000;

class Runner {
  readonly #config: CallServerConfig;
  readonly #store: RecordStore;
  readonly #tell: (event: ServerEvent, at: Moment) => void;
  readonly #failed: (error: unknown) => void;
  readonly #server: CallServer;
  #mgcp: UdpSocket | null = null;
  #heartbeat: UdpSocket | null = null;
  #control: ControlSocket | null = null;
  readonly #queries: QueryRunner;
  readonly #asked = new Map<number, (reply: ControlReply) => void>();
  #controlId = 0;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(
    config: CallServerConfig,
    store: RecordStore,
    tell: (event: ServerEvent, at: Moment) => void,
    failed: (error: unknown) => void,
  ) {
    this.#config = config;
    this.#store = store;
    this.#tell = tell;
    this.#failed = failed;
    this.#queries = new QueryRunner({ address: config.address }, monotonicMs);
    this.#server = new CallServer(
      config,
      { random, kept: store.gatewayRecords(), store, readRecord: readStoredRecord },
      now(),
    );
  }

  /** Null when it runs. */
  async open(): Promise<string | null> {
    const { address, mgcpPort, heartbeat } = this.#config;
    const control = await openControlSocket(controlSocketOf(this.#config), (request, answer) => {
      this.#controlId += 1;
      this.#asked.set(this.#controlId, answer);
      this.#take(() => this.#server.control(this.#controlId, request, now()));
    });
    if (!control.ok) return control.reason;
    this.#control = control.value;
    const mgcp = await openUdpSocket({ address, port: mgcpPort }, (bytes, from) =>
      this.#take(() => this.#server.receiveMgcp(bytes, from, now())),
    );
    if (!mgcp.ok) return mgcp.reason;
    this.#mgcp = mgcp.value;
    if (heartbeat !== undefined) {
      const opened = await openUdpSocket({ address, port: heartbeat.port }, (bytes, from) =>
        this.#take(() => this.#server.receivePeer(bytes, from, now())),
      );
      if (!opened.ok) return opened.reason;
      this.#heartbeat = opened.value;
    }
    this.#tell({ event: "listening", configuredRole: this.#config.role, mgcp: { address, port: mgcpPort } }, now());
    this.#take(() => this.#server.start(now()));
    return null;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const answer of this.#asked.values()) answer({ ok: false, reason: "the call server was told to end" });
    this.#queries.close();
    await Promise.all([this.#mgcp?.close(), this.#heartbeat?.close(), this.#control?.close()]);
    this.#store.close();
  }

  #take(step: () => readonly ServerOutput[]): void {
    if (this.#isClosed) return;
    try {
      for (const output of step()) this.#do(output);
      this.#arm();
    } catch (error) {
      this.#failed(error);
    }
  }

  #do(output: ServerOutput): void {
    switch (output.kind) {
      case "send-mgcp":
        this.#mgcp?.send(output.datagram.bytes, output.datagram.to);
        break;
      case "send-peer":
        this.#heartbeat?.send(output.datagram.bytes, output.datagram.to);
        break;
      case "store-cdr":
        this.#store.storeCdr(output.record);
        break;
      case "store-peer-cdr":
        this.#store.storePeerCdr(output.record);
        break;
      case "cdr-shared":
        this.#store.markShared(output.record);
        break;
      case "store-gateway-record":
        this.#store.storeGatewayRecord(output.record);
        break;
      case "log":
        this.#tell(output.event, now());
        break;
      case "control-reply":
        this.#asked.get(output.controlId)?.(output.reply);
        this.#asked.delete(output.controlId);
        break;
      case "audit":
        void this.#audit(output);
        break;
    }
  }

  async #audit(output: Extract<ServerOutput, { readonly kind: "audit" }>): Promise<void> {
    const { auditId, gateway: name, via, asksRecovery, since } = output;
    const gateway = this.#config.gateways.find(({ domain }) => domain === name);
    if (gateway === undefined) return;
    try {
      const outcome = await auditGateway(gateway, { via, asksRecovery, since }, this.#queries, random);
      this.#take(() => this.#server.auditEnded(auditId, outcome, now()));
    } catch (error) {
      this.#failed(error);
    }
  }

  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const nextMs = this.#server.next();
    const waitMs = nextMs === null ? waitMaxMs : Math.min(Math.max(0, nextMs - monotonicMs()), waitMaxMs);
    this.#timer = setTimeout(() => this.#take(() => this.#server.tick(now())), waitMs);
  }
}

function now(): Moment {
  return { nowMs: monotonicMs(), wallMs: Date.now() };
}

const randomSteps = 2 ** 47;

function random(): number {
  return randomInt(randomSteps) / randomSteps;
}
