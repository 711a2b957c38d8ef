/**
 * Active connections as people read them: one row per connection with its five facts and the protocols that told them.
 * Shared by `audit`, `demo` and the takeover's report.
 */
import { type ActiveConnection, type AuditProtocol, type Coding, dscpName } from "#protocol/active-connection.js";
import { writeTable } from "./table.js";

export interface ToldConnection {
  readonly connection: ActiveConnection;
  readonly toldBy: readonly AuditProtocol[];
}

const columns = [
  { title: "gateway" },
  { title: "connection" },
  { title: "endpoint" },
  { title: "state" },
  { title: "originating device" },
  { title: "its address" },
  { title: "duration", align: "right" },
  { title: "coding" },
  { title: "QoS" },
  { title: "loss", align: "right" },
  { title: "jitter", align: "right" },
  { title: "told by" },
] as const;

/** Each connection of each gateway once, the first answer's facts, with all who told it. */
export function mergeConnections(
  answers: readonly { readonly via: AuditProtocol; readonly connections: readonly ActiveConnection[] }[],
): ToldConnection[] {
  const merged = new Map<string, { connection: ActiveConnection; toldBy: AuditProtocol[] }>();
  for (const { via, connections } of answers) {
    for (const connection of connections) {
      const key = `${connection.gateway} ${connection.connectionId}`.toUpperCase();
      const known = merged.get(key);
      if (known === undefined) merged.set(key, { connection, toldBy: [via] });
      else known.toldBy.push(via);
    }
  }
  return [...merged.values()];
}

export function listConnections(told: readonly ToldConnection[]): string[] {
  return writeTable(
    columns,
    told.map(({ connection, toldBy }) => [
      connection.gateway,
      connection.connectionId,
      connection.endpoint,
      connection.state,
      connection.origin.device,
      connection.origin.address ?? "",
      connection.startedWallMs === null ? "" : formatDuration(connection.durationMs),
      describeCodings(connection.sendCoding, connection.receiveCoding),
      describeQos(connection),
      describeLoss(connection),
      connection.statistics.jitterMs === null ? "" : `${connection.statistics.jitterMs.toFixed(1)} ms`,
      toldBy.join(" "),
    ]),
  );
}

/** `0:07`, `12:34`, `1:02:03`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1_000);
  const two = (count: number) => String(count).padStart(2, "0");
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** `PCMA/20ms`, or `PCMA/20ms > PCMU/20ms <` where what is sent differs from what is received. */
export function describeCodings(sent: Coding | null, received: Coding | null): string {
  const first = describeCoding(sent ?? received);
  const second = describeCoding(received ?? sent);
  return first === second ? first : `${first} > ${second} <`;
}

function describeCoding(coding: Coding | null): string {
  return coding === null ? "" : `${coding.encoding}/${coding.ptimeMs}ms`;
}

function describeQos({ qos }: ActiveConnection): string {
  return qos.reservation === "none" ? dscpName(qos.dscp) : `${dscpName(qos.dscp)} ${qos.reservation}`;
}

function describeLoss({ statistics }: ActiveConnection): string {
  const expected = statistics.packetsReceived + statistics.packetsLost;
  return expected === 0 ? "" : `${((100 * statistics.packetsLost) / expected).toFixed(1)} %`;
}
