/** A call agent as plain as can be: text over one UDP socket, each command repeated until it is answered. */
import type { Socket } from "node:dgram";

const repeatAfterMs = 1000;

export class LoadAgent {
  readonly #socket: Socket;
  readonly #address: string;
  readonly #waiting = new Map<number, (answer: string) => void>();
  #transactionId = Math.floor(Math.random() * 900_000_000);
  readonly #repeating = new Set<NodeJS.Timeout>();
  readonly responseMs: number[] = [];
  repeated = 0;

  /** Of a bound socket; address: of the gateway, that listens on port 2427. */
  constructor(socket: Socket, address: string) {
    this.#socket = socket;
    this.#address = address;
    socket.on("message", (bytes) => {
      for (const text of bytes.toString("latin1").split("\r\n.\r\n")) this.#receive(text);
    });
  }

  /** A gateway that has started says so (RSIP) until it is answered. */
  #receive(text: string): void {
    const id = Number(text.split(/[ \r]/)[1]);
    if (!/^\d{3} /.test(text)) {
      this.#socket.send(`200 ${id} OK\r\n`, 2427, this.#address);
      return;
    }
    this.#waiting.get(id)?.(text);
    this.#waiting.delete(id);
  }

  /** lines: parameters, and behind an empty line a description. The whole answer. */
  async command(verb: string, endpoint: string, lines: string): Promise<string> {
    this.#transactionId += 1;
    const id = this.#transactionId;
    const text = `${verb} ${id} ${endpoint} MGCP 1.0\r\n${lines}\r\n`;
    const startedMs = performance.now();
    const send = () => this.#socket.send(text, 2427, this.#address);
    const timer = setInterval(() => {
      this.repeated += 1;
      send();
    }, repeatAfterMs);
    this.#repeating.add(timer);
    const answer = await new Promise<string>((resolve) => {
      this.#waiting.set(id, resolve);
      send();
    });
    clearInterval(timer);
    this.#repeating.delete(timer);
    this.responseMs.push(performance.now() - startedMs);
    return answer;
  }

  /** What has no answer yet is not repeated any more, and gets none. */
  close(): void {
    for (const timer of this.#repeating) clearInterval(timer);
    this.#socket.close();
  }
}
