/** A whole call server on the simulated network; audits it wants are run by the real queries over sockets of their own. */

import type { Address } from "../../firmware/protocol/address.js";
import type { Random } from "../../firmware/protocol/chance.js";
import { CallServer } from "../../host/call-server.js";
import { type CallServerConfig, callServerSchema } from "../../host/config.js";
import type { ControlReply, ControlRequest } from "../../host/control/control-message.js";
import { readStoredRecord } from "../../host/io/stored-values.js";
import type { AuditQuery, QueryTurn } from "../../host/query/audit-query.js";
import { MgcpQuery } from "../../host/query/mgcp-query.js";
import { SipQuery } from "../../host/query/sip-query.js";
import { configuredAccess, envelopeOf } from "../../host/query/snmp-access.js";
import { SnmpQuery, snmpQueryDefaults } from "../../host/query/snmp-query.js";
import type { ServerEvent } from "../../host/server-event.js";
import type { ServerOutput } from "../../host/server-output.js";
import type { GatewayPlace } from "./simulated-gateway.js";
import type { SimulatedMoment, SimulatedNetwork, SimulatedNode } from "./simulated-network.js";
import { SimulatedStore } from "./simulated-store.js";

export const serverAddresses = { primary: "127.10.0.1", backup: "127.10.0.2" } as const;
export type ServerRole = keyof typeof serverAddresses;

export function serverConfig(role: ServerRole, places: readonly GatewayPlace[], more: object = {}): CallServerConfig {
  const other = role === "primary" ? "backup" : "primary";
  return callServerSchema.parse({
    server: role,
    role,
    address: serverAddresses[role],
    heartbeat: { secret: "a secret of the simulation" },
    peer: { server: other, address: serverAddresses[other] },
    store: { file: "none" },
    gateways: places.map(({ name, address, lines, firstNumber }) => ({
      domain: name,
      address,
      snmp: { port: 161, community: "simulated-community" },
      sip: {},
      lines: { count: lines, firstNumber: String(firstNumber) },
    })),
    ...more,
  });
}

export class SimulatedCallServer implements SimulatedNode {
  readonly config: CallServerConfig;
  readonly core: CallServer;
  readonly events: { readonly atMs: number; readonly event: ServerEvent }[] = [];
  /** What operators were answered. */
  readonly replies: ControlReply[] = [];
  /** Its disk; outlives it when handed on. */
  readonly store: SimulatedStore;
  readonly #network: SimulatedNetwork;
  readonly #random: Random;
  readonly #queries = new Map<number, { query: AuditQuery; port: Address }>();
  #isDead = false;
  #isPaused = false;
  #lastPort = 30_000;

  constructor(config: CallServerConfig, network: SimulatedNetwork, random: Random, store = new SimulatedStore()) {
    this.config = config;
    this.store = store;
    this.#network = network;
    this.#random = random;
    const parts = { random, kept: store.gatewayRecords(), store, readRecord: readStoredRecord };
    this.core = new CallServer(config, parts, network.at);
    network.listen(this.#port("mgcp"), (bytes, from, at) => {
      if (!this.#isPaused) this.#act(this.core.receiveMgcp(bytes, from, at), at);
    });
    network.listen(this.#port("heartbeat"), (bytes, from, at) => {
      if (!this.#isPaused) this.#act(this.core.receivePeer(bytes, from, at), at);
    });
    network.add(this);
    this.#act(this.core.start(network.at), network.at);
  }

  /** SIGKILL: nothing more is sent, nothing is taken in. */
  kill(): void {
    this.#isDead = true;
    const ports = [...this.#queries.values()].map(({ port }) => port);
    this.#network.remove(this, [this.#port("mgcp"), this.#port("heartbeat"), ...ports]);
  }

  /** SIGSTOP: what arrives meanwhile is lost. */
  pause(): void {
    this.#isPaused = true;
  }

  /** SIGCONT: it goes on as if nothing had been. */
  resume(): void {
    this.#isPaused = false;
    this.tick(this.#network.at);
  }

  /** An operator's request; the answer comes into `replies`, now or later. */
  control(request: ControlRequest): void {
    this.#act(this.core.control(this.replies.length + 1, request, this.#network.at), this.#network.at);
  }

  named<Name extends ServerEvent["event"]>(name: Name): Extract<ServerEvent, { readonly event: Name }>[] {
    return this.events.flatMap(({ event }) => (isNamed(event, name) ? [event] : []));
  }

  next(): number | null {
    if (this.#isPaused) return null;
    const queries = [...this.#queries.values()].map(({ query }) => query.next());
    const due = [this.core.next(), ...queries].filter((atMs) => atMs !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  tick(at: SimulatedMoment): void {
    for (const [auditId, { query, port }] of [...this.#queries]) this.#follow(auditId, port, query.tick(at.nowMs), at);
    this.#act(this.core.tick(at), at);
  }

  #act(outputs: readonly ServerOutput[], at: SimulatedMoment): void {
    if (this.#isDead) return;
    for (const output of outputs) {
      if (output.kind === "send-mgcp" || output.kind === "send-peer") {
        const from = this.#port(output.kind === "send-mgcp" ? "mgcp" : "heartbeat");
        this.#network.send(from, output.datagram.to, output.datagram.bytes);
      } else if (output.kind === "audit") this.#query(output, at);
      else if (output.kind === "control-reply") this.replies.push(output.reply);
      else if (output.kind === "log") this.events.push({ atMs: at.nowMs, event: output.event });
      else if (output.kind === "store-cdr") this.store.storeCdr(output.record);
      else if (output.kind === "store-peer-cdr") this.store.storePeerCdr(output.record);
      else if (output.kind === "cdr-shared") this.store.markShared(output.record);
      else this.store.storeGatewayRecord(output.record);
    }
  }

  #query(output: Extract<ServerOutput, { readonly kind: "audit" }>, at: SimulatedMoment): void {
    const { auditId, gateway: name, via, asksRecovery, since } = output;
    this.#lastPort += 1;
    const port = { address: this.config.address, port: this.#lastPort };
    const gateway = this.config.gateways.find(({ domain }) => domain === name);
    if (gateway === undefined) throw new Error(`no gateway ${name}`);
    const { address, mgcpPort, snmp, sip } = gateway;
    const query =
      via === "mgcp"
        ? new MgcpQuery({ gateway: name, to: { address, port: mgcpPort }, asksRecovery, since }, this.#random)
        : via === "snmp"
          ? new SnmpQuery(
              {
                ...snmpQueryDefaults,
                gateway: name,
                to: { address, port: snmp?.port ?? 161 },
                envelope: envelopeOf(configuredAccess(snmp), this.#random),
              },
              this.#random,
            )
          : new SipQuery({ gateway: name, to: { address, port: sip?.port ?? 5060 }, from: port }, this.#random);
    this.#queries.set(auditId, { query, port });
    this.#network.listen(port, (bytes, from, when) => {
      if (!this.#isPaused) this.#follow(auditId, port, query.receive(bytes, from, when.nowMs), when);
    });
    this.#follow(auditId, port, query.start(at.nowMs), at);
  }

  #follow(auditId: number, port: Address, turn: QueryTurn, at: SimulatedMoment): void {
    if (this.#isDead || !this.#queries.has(auditId)) return;
    for (const { bytes, to } of turn.sends) this.#network.send(port, to, bytes);
    const { outcome } = turn;
    if (outcome === null) return;
    this.#queries.delete(auditId);
    this.#act(this.core.auditEnded(auditId, outcome, at), at);
  }

  #port(kind: "mgcp" | "heartbeat"): Address {
    const { address, mgcpPort, heartbeat } = this.config;
    return { address, port: kind === "mgcp" ? mgcpPort : (heartbeat?.port ?? 0) };
  }
}

function isNamed<Name extends ServerEvent["event"]>(
  event: ServerEvent,
  name: Name,
): event is Extract<ServerEvent, { readonly event: Name }> {
  return event.event === name;
}
