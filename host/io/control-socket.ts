/**
 * The socket an operator's command reaches a call server by: in the file system of this machine, for its owner alone. One
 * request a connection, one answer, and it is closed.
 */
import { lstatSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import {
  type ControlReply,
  type ControlRequest,
  parseControlRequest,
  requestBytesMax,
} from "../control/control-message.js";

/** sockaddr_un holds 108 bytes with the zero at the end. */
export const socketPathBytesMax = 107;
const connectionsMax = 8;
const requestWithinMs = 2_000;
const ownerOnly = 0o177;

export interface ControlSocket {
  close(): Promise<void>;
}

/** `take` answers in its own time, once. Refused: another server listens there, or the place cannot be used. */
export async function openControlSocket(
  path: string,
  take: (request: ControlRequest, answer: (reply: ControlReply) => void) => void,
): Promise<ParseResult<ControlSocket>> {
  if (Buffer.byteLength(path) > socketPathBytesMax)
    return refused(`control.socket ${path} is longer than ${socketPathBytesMax} bytes`);
  const trouble = await clear(path);
  if (trouble !== null) return refused(trouble);
  const server = createServer((socket) => serve(socket, take));
  server.maxConnections = connectionsMax;
  return new Promise((resolve) => {
    server.once("error", (error) => resolve(refused(`cannot listen on ${path}: ${error.message}`)));
    // The mask holds from the moment the file is there; setting its mode afterwards would leave a gap.
    const before = process.umask(ownerOnly);
    server.listen(path, () => resolve(parsed({ close: () => closeServer(server) })));
    process.umask(before);
  });
}

/** A server that was killed leaves its socket behind: one that nobody answers at is removed. Null when the way is free. */
async function clear(path: string): Promise<string | null> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (!found.isSocket()) return `${path} is there and is no socket; name another control.socket`;
  const isHeld = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
  if (isHeld) return `${path}: another call server runs with this store`;
  unlinkSync(path);
  return null;
}

function serve(socket: Socket, take: (request: ControlRequest, answer: (reply: ControlReply) => void) => void): void {
  let text = "";
  let isAsked = false;
  // Whoever asked may be gone when the answer comes.
  socket.on("error", () => socket.destroy());
  socket.setTimeout(requestWithinMs, () => socket.destroy());
  const answer = (reply: ControlReply) => socket.end(`${JSON.stringify(reply)}\n`);
  socket.setEncoding("utf8").on("data", (part: string) => {
    if (isAsked) return;
    text += part;
    const end = text.indexOf("\n");
    if (end < 0 && text.length <= requestBytesMax) return;
    isAsked = true;
    socket.setTimeout(0);
    const request = parseControlRequest(end < 0 ? text : text.slice(0, end));
    if (request.ok) take(request.value, answer);
    else answer({ ok: false, reason: request.reason });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Answers of more than this are no call server's. */
const replyCharactersMax = 64 << 20;

/** The answer as JSON; refused: nobody listens there, it may not be asked, or it did not answer in time. */
export function askCallServer(path: string, request: ControlRequest, withinMs: number): Promise<ParseResult<unknown>> {
  return new Promise((resolve) => {
    const parts: string[] = [];
    let length = 0;
    const socket = connect(path, () => socket.write(`${JSON.stringify(request)}\n`));
    const end = (result: ParseResult<unknown>) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(withinMs, () => end(refused(`the call server at ${path} did not answer within ${withinMs} ms`)));
    socket.once("error", (error) => end(refused(connectTrouble(path, error))));
    socket.setEncoding("utf8").on("data", (part: string) => {
      parts.push(part);
      length += part.length;
      if (length > replyCharactersMax) end(refused(`the answer of ${path} does not end`));
    });
    socket.once("end", () => end(parseReply(path, parts.join(""))));
  });
}

function parseReply(path: string, text: string): ParseResult<unknown> {
  try {
    return parsed(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return refused(`what answers at ${path} is no call server`);
    throw error;
  }
}

function connectTrouble(path: string, error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT" || error.code === "ECONNREFUSED") return `no call server runs at ${path}`;
  if (error.code === "EACCES") return `only its owner may ask the call server at ${path}`;
  return `cannot reach the call server at ${path}: ${error.message}`;
}
