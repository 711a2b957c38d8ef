/**
 * Mutated messages against parser, packages and transactions: 20,000 here, a million by `npm run fuzz:mgcp`. FUZZ_SEED
 * chooses others.
 */
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { readPersistentEvents } from "../../../firmware/protocol/mgcp/base-package.js";
import { readBulkAuditAnswer, readBulkAuditRequest } from "../../../firmware/protocol/mgcp/bulk-audit-package.js";
import { readLockstepSeconds } from "../../../firmware/protocol/mgcp/lockstep-package.js";
import type { MgcpMessage } from "../../../firmware/protocol/mgcp/message.js";
import { presenceFault } from "../../../firmware/protocol/mgcp/parameter-presence.js";
import { parseDatagram } from "../../../firmware/protocol/mgcp/parse.js";
import { readRedirection } from "../../../firmware/protocol/mgcp/redirect-package.js";
import { transactionDefaults } from "../../../firmware/protocol/mgcp/transaction-options.js";
import { MgcpTransactions } from "../../../firmware/protocol/mgcp/transactions.js";
import { writeMessage } from "../../../firmware/protocol/mgcp/write.js";
import { mutate, validMessages } from "../../support/mgcp-mutations.js";
import { seededRandom } from "../../support/seeded-random.js";

const messages = Number(process.env.FUZZ_MESSAGES ?? 20_000);
const seed = Number(process.env.FUZZ_SEED ?? 3_435);
const encoder = new TextEncoder();

/** Whatever a message says may be asked for by everything that reads it. */
function readAll(message: MgcpMessage): void {
  const { parameters } = message;
  for (const read of [readBulkAuditRequest, readBulkAuditAnswer, readRedirection, readLockstepSeconds])
    if (typeof read(parameters).ok !== "boolean") throw new Error("neither a value nor a reason");
  readPersistentEvents(parameters);
  if (message.kind === "command") presenceFault(message);
}

/** Throws where something is not as it must be: an assertion for each of a million would cost more than the parsing. */
function examine(text: string): { understood: number; refused: number } {
  let understood = 0;
  const results = parseDatagram(encoder.encode(text));
  if (results.length === 0) throw new Error(`nothing came of ${JSON.stringify(text)}`);
  for (const result of results) {
    if (!result.ok) {
      if (result.code < 500 || result.reason === "")
        throw new Error(`refused without a reason: ${JSON.stringify(text)}`);
      continue;
    }
    understood += 1;
    readAll(result.message);
    const again = parseDatagram(writeMessage(result.message));
    if (!isDeepStrictEqual(again, [result])) {
      throw new Error(`understood once: ${JSON.stringify(text)}\n${JSON.stringify(result)}\n${JSON.stringify(again)}`);
    }
  }
  return { understood, refused: results.length - understood };
}

test(
  `${messages} mutated messages (seed ${seed}) end in values or reasons, and what was understood is understood again`,
  () => {
    const random = seededRandom(seed);
    const valid = validMessages(seed, 500);
    const transactions = new MgcpTransactions({ ...transactionDefaults, historyMs: 50 }, random);
    const from = { address: "192.0.2.1", port: 2727 };
    const counted = { understood: 0, refused: 0 };
    for (let round = 0; round < messages; round++) {
      const text = mutate(valid, random);
      const { understood, refused } = examine(text);
      counted.understood += understood;
      counted.refused += refused;
      for (const event of transactions.receive(encoder.encode(text), from, round).events) {
        if (event.kind !== "command" || random() < 0.2) continue;
        transactions.respond(event.reply, { code: 200, comment: "", parameters: {}, sessions: [] }, round);
      }
      transactions.tick(round);
    }
    // Mutation is worth its name only while a fair part is still understood, and a fair part is not.
    expect(counted.understood).toBeGreaterThan(messages / 10);
    expect(counted.refused).toBeGreaterThan(messages / 10);
  },
  60_000 + messages,
);
