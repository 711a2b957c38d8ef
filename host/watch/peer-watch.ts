/**
 * The other call server, as this one sees it: heartbeats out and in, suspicion, witnesses, verdict. A standby asks the
 * witnesses already while the peer is merely late, so that the verdict does not wait for them.
 *
 *   alive ──silent lateAfterMs──► late (ask the peer, ask the gateways) ──deadAfterMs, and no gateway hears it──► gone
 *
 * From the peer's last sign of life to "gone": an active server sends every gateway something each half heartbeat, so a
 * gateway that has heard nothing for deadAfterMs and three quarters of a heartbeat has not merely missed a burst of loss
 * shorter than deadAfterMs; and deadAfterMs + heartbeatMs, what is promised, leaves the last quarter for the question.
 */
import type { Address } from "#protocol/address.js";
import type { OutgoingDatagram } from "#protocol/datagram.js";
import { earliest } from "#protocol/deadlines.js";
import type { Moment } from "../moment.js";
import type { ServerEvent } from "../server-event.js";
import { FailureDetector } from "./failure-detector.js";
import { type Heartbeat, HeartbeatGuard, type HeartbeatRole, parseHeartbeat, writeHeartbeat } from "./heartbeat.js";
import { Witnesses } from "./witnesses.js";

export interface PeerWatchOptions {
  readonly server: string;
  readonly peer: { readonly server: string; readonly heartbeat: Address };
  readonly secret: string;
  readonly heartbeatMs: number;
  readonly deadAfterMs: number;
  /** A peer that was never heard since our start is given so long: machines of a site come up at different speeds. */
  readonly startGraceMs: number;
  readonly gateways: readonly string[];
}

export interface OwnStanding {
  readonly role: HeartbeatRole;
  readonly epoch: number;
}

export interface WatchTurn {
  readonly sends: OutgoingDatagram[];
  /** Gateways to be asked whether they hear the peer. */
  readonly ask: string[];
  readonly events: ServerEvent[];
  /** The operator has put the peer in charge. */
  isToYield: boolean;
  /** Set when the peer is gone beyond doubt. */
  gone: { readonly detectMs: number; readonly silentMs: number } | null;
}

/** Refused heartbeats are told of, but not each of a flood. */
const refusalPauseMs = 10_000;

export class PeerWatch {
  readonly #options: PeerWatchOptions;
  readonly #guard = new HeartbeatGuard();
  readonly #detector: FailureDetector;
  readonly #witnesses: Witnesses;
  readonly #started: Moment;
  #beatAtMs: number;
  /** When the verdict may change; looked at again after every input. */
  #verdictAtMs: number | null;
  #askAtMs = Number.NEGATIVE_INFINITY;
  #refusalToldMs = Number.NEGATIVE_INFINITY;
  #sequence = 0;
  #peer: Heartbeat | null = null;
  #told: "alive" | "late" | "unheard" = "alive";

  constructor(options: PeerWatchOptions, at: Moment) {
    const { heartbeatMs, deadAfterMs, startGraceMs } = options;
    this.#options = options;
    this.#started = at;
    this.#beatAtMs = at.nowMs;
    this.#verdictAtMs = at.nowMs;
    this.#detector = new FailureDetector({ lateAfterMs: deadAfterMs / 2, deadAfterMs }, at.nowMs + startGraceMs);
    this.#witnesses = new Witnesses({
      silentAfterMs: deadAfterMs + 0.75 * heartbeatMs,
      reachableWithinMs: deadAfterMs / 2,
      validMs: heartbeatMs,
      retryMs: heartbeatMs / 4,
    });
  }

  /** What the peer last said of itself; null while it was never heard, or is dead by its heartbeats. */
  heardPeer(nowMs: number): Heartbeat | null {
    return this.#detector.verdict(nowMs) === "dead" ? null : this.#peer;
  }

  receive(bytes: Uint8Array, from: Address, own: OwnStanding, at: Moment): WatchTurn {
    const turn = emptyTurn();
    const { peer, secret } = this.#options;
    const parsed = parseHeartbeat(bytes, secret);
    const admitted = parsed.ok ? this.#guard.admit(parsed.value, at.wallMs) : parsed;
    if (!admitted.ok || admitted.value.server !== peer.server || from.address !== peer.heartbeat.address) {
      this.#refused(admitted.ok ? `from ${admitted.value.server} at ${from.address}` : admitted.reason, at, turn);
      return turn;
    }
    const heartbeat = admitted.value;
    const isNews = this.#peer?.role !== heartbeat.role || this.#told !== "alive";
    this.#peer = heartbeat;
    this.#detector.heard(at.nowMs);
    this.#verdictAtMs = this.#detector.next(at.nowMs);
    this.#witnesses.end();
    this.#told = "alive";
    if (isNews) {
      const { server, role, epoch } = heartbeat;
      turn.events.push({ event: "peer-up", peer: server, role, epoch });
    }
    turn.isToYield = heartbeat.kind === "yield";
    if (heartbeat.kind === "ask") turn.sends.push(this.#write("beat", own, at));
    return turn;
  }

  /** What we are has changed: the peer is told with the next tick. */
  announce(nowMs: number): void {
    this.#beatAtMs = nowMs;
  }

  /** Tells the peer to stand by, for the operator wants it so. */
  pushAside(own: OwnStanding, at: Moment): WatchTurn {
    const turn = emptyTurn();
    turn.sends.push(this.#write("yield", own, at));
    return turn;
  }

  /** A gateway's testimony: how long ago it last heard the peer; null when never. */
  testified(gateway: string, heardAgeMs: number | null, nowMs: number): void {
    this.#witnesses.answered(gateway, heardAgeMs, nowMs);
  }

  tick(own: OwnStanding, at: Moment): WatchTurn {
    const turn = emptyTurn();
    const { nowMs } = at;
    if (nowMs >= this.#beatAtMs) {
      this.#beatAtMs = nowMs + this.#options.heartbeatMs;
      turn.sends.push(this.#write(this.#peer === null ? "ask" : "beat", own, at));
    }
    this.#verdictAtMs = this.#detector.next(nowMs);
    if (own.role === "standby") this.#suspect(own, at, turn);
    else this.#witnesses.end();
    return turn;
  }

  next(own: OwnStanding): number | null {
    if (own.role !== "standby") return this.#beatAtMs;
    const asking = this.#witnesses.asking ? this.#askAtMs : null;
    return earliest(this.#beatAtMs, asking, this.#witnesses.next(), this.#verdictAtMs);
  }

  #suspect(own: OwnStanding, at: Moment, turn: WatchTurn): void {
    const { nowMs } = at;
    const { peer, heartbeatMs, gateways } = this.#options;
    const verdict = this.#detector.verdict(nowMs);
    if (verdict === "alive") return;
    const silentMs = nowMs - this.#lastHeardMs;
    if (this.#told === "alive") {
      turn.events.push({ event: "peer-late", peer: peer.server, silentMs: Math.round(silentMs) });
      this.#told = "late";
    }
    this.#witnesses.begin(gateways, nowMs);
    if (nowMs >= this.#askAtMs) {
      this.#askAtMs = nowMs + heartbeatMs / 4;
      turn.sends.push(this.#write("ask", own, at));
    }
    turn.ask.push(...this.#witnesses.takeDue(nowMs));
    if (verdict !== "dead") return;
    const testimony = this.#witnesses.verdict(nowMs);
    const { deadAfterMs } = this.#options;
    if (testimony === "heard" && this.#told === "late" && silentMs > deadAfterMs + heartbeatMs) {
      turn.events.push({ event: "peer-unheard", peer: peer.server, silentMs: Math.round(silentMs) });
      this.#told = "unheard";
    }
    if (testimony !== "gone") return;
    const lastSignMs = Math.max(this.#lastHeardMs, this.#witnesses.lastHeardMs);
    turn.gone = { detectMs: nowMs - lastSignMs, silentMs };
    this.#witnesses.end();
  }

  get #lastHeardMs(): number {
    return this.#peer === null ? this.#started.nowMs : this.#detector.lastHeardMs;
  }

  #refused(reason: string, at: Moment, turn: WatchTurn): void {
    if (at.nowMs - this.#refusalToldMs < refusalPauseMs) return;
    this.#refusalToldMs = at.nowMs;
    turn.events.push({ event: "heartbeat-refused", reason });
  }

  /** The wall clock of a heartbeat follows the monotonic one, so that setting the clock never looks like a replay. */
  #write(kind: Heartbeat["kind"], own: OwnStanding, at: Moment): OutgoingDatagram {
    const { server, secret, peer } = this.#options;
    this.#sequence += 1;
    const wallMs = Math.round(this.#started.wallMs + (at.nowMs - this.#started.nowMs));
    const heartbeat = { kind, server, role: own.role, epoch: own.epoch, sequence: this.#sequence, wallMs };
    return { bytes: writeHeartbeat(heartbeat, secret), to: peer.heartbeat };
  }
}

function emptyTurn(): WatchTurn {
  return { sends: [], ask: [], events: [], isToYield: false, gone: null };
}
