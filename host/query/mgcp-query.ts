/**
 * Asks a gateway by MGCP what is active. First our package's audit, page by page (docs/recovery-package.md); a gateway
 * that does not know it is asked as RFC 3435 section 2.3.10 and 2.3.11 have it, one by one:
 *
 *   AUEP *@gw  x-ho/A   -->  x-ho/B ... x-ho/N   -->  AUEP with the cursor ... until there is none
 *           \ refused   -->  AUEP *@gw (Z: lines)  -->  AUEP endpoint F: I  -->  AUCX endpoint I: id F: C,N,L,M,LC,RC,P
 *                                          \ several: AUEP first F: A, with BA there: AUEP *@gw BA/F: BA/C (RFC 3624)
 *                                                     and only those that have connections are asked
 *
 * What could not be learnt is said in `notTold`. Epochs are not sent: asking changes nothing.
 */
import type { ActiveConnection, GatewaySnapshot } from "#protocol/active-connection.js";
import type { Address } from "#protocol/address.js";
import type { Random } from "#protocol/chance.js";
import { readBulkAuditAnswer } from "#protocol/mgcp/bulk-audit-package.js";
import { hasWildcard } from "#protocol/mgcp/local-name.js";
import type { EndpointName, MgcpResponse } from "#protocol/mgcp/message.js";
import { type AuditRequest, recoveryCodes, wholeAudit } from "#protocol/mgcp/recovery-package.js";
import { readAuditPage } from "#protocol/mgcp/recovery-page.js";
import { AuditPages } from "#protocol/mgcp/recovery-pages.js";
import { TransactionIds } from "#protocol/mgcp/transaction-ids.js";
import { type TransactionEvent, transactionDefaults } from "#protocol/mgcp/transaction-options.js";
import { MgcpTransactions } from "#protocol/mgcp/transactions.js";
import { AskedQuestions } from "./asked-questions.js";
import { AskingWindow, boundless } from "./asking-window.js";
import type { AuditCost, AuditOutcome, AuditQuery, QueryTurn } from "./audit-query.js";
import { auditedConnection, listedConnection, neverTold } from "./mgcp-connection.js";
import { commandOf, type Question } from "./mgcp-question.js";

export interface MgcpQueryOptions {
  /** The gateway's domain name as MGCP has it: `gw1.example` or `[192.0.2.1]`. */
  readonly gateway: string;
  readonly to: Address;
  /** Local name of the endpoints that are asked for, "*" by default: some gateways only know `prefix/*` or one name. */
  readonly endpoints?: string;
  /** Largest reply we take; RFC 3435 section 3.5.4's 4,000 by default. */
  readonly bytesMax?: number;
  /** Only what changed since, and what of the journal we have recorded. */
  readonly since?: AuditRequest["since"];
  readonly ack?: AuditRequest["ack"];
  /** A command that has no answer for so long ends the query. */
  readonly giveUpAfterMs?: number;
  /** False: the gateway is known not to have our package, and none of its parameters is sent. */
  readonly asksRecovery?: boolean;
  /** Local names to ask where the gateway does not list its endpoints. */
  readonly endpointNames?: readonly string[];
}

/** What queries of one asker have in common; each its own unless told. */
export interface SharedAsking {
  readonly ids?: TransactionIds;
  readonly window?: AskingWindow<AuditQuery>;
}

export const mgcpQueryDefaults = {
  endpoints: "*",
  bytesMax: 4_000,
  giveUpAfterMs: 3_000,
  asksRecovery: true,
  endpointNames: [],
} as const;

/** A gateway that lists more is not asked to its end. */
export const endpointsMax = 10_000;
export const rowsMax = 100_000;
/** Commands under way at once while endpoints are asked one by one. */
export const inFlightMax = 16;
/** Places from which a large audit goes on at once, so that neither side waits for the other. */
const pagesInFlight = 8;
/** A gateway that restarts while it is asked is asked again so often. */
export const beginningsMax = 3;

export class MgcpQuery implements AuditQuery {
  readonly #options: Required<Omit<MgcpQueryOptions, "since" | "ack">>;
  readonly #request: AuditRequest;
  readonly #transactions: MgcpTransactions;
  readonly #asked: AskedQuestions;
  #waiting: Question[] = [];
  #pages = new AuditPages();
  #beginnings = 0;
  #isPartial = false;
  /** AuditConnection got no answer at all (osmo-mgw drops verbs it does not know): it is not asked again. */
  #auditsConnections = true;
  readonly #connections: ActiveConnection[] = [];
  readonly #notTold = new Set<string>();
  #cost: AuditCost = { sent: 0, received: 0, octets: 0 };
  #outcome: AuditOutcome | null = null;

  constructor({ since = null, ack = null, ...options }: MgcpQueryOptions, random: Random, shared: SharedAsking = {}) {
    const { ids = new TransactionIds(random), window = new AskingWindow(boundless) } = shared;
    this.#asked = new AskedQuestions(this, window);
    this.#options = { ...mgcpQueryDefaults, ...options };
    this.#request = { ...wholeAudit, since, ack, bytesMax: this.#options.bytesMax, parts: pagesInFlight };
    const { giveUpAfterMs } = this.#options;
    // A gateway that goes on saying 100 is waited for twice as long as a silent one (section 3.5.6), not for a minute.
    const patience = { giveUpAfterMs, historyMs: giveUpAfterMs, responsesMax: 16 };
    this.#transactions = new MgcpTransactions({ ...transactionDefaults, ...patience }, random, ids);
  }

  start(nowMs: number): QueryTurn {
    this.#begin();
    return this.#turn([], [], nowMs);
  }

  receive(bytes: Uint8Array, from: Address, nowMs: number): QueryTurn {
    this.#cost = { ...this.#cost, received: this.#cost.received + 1, octets: this.#cost.octets + bytes.length };
    const { sends, events } = this.#transactions.receive(bytes, from, nowMs);
    return this.#turn(sends, events, nowMs);
  }

  tick(nowMs: number): QueryTurn {
    this.#asked.tick(nowMs);
    const { sends, events } = this.#transactions.tick(nowMs);
    return this.#turn(sends, events, nowMs);
  }

  next(): number | null {
    return this.#outcome === null ? this.#transactions.next() : null;
  }

  #turn(sends: QueryTurn["sends"], events: readonly TransactionEvent[], nowMs: number): QueryTurn {
    if (this.#outcome !== null) return { sends: [], outcome: null };
    for (const event of events) this.#take(event);
    const all = [...sends, ...this.#ask(nowMs)];
    for (const { bytes } of all) {
      this.#cost = { ...this.#cost, sent: this.#cost.sent + 1, octets: this.#cost.octets + bytes.length };
    }
    if (this.#outcome === null && this.#asked.size === 0 && this.#waiting.length === 0) this.#outcome = this.#whole();
    if (this.#outcome !== null) this.#asked.end();
    return { sends: all, outcome: this.#outcome };
  }

  #begin(): void {
    this.#beginnings += 1;
    this.#pages = new AuditPages();
    if (this.#options.asksRecovery) this.#waiting = [{ kind: "page", after: null }];
    else this.#beginPlain();
  }

  #beginPlain(): void {
    if (hasWildcard(this.#options.endpoints)) this.#waiting.push({ kind: "list" });
    else this.#askEndpoints([this.#endpoints()]);
  }

  #ask(nowMs: number): QueryTurn["sends"][number][] {
    const sends: QueryTurn["sends"][number][] = [];
    while (this.#outcome === null && this.#asked.size < inFlightMax) {
      const [question] = this.#waiting;
      if (question === undefined) break;
      if (question.kind === "connection" && !this.#auditsConnections) {
        this.#waiting.shift();
        this.#takeNamed(question.endpoint, question.connectionId);
        continue;
      }
      if (!this.#asked.hasRoom()) break;
      this.#waiting.shift();
      const command = commandOf(question, this.#endpoints(), this.#request);
      const sent = this.#transactions.send(command, this.#options.to, nowMs);
      if (sent.transactionId === null) {
        this.#asked.withdraw();
        this.#fail("the question is too large for a datagram");
      } else this.#asked.add(sent.transactionId, question, nowMs);
      sends.push(...sent.sends);
    }
    return sends;
  }

  #take(event: TransactionEvent): void {
    if (event.kind !== "response" && event.kind !== "failed") return;
    const question = this.#asked.take(event.transactionId);
    if (question === undefined) return;
    if (event.kind === "failed") this.#unanswered(question, event.reason);
    else if (question.kind === "packages") this.#takePackages(event.response, question.listed);
    else if (question.kind === "counts") this.#takeCounts(event.response, question.listed);
    else if (question.kind === "page") this.#takePage(event.response, question.after);
    else if (question.kind === "list") this.#takeList(event.response);
    else if (question.kind === "endpoint") this.#takeEndpoint(event.response, question.endpoint);
    else this.#takeConnection(event.response, question.endpoint, question.connectionId);
  }

  #takePage(response: MgcpResponse, after: string | null): void {
    const page = isPositive(response) ? readAuditPage(this.#options.gateway, response.parameters) : null;
    if (page?.ok === true) {
      if (!this.#pages.add(page.value)) this.#beginAgain("restarted while it was asked");
      else if (this.#pages.rows > rowsMax) this.#notListed(`rows beyond ${rowsMax}`);
      else for (const after of page.value.next) this.#waiting.push({ kind: "page", after });
      return;
    }
    if (response.code === recoveryCodes.unknownBootOrCursor) this.#beginAgain("does not know its own cursor");
    else if (page !== null && hasOurLines(response)) this.#fail(`answers what cannot be read: ${page.reason}`);
    else if (after !== null) this.#fail(`stopped in mid-audit with ${response.code} ${response.comment}`);
    // RFC 3435 section 2.1.6 has an unknown package refused; others pass it over and list their endpoints at once.
    else if (isPositive(response) && response.parameters.endpointIds !== undefined) this.#takeList(response);
    else this.#beginPlain();
  }

  #takeList(response: MgcpResponse): void {
    const { endpointNames, gateway } = this.#options;
    if (!isPositive(response) && response.code !== verbUnknown && endpointNames.length === 0) {
      this.#fail(`answers ${response.code} ${response.comment}`);
      return;
    }
    const listed = isPositive(response) ? response.parameters.endpointIds : undefined;
    if (listed === undefined && (endpointNames.length === 0 || response.code === verbUnknown)) {
      this.#notListed("which endpoints and connections there are");
      this.#askEndpoints([]);
      return;
    }
    const endpoints = listed ?? endpointNames.map((local) => ({ local, domain: gateway }));
    const [endpoint, ...more] = endpoints;
    if (endpoint === undefined || more.length === 0) this.#askEndpoints(endpoints);
    else this.#waiting.push({ kind: "packages", endpoint, listed: endpoints });
  }

  #takePackages(response: MgcpResponse, listed: readonly EndpointName[]): void {
    const packages = (response.parameters.capabilities ?? []).flatMap(({ packages: names = [] }) => names);
    const hasBulk = isPositive(response) && packages.some((name) => name.toUpperCase() === "BA");
    if (hasBulk) this.#waiting.push({ kind: "counts", start: null, listed });
    else this.#askEndpoints(listed);
  }

  /** RFC 3624 section 2.1.1.3. What stands on a page is settled; whatever is wrong with one, the rest is asked singly. */
  #takeCounts(response: MgcpResponse, listed: readonly EndpointName[]): void {
    const page = isPositive(response) ? readBulkAuditAnswer(response.parameters) : null;
    if (page?.ok !== true || page.value.counts === null) {
      this.#askEndpoints(listed);
      return;
    }
    const { endpoints, counts, next } = page.value;
    const countOf = new Map(endpoints.map((local, index) => [local.toLowerCase(), counts[index]]));
    const isSettled = ({ local }: EndpointName) => countOf.has(local.toLowerCase());
    this.#askEndpoints(
      listed.filter((endpoint) => isSettled(endpoint) && countOf.get(endpoint.local.toLowerCase()) !== 0),
    );
    const rest = listed.filter((endpoint) => !isSettled(endpoint));
    if (next === null || rest.length === listed.length) this.#askEndpoints(rest);
    else this.#waiting.push({ kind: "counts", start: next, listed: rest });
  }

  #unanswered(question: Question, reason: string): void {
    if (question.kind !== "connection") {
      this.#fail(reason);
      return;
    }
    this.#auditsConnections = false;
    this.#takeNamed(question.endpoint, question.connectionId);
  }

  #notListed(what: string): void {
    this.#isPartial = true;
    this.#notTold.add(what);
  }

  #askEndpoints(endpoints: readonly EndpointName[]): void {
    for (const fact of neverTold) this.#notTold.add(fact);
    if (endpoints.length > endpointsMax) this.#notListed(`endpoints beyond ${endpointsMax}`);
    for (const endpoint of endpoints.slice(0, endpointsMax)) this.#waiting.push({ kind: "endpoint", endpoint });
  }

  #endpoints(): EndpointName {
    return { local: this.#options.endpoints, domain: this.#options.gateway };
  }

  #takeEndpoint(response: MgcpResponse, endpoint: EndpointName): void {
    const { connectionIds } = response.parameters;
    if (!isPositive(response) || connectionIds === undefined) {
      this.#notListed("connections of some endpoints");
      return;
    }
    for (const connectionId of connectionIds) {
      if (this.#auditsConnections) this.#waiting.push({ kind: "connection", endpoint, connectionId });
      else this.#takeNamed(endpoint, connectionId);
    }
  }

  #takeConnection(response: MgcpResponse, endpoint: EndpointName, connectionId: string): void {
    if (response.code === connectionUnknown) return;
    if (!isPositive(response)) this.#takeNamed(endpoint, connectionId);
    else if (this.#connections.length >= rowsMax) this.#notListed(`rows beyond ${rowsMax}`);
    else this.#connections.push(auditedConnection(this.#named(endpoint, connectionId), response));
  }

  #takeNamed(endpoint: EndpointName, connectionId: string): void {
    if (this.#connections.length >= rowsMax) {
      this.#notListed(`rows beyond ${rowsMax}`);
      return;
    }
    this.#connections.push(this.#named(endpoint, connectionId));
    this.#notTold.add("call, mode, coding, quality of service and addresses of connections");
    // Without its call id nobody can say which call it belongs to.
    this.#isPartial = true;
  }

  #named(endpoint: EndpointName, connectionId: string): ActiveConnection {
    return listedConnection(this.#options.gateway, endpoint.local, connectionId);
  }

  #beginAgain(why: string): void {
    // Answers still to come are of what was asked before.
    for (const transactionId of this.#asked.end()) this.#transactions.forget(transactionId);
    this.#waiting = [];
    if (this.#beginnings < beginningsMax) this.#begin();
    else this.#fail(why);
  }

  #fail(why: string): void {
    this.#outcome ??= { ok: false, reason: `${this.#options.gateway}: ${why}` };
  }

  #whole(): AuditOutcome {
    const snapshot = this.#pages.snapshot() ?? this.#oneByOne();
    const audit = { via: "mgcp", ...snapshot } as const;
    const told = { ok: true, audit, notTold: [...this.#notTold], cost: this.#cost } as const;
    return this.#isPartial ? { ...told, isPartial: true } : told;
  }

  #oneByOne(): GatewaySnapshot {
    return {
      gateway: this.#options.gateway,
      bootId: null,
      counter: null,
      upMs: null,
      epoch: null,
      heard: [],
      connections: this.#connections,
      lineEvents: [],
      ended: [],
    };
  }
}

/** Return code 504: it does not audit at all. */
const verbUnknown = 504;

/** Return code 515: it ended between the list and the question. */
const connectionUnknown = 515;

function isPositive(response: MgcpResponse): boolean {
  return response.code >= 200 && response.code < 300;
}

function hasOurLines(response: MgcpResponse): boolean {
  return (response.parameters.extensions ?? []).some(({ name }) => /^x-ho\/[BRVDN]$/i.test(name));
}
