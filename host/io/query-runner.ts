/** Runs an audit query over a UDP socket of its own, and over TCP where it says so. (node:dgram; the npm package of that name is an empty one.) */
import { createSocket, type Socket } from "node:dgram";
import { type Address, isReachable } from "#protocol/address.js";
import type { AuditOutcome, AuditQuery, QueryTurn } from "../query/audit-query.js";
import { queryStreamBytesMax } from "../query/sip-query.js";
import { QueryStream, type QueryStreamEvents } from "./query-stream.js";

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

/**
 * Ends with the query's outcome, always. The query, or a function that makes it from the socket's own address (SIP writes
 * that into its messages), is started once the socket is bound. `bind.address` may be "0.0.0.0" or "::" (null: the
 * system's choice for the gateway's family, `to`); then the address towards `to` is found by connecting a second socket.
 */
export async function runQuery(
  query: AuditQuery | ((local: Address) => AuditQuery),
  bind: { readonly address: string } | null,
  now: () => number,
  to: Address | null = null,
): Promise<AuditOutcome> {
  const family = familyOf(bind?.address ?? to?.address ?? "127.0.0.1");
  const socket = createSocket(family);
  const streams: QueryStream[] = [];
  try {
    const local = await bindSocket(socket, bind?.address);
    const own = isUnspecified(local.address) && to !== null ? await addressTowards(to) : null;
    const made = typeof query === "function" ? query({ address: own ?? local.address, port: local.port }) : query;
    const openStream = (to: Address, events: QueryStreamEvents) => {
      const streamFrom = bind === null || isUnspecified(bind.address) ? null : bind.address;
      const stream = new QueryStream(to, streamFrom, queryStreamBytesMax, events);
      streams.push(stream);
      return stream;
    };
    return await new Promise<AuditOutcome>((resolve, reject) => drive(socket, openStream, made, now, resolve, reject));
  } catch (error) {
    return { ok: false, reason: networkReason(error) };
  } finally {
    socket.close();
    for (const stream of streams) stream.close();
  }
}

function drive(
  socket: Socket,
  openStream: (to: Address, events: QueryStreamEvents) => QueryStream,
  query: AuditQuery,
  now: () => number,
  resolve: (outcome: AuditOutcome) => void,
  reject: (error: unknown) => void,
): void {
  let timer: NodeJS.Timeout | null = null;
  let ended = false;
  let stream: QueryStream | null = null;
  const end = (settle: () => void) => {
    ended = true;
    if (timer !== null) clearTimeout(timer);
    settle();
  };
  const follow = (turn: QueryTurn) => {
    if (ended) return;
    for (const { bytes, to, isStream } of turn.sends) {
      if (isStream === true) {
        stream ??= openStream(to, {
          message: (message, from) => take(() => query.receive(message, from, now(), true)),
          lost: (reason) => take(() => query.streamLost?.(reason) ?? { sends: [], outcome: null }),
        });
        stream.send(bytes);
        continue;
      }
      // node:dgram throws otherwise; the query notices the silence.
      if (!isReachable(to)) continue;
      socket.send(bytes, to.port, to.address, (error) => {
        if (error !== null && !ended) end(() => reject(error));
      });
    }
    const { outcome } = turn;
    if (outcome !== null) return end(() => resolve(outcome));
    const nextMs = query.next();
    if (timer !== null) clearTimeout(timer);
    timer = nextMs === null ? null : setTimeout(() => take(() => query.tick(now())), Math.max(0, nextMs - now()));
    if (nextMs === null) end(() => resolve({ ok: false, reason: "the query waits for nothing" }));
  };
  /** What a query throws is a fault of ours; it ends the promise instead of the process. */
  const take = (step: () => QueryTurn) => {
    try {
      follow(step());
    } catch (error) {
      end(() => reject(error));
    }
  };
  socket.on("message", (bytes, from) =>
    take(() => query.receive(bytes, { address: from.address, port: from.port }, now())),
  );
  socket.on("error", (error) => end(() => reject(error)));
  take(() => query.start(now()));
}

function bindSocket(socket: Socket, address: string | undefined): Promise<Address> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ port: 0, ...(address === undefined ? {} : { address }) }, () => {
      socket.off("error", reject);
      resolve(socket.address());
    });
  });
}

/** The source address the system takes towards a destination: a connected UDP socket has it, and sends nothing. */
export async function addressTowards(to: Address): Promise<string> {
  const probe = createSocket(familyOf(to.address));
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once("error", reject);
      probe.connect(to.port, to.address, resolve);
    });
    return probe.address().address;
  } finally {
    probe.close();
  }
}

function networkReason(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string" && networkErrors.has(error.code)) {
    return error.message;
  }
  throw error;
}

function familyOf(address: string): "udp4" | "udp6" {
  return address.includes(":") ? "udp6" : "udp4";
}

function isUnspecified(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}
