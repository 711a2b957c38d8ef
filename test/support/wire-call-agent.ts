/**
 * A call agent that speaks MGCP by hand: commands as text over a socket, answers as text. Nothing of the project's own
 * codecs is in here, so that a mistake in them cannot answer itself.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

export interface WireResponse {
  readonly code: number;
  readonly comment: string;
  /** Parameter lines, `I` to `0A3F`. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly sdp: string;
  /** Where it came from. */
  readonly from: RemoteInfo;
  readonly text: string;
  /** All that came together with it. */
  readonly datagram: string;
}

export interface WirePlace {
  readonly address: string;
  readonly port: number;
}

const answerWithinMs = 5000;
const persistMs = 5;
const persistTimesMax = 2000;

export class WireCallAgent {
  readonly #socket: Socket;
  readonly #to: WirePlace;
  readonly #waiting = new Map<number, (response: WireResponse) => void>();
  #transactionId = 1000;
  /** Commands of the gateway's own. */
  readonly unasked: string[] = [];

  private constructor(socket: Socket, to: WirePlace) {
    this.#socket = socket;
    this.#to = to;
    // A datagram may carry several messages, parted by a dot (RFC 3435 section 3.5.5).
    socket.on("message", (bytes, from) => {
      const datagram = bytes.toString("latin1");
      for (const text of datagram.split("\r\n.\r\n")) this.#receive(text, datagram, from);
    });
  }

  static async open(local: WirePlace, to: WirePlace): Promise<WireCallAgent> {
    const socket = createSocket("udp4").bind(local.port, local.address);
    await once(socket, "listening");
    return new WireCallAgent(socket, to);
  }

  close(): void {
    this.#socket.close();
  }

  /** `CRCX`, `relay/$@gw`, parameter lines, session description. */
  command(verb: string, endpoint: string, lines: readonly string[] = [], sdp = ""): Promise<WireResponse> {
    this.#transactionId += 1;
    return this.send(this.#transactionId, this.text(verb, this.#transactionId, endpoint, lines, sdp));
  }

  /** Sends the same again and again, to one that may not be there yet, until it is answered. */
  async persist(verb: string, endpoint: string, lines: readonly string[]): Promise<WireResponse> {
    this.#transactionId += 1;
    const transactionId = this.#transactionId;
    const text = this.text(verb, transactionId, endpoint, lines);
    const answer = new Promise<WireResponse>((resolve) => this.#waiting.set(transactionId, resolve));
    for (let times = 0; times < persistTimesMax && this.#waiting.has(transactionId); times += 1) {
      this.#socket.send(text, this.#to.port, this.#to.address);
      await pause(persistMs);
    }
    return answer;
  }

  text(verb: string, transactionId: number, endpoint: string, lines: readonly string[], sdp = ""): string {
    const head = [`${verb} ${transactionId} ${endpoint} MGCP 1.0`, ...lines].join("\r\n");
    return `${head}\r\n${sdp === "" ? "" : `\r\n${sdp}`}`;
  }

  send(transactionId: number, text: string): Promise<WireResponse> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${text}`)), answerWithinMs);
      this.#waiting.set(transactionId, (response) => {
        clearTimeout(timer);
        resolve(response);
      });
      this.#socket.send(text, this.#to.port, this.#to.address);
    });
  }

  /** Commands of the gateway's own (RSIP) are answered, so that it does not repeat them. */
  #receive(text: string, datagram: string, from: RemoteInfo): void {
    const [first = "", ...rest] = text.split("\r\n");
    const [code = "", transactionId = "", ...comment] = first.split(" ");
    if (!/^\d{3}$/.test(code)) {
      this.unasked.push(text);
      this.#socket.send(`200 ${transactionId} OK\r\n`, from.port, from.address);
      return;
    }
    // "Still at work" (RFC 3435 section 3.5.6): to a command that came again before it was done.
    if (code.startsWith("1")) return;
    const empty = rest.indexOf("");
    const lines = empty < 0 ? rest : rest.slice(0, empty);
    const parameters = new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.replace(/^[^:]*:\s*/, "")]));
    const sdp = empty < 0 ? "" : rest.slice(empty + 1).join("\r\n");
    const waiting = this.#waiting.get(Number(transactionId));
    this.#waiting.delete(Number(transactionId));
    waiting?.({ code: Number(code), comment: comment.join(" "), parameters, sdp, from, text, datagram });
  }
}
