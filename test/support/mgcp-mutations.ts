/** Valid MGCP messages and what becomes of them by mutation, from a seed. Random bytes would die at the first check. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import type { Random } from "../../firmware/protocol/chance.js";
import { writeMessage, writePiggybacked } from "../../firmware/protocol/mgcp/write.js";
import { aMessage } from "./mgcp-messages.js";

const decoder = new TextDecoder();
const vectorsFolder = new URL("../vectors/mgcp/", import.meta.url);

/** Every message of the vectors, and generated ones of every shape. */
export function validMessages(seed: number, generated: number): string[] {
  const vectors = readdirSync(vectorsFolder).flatMap((name) => {
    const text = readFileSync(new URL(name, vectorsFolder), "utf8").replace(/^#.*\n/, "");
    return text.trimEnd().split("\n--\n");
  });
  const written = fc.sample(aMessage, { numRuns: generated, seed }).map((message) => writeMessage(message));
  const together = fc.sample(fc.array(aMessage, { minLength: 2, maxLength: 3 }), { numRuns: generated / 10, seed });
  return [
    ...vectors.map((vector) => `${vector}\n`.replaceAll("\n", "\r\n")),
    ...[...written, ...together.map(writePiggybacked)].map((bytes) => decoder.decode(bytes)),
  ];
}

/** What the grammar hinges on, and what it does not expect. */
const tokens = [
  ..."\r\n\t .:;,/@()[]{}\"'%$*#=-+0159aAfFzZTxX\u0000\u007f\u00e9\u2028",
  "\r\n\r\n",
  "\r\n.\r\n",
  "MGCP 1.0",
  "v=0\r\n",
  "K: 1-999999999",
  "E(",
  "(((((",
  "@@",
  '""',
  "999999999999999999999",
  "X+a:",
];

/** One to six changes: a token put in, a piece left out, doubled, moved or taken from another message. */
export function mutate(messages: readonly string[], random: Random): string {
  const below = (limit: number) => Math.floor(random() * limit);
  const one = () => messages[below(messages.length)] ?? "";
  let text = one();
  for (let change = below(6); change >= 0; change--) {
    const at = below(text.length + 1);
    const until = Math.min(text.length, at + below(random() < 0.1 ? 2_000 : 20));
    const [before, piece, after] = [text.slice(0, at), text.slice(at, until), text.slice(until)];
    switch (below(6)) {
      case 0:
        text = before + (tokens[below(tokens.length)] ?? "") + piece + after;
        break;
      case 1:
        text = before + (tokens[below(tokens.length)] ?? "") + after;
        break;
      case 2:
        text = before + after;
        break;
      case 3:
        text = before + piece.repeat(1 + below(8)) + after;
        break;
      case 4:
        text = piece + before + after;
        break;
      default: {
        const other = one();
        text = before + other.slice(below(other.length + 1)) + (random() < 0.5 ? after : "");
      }
    }
    if (text.length > 60_000) text = text.slice(0, 60_000);
  }
  return text;
}
