/**
 * What the media engine is told of the legs of connections: to open, change and close them, with the settings that follow
 * from the connections on the endpoint (leg-settings). When it is told is call-control's.
 */
import type { Coding } from "#protocol/active-connection.js";
import type { LegSettings, MediaCommand } from "../media/media-port.js";
import type { ConnectionRow, ConnectionTable } from "./connection-table.js";
import type { LegLease, LegPool } from "./leg-pool.js";
import { type FarSide, lineLegSettings, relayLegSettings } from "./leg-settings.js";
import type { LineStations } from "./line-stations.js";
import type { RelayEndpoints } from "./relay-endpoints.js";

export interface LegCommandOptions {
  readonly cname: string;
  /** What the DSP can code. */
  readonly codings: readonly Coding[];
}

export interface LegCommandParts {
  readonly table: ConnectionTable;
  readonly stations: LineStations;
  readonly relays: RelayEndpoints;
  readonly pool: LegPool;
}

export interface MediaOutput {
  readonly kind: "media";
  readonly command: MediaCommand;
}

export class LegCommands {
  readonly #options: LegCommandOptions;
  readonly #parts: LegCommandParts;

  constructor(options: LegCommandOptions, parts: LegCommandParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** isAwaited: the engine says when it is open; not needed where its ports are bound already, or it has none. */
  open(row: ConnectionRow, isAwaited = true): MediaOutput {
    const { leg, generation, port, binding } = row.lease;
    const local = port === 0 ? null : row.local.media;
    const { cname } = this.#options;
    const { dscp } = binding;
    const settings = this.#settings(row);
    return {
      kind: "media",
      command: { kind: "open", leg, generation, local, dscp, cname, isAwaited, settings },
    };
  }

  /** token: the engine says when it holds. */
  modify(row: ConnectionRow, token: number | null): MediaOutput {
    const { leg, generation } = row.lease;
    return { kind: "media", command: { kind: "modify", leg, generation, token, settings: this.#settings(row) } };
  }

  /** Its packets bear another DSCP; the engine says which it really is. */
  mark({ lease }: ConnectionRow): MediaOutput {
    const { leg, generation, binding } = lease;
    return { kind: "media", command: { kind: "mark", leg, generation, dscp: binding.dscp } };
  }

  /** The connection is done with its leg, which may stay ready for another. */
  release({ lease, dscp }: ConnectionRow): MediaOutput {
    const keepsPorts = this.#parts.pool.keepReady(lease, dscp);
    if (!keepsPorts) this.#parts.pool.giveBack(lease);
    return closeCommand(lease, keepsPorts);
  }

  /** Of a leg that was not opened yet. */
  abandon(lease: LegLease): MediaOutput {
    this.#parts.pool.giveBack(lease);
    return closeCommand(lease, false);
  }

  #settings(row: ConnectionRow): LegSettings {
    const { table, stations, relays } = this.#parts;
    const far = this.#farSide(row);
    if (!relays.owns(row.endpoint)) return lineLegSettings(row, stations.leg(row.endpoint), far);
    const others = table.onEndpoint(row.endpoint).filter(({ connectionId }) => connectionId !== row.connectionId);
    return relayLegSettings(row, others, this.#options.codings, relays.options.learnsPort, far);
  }

  #farSide(row: ConnectionRow): FarSide {
    if (row.otherHalf === null) return row.remote?.media ?? null;
    const other = this.#parts.table.otherHalfOf(row);
    return other === null ? null : { leg: other.lease.leg };
  }
}

export function closeCommand({ leg, generation }: LegLease, keepsPorts: boolean): MediaOutput {
  return { kind: "media", command: { kind: "close", leg, generation, keepsPorts } };
}
