/** What a run came to: each promise held against what the telephones were told and what both stores list. Pure. */
import { type CallDetailRecord, recordKey } from "../../host/cdr/call-detail-record.js";
import { CallWitness } from "../support/call-witness.js";
import { type ServerRole, serverRoles } from "../support/exchange-configuration.js";
import type { History } from "./history.js";
import { checkpointMs, gatewayOf } from "./site.js";
import { judgeVoice } from "./voice.js";

export interface Judgement {
  readonly ok: boolean;
  readonly answered: number;
  /** Answered calls that outlived at least one blow to a call server. */
  readonly outlived: number;
  readonly records: number;
  readonly voicesJudged: number;
  readonly mostMissingVoiceMs: number;
  readonly wrong: readonly string[];
}

export function judge(
  history: History,
  numbers: readonly string[],
  records: Readonly<Record<ServerRole, readonly CallDetailRecord[]>>,
  wallAtZeroMs: number,
): Judgement {
  const witness = witnessOf(history, numbers);
  const voice = judgeVoice(witness.calls, history);
  const wrong = [
    ...witness.broken,
    ...witness.unbilled(records.primary, wallAtZeroMs),
    ...differences(records.primary, records.backup),
    ...voice.wrong,
  ];
  const strikes = history.struck.filter(({ whom }) => serverRoles.some((role) => role === whom));
  const outlived = witness.calls.filter(({ wasUp, answeredAtMs, endedAtMs }) =>
    strikes.some(({ atMs }) => wasUp && atMs > answeredAtMs && atMs < (endedAtMs ?? Number.POSITIVE_INFINITY)),
  );
  return {
    ok: wrong.length === 0,
    answered: witness.calls.length,
    outlived: outlived.length,
    records: records.primary.length,
    voicesJudged: voice.judged,
    mostMissingVoiceMs: voice.mostMissingMs,
    wrong,
  };
}

/** The witness hears everything in the order in which it happened. */
function witnessOf({ said, struck }: History, numbers: readonly string[]): CallWitness {
  const witness = new CallWitness({ numbers, gatewayOf, checkpointMs });
  const happened = [
    ...said.map((sight) => ({ atMs: sight.atMs, tell: () => witness.saw(sight) })),
    ...struck.map((blow) => ({
      atMs: blow.atMs,
      tell: () => {
        const gateway = Number(/^gateway (\d+)$/.exec(blow.whom)?.[1] ?? Number.NaN);
        if (blow.kind === "killed") {
          witness.gatewayDied(gateway, blow.atMs);
          const theirs = numbers.filter((number) => blow.whom === `telephones ${gatewayOf(number)}`);
          for (const number of theirs) witness.telephoneDied(number, blow.atMs);
        } else if (blow.kind === "started") witness.gatewayStarted(gateway);
        else if (blow.kind === "stopped") witness.gatewayStopped(gateway, blow.atMs);
        else witness.gatewayWoke(gateway, blow.atMs);
      },
    })),
  ];
  for (const { tell } of happened.sort((a, b) => a.atMs - b.atMs)) tell();
  return witness;
}

function differences(primary: readonly CallDetailRecord[], backup: readonly CallDetailRecord[]): string[] {
  const [theirs, others] = [primary, backup].map((records) => new Map(records.map((one) => [recordKey(one), one])));
  const keys = new Set([...(theirs?.keys() ?? []), ...(others?.keys() ?? [])]);
  return [...keys].flatMap((key) => {
    const [a, b] = [theirs?.get(key), others?.get(key)].map((record) => JSON.stringify(record) ?? "none");
    return a === b ? [] : [`the stores differ on ${key}: primary ${a}, backup ${b}`];
  });
}
