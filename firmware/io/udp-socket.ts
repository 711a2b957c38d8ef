import { createSocket, type Socket } from "node:dgram";
import { type Address, formatAddress, isReachable } from "#protocol/address.js";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";

/** A bound UDP socket for signalling; errors after binding are the network's and only counted. */
export interface UdpSocket {
  readonly local: Address;
  /** What cannot be sent (port 0, or above 65535, or after close) is dropped, as the network would. */
  send(bytes: Uint8Array, to: Address): void;
  close(): Promise<void>;
}

/**
 * Binds and listens; a descriptor that is bound already is taken as it is. A reason when the port is in use or the address
 * is not this machine's.
 */
export function openUdpSocket(
  local: Address,
  receive: (bytes: Uint8Array, from: Address) => void,
  descriptor: number | null = null,
): Promise<ParseResult<UdpSocket>> {
  const socket = createSocket({ type: local.address.includes(":") ? "udp6" : "udp4", recvBufferSize: receiveBytes });
  return new Promise((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(refused(`cannot listen on ${formatAddress(local)} (UDP): ${bindTrouble(error)}`));
    });
    const where = { address: local.address, port: local.port, exclusive: true };
    socket.bind(descriptor === null ? where : { fd: descriptor }, () => {
      socket.removeAllListeners("error");
      // ICMP errors of earlier sends surface here: the peer is away, which the protocols above notice by themselves.
      socket.on("error", () => undefined);
      socket.on("message", (bytes, from) => receive(bytes, { address: from.address, port: from.port }));
      resolve(parsed(wrap(socket)));
    });
  });
}

const receiveBytes = 1 << 21;

function wrap(socket: Socket): UdpSocket {
  const { address, port } = socket.address();
  let isOpen = true;
  return {
    local: { address, port },
    send: (bytes, to) => {
      // node:dgram throws otherwise.
      if (isOpen && isReachable(to)) socket.send(bytes, to.port, to.address, () => undefined);
    },
    close: () => {
      isOpen = false;
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
}

/** Why a port could not be had, in words for who configured it. */
export function bindTrouble(error: NodeJS.ErrnoException): string {
  if (error.code === "EADDRINUSE") return "the port is in use by another program";
  if (error.code === "EADDRNOTAVAIL") return "this machine has no such address";
  if (error.code === "EACCES") return "ports below 1024 need root (or CAP_NET_BIND_SERVICE)";
  return error.message;
}
