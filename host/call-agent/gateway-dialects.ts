/**
 * What gateways turned out to lack. A command presumes abilities that RFC 3435 leaves to the gateway; where a refusal says
 * that one is missing, the command is given again without it, and the gateway is not asked for it any more. Each lesson
 * takes one ability away, so a command is repeated for it at most as often as there are abilities.
 */
import { knownCode } from "#protocol/mgcp/return-codes.js";

export type Ability =
  /** A notification request within a connection command (sections 2.3.5 to 2.3.7). */
  | "encapsulated requests"
  /** DetectEvents (T:, section 2.3.3). */
  | "detected events"
  /** QuarantineHandling (Q:, section 3.2.2.14). */
  | "quarantine handling"
  /** Event L/of (RFC 3660 section 2.4). */
  | "failure event"
  /** Mode inactive; one that receives only does as well before there is anybody to send to. */
  | "inactive mode"
  /** L: t: (section 3.2.2.10). */
  | "type of service";

/** By the code of the refusal (section 2.4), what may be meant, the likeliest first. */
const lessons: ReadonlyMap<number, readonly Ability[]> = new Map<number, readonly Ability[]>([
  [512, ["failure event", "detected events", "encapsulated requests"]],
  [522, ["failure event", "detected events", "encapsulated requests"]],
  [508, ["quarantine handling"]],
  [517, ["inactive mode"]],
  ...[524, 525, 532, 541].map((code): [number, readonly Ability[]] => [code, ["type of service"]]),
  ...[507, 510, 511, 513, 518, 523, 538, 539].map((code): [number, readonly Ability[]] => [
    code,
    ["encapsulated requests", "detected events", "quarantine handling"],
  ]),
]);

/** What a refusal says is missing, of what the command presumed; null when it says something else. */
export function lessonOf(code: number, presumed: readonly Ability[]): Ability | null {
  return lessons.get(knownCode(code))?.find((ability) => presumed.includes(ability)) ?? null;
}

export class GatewayDialects {
  readonly #lacking = new Map<string, Set<Ability>>();

  has(gateway: string, ability: Ability): boolean {
    return this.#lacking.get(gateway)?.has(ability) !== true;
  }

  lacks(gateway: string, ability: Ability): void {
    const known = this.#lacking.get(gateway) ?? new Set();
    this.#lacking.set(gateway, known.add(ability));
  }

  forget(): void {
    this.#lacking.clear();
  }
}
