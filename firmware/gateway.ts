/**
 * The whole gateway without I/O: a datagram, an event of the media engine or the time goes in, what is to be done comes
 * out, in the order in which it is to be done. firmware/main gives it sockets, a clock and a media engine; a simulation
 * gives it its own.
 *
 *     mgcp datagram ─► mgcp-face ─► call-control ─► media commands        (engine)
 *     sip datagram  ─► lines/sip-phone ─► line-stations ─┘                (telephones)
 *                   └► sip-face ─┐
 *     snmp datagram ─► snmp-face ┴► one snapshot of the connection table  (whoever asks)
 */
import type { GatewaySnapshot } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import { earliest } from "#protocol/deadlines.js";
import type { EventName } from "#protocol/mgcp/message.js";
import type { SipOutput } from "#protocol/sip/sip-output.js";
import type { SipEvent, SipTurn } from "#protocol/sip/transactions.js";
import type { GatewayOptions, GatewaySurroundings } from "./gateway-options.js";
import { type GatewayOutput, type GatewayPort, sipSends, snmpSends } from "./gateway-output.js";
import { type GatewayParts, gatewayParts } from "./gateway-parts.js";
import type { ControlOutput, Moment } from "./management/call-control.js";
import type { FaceOutput } from "./management/mgcp-answer.js";
import type { MediaEvent } from "./media/media-port.js";

export class Gateway {
  readonly #parts: GatewayParts;
  readonly #hasSipUsers: boolean;
  /** Changes of the table up to here are in the journal, and told to watchers. */
  #journalledCounter = 0;
  #toldCounter = 0;

  constructor(options: GatewayOptions, surroundings: GatewaySurroundings, nowMs: number) {
    this.#parts = gatewayParts(options, surroundings, nowMs);
    this.#hasSipUsers = options.sipUsers.length > 0;
  }

  /** The gateway is in service: its call agent is told so, after a random wait (RFC 3435 section 4.4.6). */
  start(at: Moment): GatewayOutput[] {
    const restarted = snmpSends(this.#parts.snmp?.restarted(at.nowMs));
    return [
      ...restarted,
      ...this.#settle([...this.#parts.control.prepare(), ...this.#parts.mgcp.notices.begin(at)], at),
    ];
  }

  /** It will stop after the delay, and no earlier than it is told to where that is zero (section 2.3.12). */
  graceful(delaySeconds: number, at: Moment): GatewayOutput[] {
    return this.#settle(this.#parts.mgcp.notices.graceful(delaySeconds, at), at);
  }

  cancelGraceful(at: Moment): GatewayOutput[] {
    return this.#settle(this.#parts.mgcp.notices.cancelGraceful(at), at);
  }

  /** Out of service now; what is still answered are audits. */
  stop(at: Moment): GatewayOutput[] {
    this.#parts.journalLog?.checkpoint(at);
    return this.#settle(this.#parts.mgcp.notices.forced(at), at);
  }

  /** By source address: whether a connection (TCP) from there is taken. */
  mayConnect(address: string): boolean {
    return this.#hasSipUsers || this.#parts.fencing.mayAsk(address);
  }

  /** No connection is left. */
  get isIdle(): boolean {
    return this.#parts.table.size === 0;
  }

  get isOutOfService(): boolean {
    return this.#parts.mgcp.notices.isOutOfService;
  }

  /** Out of service, and whoever had to be told has answered. */
  get isStopped(): boolean {
    return this.isOutOfService && this.#parts.mgcp.notices.size === 0;
  }

  /** addresses: IP literals; none when the name was not found. */
  resolved(name: string, addresses: readonly string[], at: Moment): GatewayOutput[] {
    return this.#settle(this.#parts.mgcp.face.resolved(name, addresses, at), at);
  }

  receive(port: GatewayPort, bytes: Uint8Array, from: Address, at: Moment): GatewayOutput[] {
    switch (port) {
      case "mgcp":
        return this.#settle(this.#parts.mgcp.face.receive(bytes, from, at), at);
      case "sip":
        return this.#sipTurn(this.#parts.sip.receive(bytes, from, at.nowMs), at);
      case "sip-tcp":
        return this.#sipTurn(this.#parts.sip.receive(bytes, from, at.nowMs, true), at);
      case "snmp":
        return snmpSends(this.#parts.snmp?.receive(bytes, from, at.nowMs));
    }
  }

  mediaEvent(event: MediaEvent, at: Moment): GatewayOutput[] {
    const outputs = this.#parts.control.mediaEvent(event, at) ?? this.#parts.stations.mediaEvent(event, at.nowMs) ?? [];
    return this.#settle(outputs, at);
  }

  tick(at: Moment): GatewayOutput[] {
    this.#parts.journalLog?.tick(at);
    return [
      ...this.#sipTurn(this.#parts.sip.tick(at.nowMs), at),
      ...this.#settle(this.#parts.stations.fromPhones(this.#parts.phones.tick(at.nowMs), at.nowMs), at),
      ...this.#performSip(this.#parts.sipFace.tick(at.nowMs), at),
      ...this.#settle(this.#parts.mgcp.face.tick(at), at),
      ...snmpSends(this.#parts.snmp?.tick(at.nowMs)),
      ...this.#tellDropped(),
    ];
  }

  next(): number | null {
    return earliest(
      this.#parts.mgcp.face.next(),
      this.#parts.sip.next(),
      this.#parts.phones.next(),
      this.#parts.sipFace.next(),
      this.#parts.snmp?.next() ?? null,
      this.#parts.journalLog?.next() ?? null,
    );
  }

  /** Everything an audit can tell at this moment. */
  snapshot(nowMs: number): GatewaySnapshot {
    return this.#parts.account.snapshot(nowMs);
  }

  /** Outputs of the faces and of call-control, each carried to whom it concerns, until nothing is left inside. */
  #settle(inner: readonly (FaceOutput | ControlOutput)[], at: Moment): GatewayOutput[] {
    const outputs: GatewayOutput[] = [];
    for (const output of inner) {
      if (output.kind === "media") outputs.push(output);
      else outputs.push(...this.#settleOne(output, at));
    }
    return [...this.#writeJournal(at), ...outputs, ...this.#tellWatchers(at)];
  }

  /** With the connections that changed, if they carry media or their station has answered: others are not billed. */
  #writeJournal(at: Moment): GatewayOutput[] {
    const log = this.#parts.journalLog;
    if (log === null) return [];
    for (const { value: row } of this.#parts.table.changedBehind(this.#journalledCounter)) {
      if (row.started !== null || log.holds(row.connectionId))
        log.active(this.#parts.account.describe(row, at.nowMs), at.nowMs);
    }
    this.#journalledCounter = this.#parts.table.counter;
    const write = log.take(at);
    return write === null ? [] : [{ kind: "journal", write }];
  }

  #settleOne(output: FaceOutput, at: Moment): GatewayOutput[] {
    switch (output.kind) {
      case "send":
        return [{ kind: "send", port: "mgcp", datagram: output.datagram }];
      case "media":
      case "persist-epoch":
      case "resolve":
      case "log":
        return [output];
      case "sip":
        return this.#performSip([output.output], at);
      case "created":
      case "not-created":
      case "modified":
      case "not-modified":
        return this.#settle(this.#parts.mgcp.face.controlled(output, at), at);
      case "recouple":
        return this.#settle(this.#parts.control.recouple(output.line, at), at);
      case "line-event":
        return this.#lineEvent(output, at);
      case "digit":
        return this.#settle(this.#parts.mgcp.face.observe(output.line, digitEvent(output.digit), at), at);
      case "trouble":
        return this.#lineTrouble(output.line, output.reason, at);
    }
  }

  #lineEvent(output: Extract<ControlOutput, { kind: "line-event" }>, at: Moment): GatewayOutput[] {
    const { line, event, dialled } = output;
    const [connection] = this.#parts.table.onEndpoint(line);
    this.#parts.journal.lineEvent(line, event, connection?.callId ?? "", at.nowMs);
    // It is billed from here on, also if nobody connects it any more; who called whom stands in its tag alone.
    if (event === "answer" && connection !== undefined)
      this.#parts.journalLog?.active(this.#parts.account.describe(connection, at.nowMs), at.nowMs);
    this.#parts.table.touch();
    const log: GatewayOutput = { kind: "log", event: "line-event", fields: { line, event, dialled } };
    const { face } = this.#parts.mgcp;
    const outputs = this.#settle(face.observe(line, lineEventName(event === "on-hook" ? "hu" : "hd"), at), at);
    if (dialled !== null) outputs.push(...this.#settle(face.dialled(line, digits(dialled), at), at));
    return [log, ...outputs];
  }

  /** The station could not be rung, or has no audio. */
  #lineTrouble(line: string, reason: string, at: Moment): GatewayOutput[] {
    const log: GatewayOutput = { kind: "log", event: "line-trouble", fields: { line, reason } };
    return [log, ...this.#settle(this.#parts.mgcp.face.trouble(line, at), at)];
  }

  #sipTurn(turn: SipTurn, at: Moment): GatewayOutput[] {
    const outputs: GatewayOutput[] = sipSends(turn.sends);
    for (const event of turn.events) outputs.push(...this.#sipEvent(event, at));
    return outputs;
  }

  /** Subscriptions and OPTIONS are the face's, everything about calls the telephones'. */
  #sipEvent(event: SipEvent, at: Moment): GatewayOutput[] {
    if (this.#parts.sipFace.owns(event)) return this.#performSip(this.#parts.sipFace.sipEvent(event, at.nowMs), at);
    return this.#settle(this.#parts.stations.fromPhones(this.#parts.phones.sipEvent(event, at.nowMs), at.nowMs), at);
  }

  #performSip(outputs: readonly SipOutput[], at: Moment): GatewayOutput[] {
    return outputs.length === 0 ? [] : this.#sipTurn(this.#parts.sip.perform(outputs, at.nowMs), at);
  }

  #tellWatchers(at: Moment): GatewayOutput[] {
    if (this.#parts.table.counter === this.#toldCounter) return [];
    this.#toldCounter = this.#parts.table.counter;
    return [...this.#tellReceivers(at), ...this.#performSip(this.#parts.sipFace.changed(at.nowMs), at)];
  }

  #tellReceivers(at: Moment): GatewayOutput[] {
    const turns = this.#parts.table.takeTurns();
    if (this.#parts.snmp?.hasReceivers !== true) return [];
    return turns.flatMap(({ name, row }) => {
      const connection = this.#parts.control.describe(row, "", at.nowMs);
      return snmpSends(this.#parts.snmp?.connection(notificationOf[name], connection, at.nowMs));
    });
  }

  #tellDropped(): GatewayOutput[] {
    const count = this.#parts.snmp?.takeDropped() ?? 0;
    return count === 0 ? [] : [{ kind: "log", event: "notifications-dropped", fields: { count } }];
  }
}

const notificationOf = { started: "hoConnectionStarted", ended: "hoConnectionEnded" } as const;

function lineEventName(event: string): EventName {
  return { packageName: "L", event, connectionId: null, parameters: [] };
}

/** A number sent all at once is complete: the timer that would end it has, so to speak, run out. */
function digits(dialled: string): EventName[] {
  return [...dialled, "T"].map(digitEvent);
}

function digitEvent(event: string): EventName {
  return { packageName: "D", event, connectionId: null, parameters: [] };
}
