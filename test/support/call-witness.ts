/**
 * An onlooker of a simulated site who sees telephones, wires and disks, and no server's mind: it knows which calls were
 * answered and how they ended, and says which of the promises about them was broken.
 */
import type { CallDetailRecord } from "../../host/cdr/call-detail-record.js";
import { checkpointMs } from "./simulated-gateway.js";
import type { SimulatedSite } from "./simulated-site.js";

interface SeenCall {
  readonly caller: string;
  readonly called: string;
  readonly answeredAtMs: number;
  /** Somebody put the handset down, or a gateway died with it. */
  endedAtMs: number | null;
  /** Both talked to each other. */
  wasUp: boolean;
  /** A gateway of it died. */
  crashedAtMs: number | null;
  /** The last of the two was off the call. */
  overAtMs: number | null;
}

/** An answer that crosses a hang-up or a crash need not have reached the gateway. */
const crossingMs = 300;
const billedWithinMs = 1_000;

export class CallWitness {
  readonly broken: string[] = [];
  readonly calls: SeenCall[] = [];
  readonly #site: SimulatedSite;
  readonly #numbers: readonly string[];
  readonly #read = new Map<string, number>();
  readonly #dead = new Set<0 | 1>();
  /** Whom it rings for, by the called number. */
  readonly #dialled = new Map<string, string>();
  /** Those last rung by a gateway that has not died since. */
  readonly #rung = new Set<string>();

  constructor(site: SimulatedSite, numbers: readonly string[]) {
    this.#site = site;
    this.#numbers = numbers;
    this.#watchWires();
  }

  restarted(side: 0 | 1): void {
    this.#dead.delete(side);
  }

  crashed(side: 0 | 1, atMs: number): void {
    this.#dead.add(side);
    for (const number of this.#numbers) if (sideOf(number) === side) this.#rung.delete(number);
    for (const call of this.calls) {
      const isHere = sideOf(call.caller) === side || sideOf(call.called) === side;
      if (!isHere || call.overAtMs !== null) continue;
      call.crashedAtMs ??= atMs;
      call.endedAtMs ??= atMs;
    }
  }

  /** After every step. */
  look(): void {
    for (const number of this.#numbers) {
      const { said } = this.#site.phone(number);
      for (let place = this.#read.get(number) ?? 0; place < said.length; place += 1) {
        const event = said[place];
        if (event?.kind === "ringing") {
          this.#dialled.set(number, this.#callerOf(number, event.other ?? ""));
          this.#rung.add(number);
        }
        if (event?.kind === "answered" && event.by === "near") this.#answer(number, event.atMs);
        if (event?.kind === "hung-up") this.#hungUp(number, event.by, event.atMs);
      }
      this.#read.set(number, said.length);
    }
    for (const call of this.calls) {
      if (call.wasUp || call.endedAtMs !== null) continue;
      const parties = [call.caller, call.called].map((number) => this.#site.phone(number).state);
      call.wasUp = parties.every((state) => state === "talking");
    }
  }

  /** Every call that was answered has one record, off by no more than was promised; and nothing else has one. */
  unbilled(records: readonly CallDetailRecord[], wallAtZeroMs: number): string[] {
    const left = [...records];
    const wrong: string[] = [];
    for (const call of this.calls) {
      const isClosest = (record: CallDetailRecord) =>
        isOf(record, call) &&
        Math.abs((record.answer?.wallMs ?? 0) - wallAtZeroMs - call.answeredAtMs) <= 2 * billedWithinMs;
      const place = left.findIndex(isClosest);
      const name = `${call.caller} to ${call.called}, answered at ${Math.round(call.answeredAtMs)}`;
      const spokenMs = (call.endedAtMs ?? Number.POSITIVE_INFINITY) - call.answeredAtMs;
      if (place < 0) {
        if (spokenMs > crossingMs)
          wrong.push(`${name}: no record of ${Math.round(spokenMs)} ms ${JSON.stringify(call)}`);
        continue;
      }
      const [record] = left.splice(place, 1);
      const billedMs = record?.duration?.ms ?? Number.NaN;
      const leastMs = spokenMs - billedWithinMs - (call.crashedAtMs === null ? 0 : checkpointMs);
      // The half that a dead gateway leaves is billed until it was released; how long that may take is not held here.
      const mostMs = call.crashedAtMs === null ? spokenMs + billedWithinMs : Number.POSITIVE_INFINITY;
      if (!(billedMs >= leastMs && billedMs <= mostMs))
        wrong.push(`${name}: ${billedMs} ms billed of ${Math.round(spokenMs)}, ${JSON.stringify(record)}`);
    }
    for (const record of left) wrong.push(`a record of no call: ${JSON.stringify(record)}`);
    return wrong;
  }

  /** One that is rung again by a server that took over need not be told who calls. */
  #callerOf(called: string, told: string): string {
    if (this.#numbers.includes(told)) return told;
    const isCalling = (number: string) => {
      const phone = this.#site.phone(number);
      return phone.state !== "on-hook" && phone.said.findLast(({ kind }) => kind === "dialling")?.other === called;
    };
    return this.#numbers.find(isCalling) ?? this.#dialled.get(called) ?? called;
  }

  /**
   * At a gateway that is dead nobody is answered, nor at one that was started again while the telephone rang on: only the
   * dead one knew of the call, so nothing is connected, and it is in no journal and can be in no record.
   */
  #answer(called: string, atMs: number): void {
    if (this.#dead.has(sideOf(called)) || !this.#rung.has(called)) return;
    const caller = this.#dialled.get(called) ?? "nobody";
    const call = {
      caller,
      called,
      answeredAtMs: atMs,
      endedAtMs: null,
      wasUp: false,
      crashedAtMs: null,
      overAtMs: null,
    };
    this.calls.push(call);
  }

  #hungUp(number: string, by: string | null, atMs: number): void {
    const call = this.calls.findLast(
      ({ caller, called, overAtMs }) => overAtMs === null && (caller === number || called === number),
    );
    if (call === undefined) return;
    const other = this.#site.phone(call.caller === number ? call.called : call.caller);
    if (by !== "near" && call.endedAtMs === null && call.wasUp) {
      this.broken.push(
        `at ${Math.round(atMs)} the call of ${call.caller} to ${call.called} was ended, and by neither of them`,
      );
    }
    call.endedAtMs ??= atMs;
    if (other.state !== "talking") call.overAtMs = atMs;
  }

  /** The first time a gateway says it did what a server told it, that server must be the one it obeys. */
  #watchWires(): void {
    const commands = new Map<string, string>();
    // An answer is given again for a command that is (section 3.5.1), which is not to obey it again.
    const answered = new Set<string>();
    this.#site.network.observe = (bytes, from, to) => {
      const isCommand = to.port === 2427;
      if (!isCommand && from.port !== 2427) return;
      for (const message of Buffer.from(bytes).toString("latin1").split("\n.\n")) {
        const [first = "", transaction = ""] = message.split(" ", 2);
        const key = `${isCommand ? from.address : to.address} ${isCommand ? to.address : from.address} ${transaction}`;
        if (isCommand && /^(CRCX|MDCX|DLCX|RQNT)$/i.test(first)) commands.set(key, first);
        const command = commands.get(key);
        if (isCommand || command === undefined || answered.has(key) || !/^2\d\d$/.test(first)) continue;
        answered.add(key);
        this.#obeyed(command, from.address, to.address);
      }
    };
  }

  #obeyed(command: string, gatewayAddress: string, serverAddress: string): void {
    const gateway = this.#site.gateways.find(({ options }) => options.address === gatewayAddress);
    const owner = gateway?.disk.epoch?.server;
    if (owner === undefined || this.#site.addressOf(owner) === serverAddress) return;
    const atMs = Math.round(this.#site.network.at.nowMs);
    this.broken.push(`at ${atMs} ${gateway?.options.name} obeys ${owner}, and did ${command} of ${serverAddress}`);
  }
}

function sideOf(number: string): 0 | 1 {
  return number.startsWith("1") ? 0 : 1;
}

function isOf({ callingNumber, calledNumber }: CallDetailRecord, call: SeenCall): boolean {
  return callingNumber === call.caller && calledNumber === call.called;
}
