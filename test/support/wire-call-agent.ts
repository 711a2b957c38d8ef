/**
 * A call agent that speaks MGCP by hand: commands as text over a socket, answers as text. Nothing of the project's own
 * codecs is in here, so that a mistake in them cannot answer itself.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";

export interface WireResponse {
  readonly code: number;
  readonly comment: string;
  /** Parameter lines, `I` to `0A3F`. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly sdp: string;
  /** Where it came from. */
  readonly from: RemoteInfo;
  readonly text: string;
}

export interface WirePlace {
  readonly address: string;
  readonly port: number;
}

const answerWithinMs = 5000;

export class WireCallAgent {
  readonly #socket: Socket;
  readonly #to: WirePlace;
  readonly #waiting = new Map<number, (response: WireResponse) => void>();
  #transactionId = 1000;

  private constructor(socket: Socket, to: WirePlace) {
    this.#socket = socket;
    this.#to = to;
    // A datagram may carry several messages, parted by a dot (RFC 3435 section 3.5.5).
    socket.on("message", (bytes, from) => {
      for (const text of bytes.toString("latin1").split("\r\n.\r\n")) this.#receive(text, from);
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
  #receive(text: string, from: RemoteInfo): void {
    const [first = "", ...rest] = text.split("\r\n");
    const [code = "", transactionId = "", ...comment] = first.split(" ");
    if (!/^\d{3}$/.test(code)) {
      this.#socket.send(`200 ${transactionId} OK\r\n`, from.port, from.address);
      return;
    }
    const empty = rest.indexOf("");
    const lines = empty < 0 ? rest : rest.slice(0, empty);
    const parameters = new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.replace(/^[^:]*:\s*/, "")]));
    const sdp = empty < 0 ? "" : rest.slice(empty + 1).join("\r\n");
    const waiting = this.#waiting.get(Number(transactionId));
    this.#waiting.delete(Number(transactionId));
    waiting?.({ code: Number(code), comment: comment.join(" "), parameters, sdp, from, text });
  }
}
