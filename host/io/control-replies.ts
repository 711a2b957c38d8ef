/** Reads what a call server answers an operator; it may be of another version, so it is checked before it is believed. */
import { z } from "zod";
import { type ParseResult, parsed, refused } from "#protocol/parse-result.js";
import type { CallsReply } from "../control/control-message.js";
import { heartbeatRoles } from "../watch/heartbeat.js";

const refusal = z.object({ ok: z.literal(false), reason: z.string() });

const calls = z.object({
  ok: z.literal(true),
  server: z.string(),
  role: z.enum(heartbeatRoles),
  epoch: z.number(),
  calls: z.array(
    z.object({
      callId: z.string(),
      state: z.string(),
      known: z.enum(["in hand", "polled"]),
      callingNumber: z.string(),
      calledNumber: z.string(),
      originating: z.string(),
      terminating: z.string(),
      answerWallMs: z.number().nullable(),
      connections: z.number(),
    }),
  ),
}) satisfies z.ZodType<CallsReply>;

const reported = z.array(z.object({ callId: z.string(), phase: z.string(), reason: z.string() }));

/** What the operator is told of a switchover; the reply has more. */
const switchover = z.object({
  ok: z.literal(true),
  server: z.string(),
  outcome: z.enum(["took over", "already in charge"]),
  facts: z
    .object({
      from: z.string().nullable(),
      takeoverMs: z.number(),
      report: z.object({
        recovered: reported,
        endedMeanwhile: z.array(
          z.object({ callId: z.string(), callingNumber: z.string(), calledNumber: z.string(), reason: z.string() }),
        ),
        orphaned: reported,
        conflicting: reported,
        unreachable: z.array(z.object({ gateway: z.string(), reason: z.string() })),
      }),
    })
    .nullable(),
});

export type ToldSwitchover = z.output<typeof switchover>;

/** Refused: the server's own reason, or an answer that is none. */
export function readCalls(reply: unknown): ParseResult<CallsReply> {
  return read(reply, calls);
}

export function readSwitchover(reply: unknown): ParseResult<ToldSwitchover> {
  return read(reply, switchover);
}

function read<T>(reply: unknown, schema: z.ZodType<T>): ParseResult<T> {
  const no = refusal.safeParse(reply);
  if (no.success) return refused(no.data.reason);
  const checked = schema.safeParse(reply);
  return checked.success
    ? parsed(checked.data)
    : refused("the call server answered in a way this program does not know");
}
