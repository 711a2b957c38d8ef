/** What a gateway is told when it is made: its configuration as the core wants it, and what the edge has for it. */
import type { Coding, Epoch } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import type { DigestUser } from "./management/digest-gate.js";
import type { KeptJournal } from "./management/journal-entry.js";
import type { ReadingMoment } from "./management/journal-replay.js";
import type { RelayOptions } from "./management/relay-endpoints.js";
import type { SnmpOptions } from "./management/snmp-stack.js";
import type { ReadLegStatistics } from "./media/media-port.js";

export interface GatewayLine {
  readonly line: string;
  readonly number: string;
  readonly phone: Address;
}

export interface GatewayOptions {
  readonly name: string;
  readonly address: string;
  readonly mgcpPort: number;
  readonly sipPort: number;
  /** Of the document in one NOTIFY over TCP. */
  readonly sipDocumentBytesMax: number;
  /** Who may ask by SIP from any address, by digest authentication. */
  readonly sipUsers: readonly DigestUser[];
  /** Null: no SNMP is answered. */
  readonly snmp: SnmpOptions | null;
  readonly media: {
    /** The first where nothing else decides; at most one of each family. */
    readonly addresses: readonly string[];
    readonly portFirst: number;
    readonly portLast: number;
    readonly dscp: number;
    readonly codings: readonly Coding[];
    readonly legsMax: number;
  };
  readonly callAgents: readonly Address[];
  /** `ca@ca1.example:2727`, with as many addresses as the name has; null: the call agents in their order. */
  readonly notifiedEntity: string | null;
  readonly restart: {
    /** Call agents are told of restarts, disconnections and the end of service (RestartInProgress). */
    readonly announces: boolean;
    /** MWD (RFC 3435 section 4.4.6): the wait after a start is between 0 and this. */
    readonly restartWaitMaxMs: number;
    /** Tdinit, Tdmin, Tdmax (section 4.4.7). */
    readonly disconnectedFirstMs: number;
    readonly disconnectedLeastMs: number;
    readonly disconnectedMostMs: number;
  };
  readonly askers: readonly string[];
  readonly lines: readonly GatewayLine[];
  readonly relay: RelayOptions;
}

export interface GatewaySurroundings {
  readonly random: Random;
  readonly readStatistics: ReadLegStatistics;
  /** As persisted by the boot before; null when there was none. */
  readonly epoch: Epoch | null;
  /** Null: the journal ends with the program. */
  readonly journal: GatewayJournal | null;
}

export interface GatewayJournal {
  /** From before this start. */
  readonly kept: KeptJournal;
  readonly start: ReadingMoment;
  readonly checkpointMs: number;
}
