/**
 * Who is let in by user name and password where the address alone does not say it (RFC 3261 section 22.4): judges the
 * Authorization of a request, and makes the challenge for one that has none that will do. A nonce is told to one address,
 * lives for a while, and each count of it is taken once, so that what was overheard is of no use to be sent again.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { type Random, randomHex } from "#protocol/chance.js";
import { challengeHeader, digestResponse, parseCredentials, valuesOf } from "#protocol/sip/digest.js";
import type { RawHeader, SipRequest } from "#protocol/sip/message.js";

export interface DigestUser {
  readonly name: string;
  readonly password: string;
}

export interface DigestGateOptions {
  readonly realm: string;
  /** None: nobody is let in. */
  readonly users: readonly DigestUser[];
}

export type DigestJudgement = "let in" | "wrong" | "stale" | "none";

const nonceLifeMs = 300_000;
/** Nonces whose counts are remembered, of users who were let in: the oldest are forgotten, and stale from then on. */
const noncesMax = 1_000;
const timeDigits = 12;
const chanceDigits = 8;

export class DigestGate {
  readonly #options: DigestGateOptions;
  readonly #passwords: ReadonlyMap<string, string>;
  readonly #random: Random;
  readonly #key: string;
  /** The highest count of each nonce that was taken. */
  readonly #counts = new Map<string, number>();
  /** Nonces that were told before this are no longer taken: some of their counts were forgotten. */
  #forgottenUpToMs = Number.NEGATIVE_INFINITY;

  constructor(options: DigestGateOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#passwords = new Map(options.users.map(({ name, password }) => [name, password]));
    this.#key = options.users.length === 0 ? "" : randomHex(random, 32);
  }

  get hasUsers(): boolean {
    return this.#passwords.size > 0;
  }

  /** `none`: there are no credentials that this gate could judge. */
  judge({ method, headers }: SipRequest, address: string, nowMs: number): DigestJudgement {
    const [value] = valuesOf(headers.others, "authorization");
    const credentials = parseCredentials(value ?? "");
    if (!credentials.ok || credentials.value.realm !== this.#options.realm) return "none";
    const { userName, nonce, count, response } = credentials.value;
    // For an unknown user as much is computed as for a known one.
    const right = digestResponse(credentials.value, this.#passwords.get(userName) ?? this.#key, method);
    const isRight = timingSafeEqual(Buffer.from(right), Buffer.from(response)) && this.#passwords.has(userName);
    if (!isRight) return "wrong";
    if (!this.#isFresh(nonce, address, nowMs) || count <= (this.#counts.get(nonce) ?? 0)) return "stale";
    this.#counts.set(nonce, count);
    this.#forgetOldest();
    return "let in";
  }

  challenge(address: string, isStale: boolean, nowMs: number): RawHeader {
    const time = Math.floor(nowMs).toString(16).padStart(timeDigits, "0");
    const nonce = this.#nonceOf(time + randomHex(this.#random, chanceDigits), address);
    return challengeHeader({ realm: this.#options.realm, nonce, isStale });
  }

  /** When it was told, chance, and a code over these and the address that only this gateway can make: nothing is kept. */
  #nonceOf(stamp: string, address: string): string {
    return stamp + createHmac("sha256", this.#key).update(`${stamp} ${address}`).digest("hex").slice(0, 32);
  }

  #isFresh(nonce: string, address: string, nowMs: number): boolean {
    const toldAtMs = Number.parseInt(nonce.slice(0, timeDigits), 16);
    if (Number.isNaN(toldAtMs)) return false;
    if (nonce !== this.#nonceOf(nonce.slice(0, timeDigits + chanceDigits), address)) return false;
    return toldAtMs > this.#forgottenUpToMs && toldAtMs <= nowMs && nowMs - toldAtMs <= nonceLifeMs;
  }

  #forgetOldest(): void {
    if (this.#counts.size <= noncesMax) return;
    const [oldest] = [...this.#counts.keys()].sort();
    if (oldest === undefined) return;
    this.#counts.delete(oldest);
    this.#forgottenUpToMs = Number.parseInt(oldest.slice(0, timeDigits), 16);
  }
}
