/**
 * What this server asks gateways about themselves, apart from their connections: whether they have our package, whose epoch
 * they hold and when they heard the peer. What follows from the answers is the call server's.
 */
import type { MgcpResponse } from "#protocol/mgcp/message.js";
import { readAuditPage } from "#protocol/mgcp/recovery-page.js";
import type { CommandChannel } from "../call-agent/command-channel.js";
import { askCommand, namesRecovery, question, type ServerPurpose } from "../call-agent/gateway-command.js";
import type { Moment } from "../moment.js";
import type { KnownGateway } from "../registry/known-gateway.js";

/** RFC 3435 section 2.4. */
const endpointUnknown = 500;

export type InquiryPurpose = Extract<ServerPurpose, { readonly kind: "ask" | "witness" | "capabilities" }>;

/** ask: before a claim; witness: whether it hears the peer. isFenced: it has our package, and said what it was asked. */
export interface InquiryAnswer {
  readonly kind: "ask" | "witness";
  readonly isFenced: boolean;
}

export class GatewayInquiry {
  readonly #channel: CommandChannel<ServerPurpose>;
  /** Whom gateways are asked to have heard; null: nobody. */
  readonly #peerAddress: string | null;

  constructor(channel: CommandChannel<ServerPurpose>, peerAddress: string | null) {
    this.#channel = channel;
    this.#peerAddress = peerAddress;
  }

  ask(gateway: KnownGateway, kind: "ask" | "witness", at: Moment): void {
    const { command, purpose } = question(gateway, kind);
    this.#channel.send(command, gateway, purpose, at.nowMs);
  }

  /** Instead of a question that has no answer yet. */
  askWitness(gateway: KnownGateway, at: Moment): void {
    const isWitness = (purpose: ServerPurpose) =>
      purpose.kind === "witness" || (purpose.kind === "capabilities" && purpose.for === "witness");
    this.#channel.forget((purpose, asked) => isWitness(purpose) && asked === gateway.name, at.nowMs);
    this.ask(gateway, "witness", at);
  }

  /** Null where one question led to the next. A gateway without our package is controlled all the same, and no witness. */
  told(gateway: KnownGateway, purpose: InquiryPurpose, response: MgcpResponse, at: Moment): InquiryAnswer | null {
    if (purpose.kind !== "capabilities") return this.#gatewayTold(gateway, purpose.kind, response);
    gateway.hasRecovery = response.code === endpointUnknown ? null : namesRecovery(response);
    // An endpoint it does not have says nothing of its packages.
    if (gateway.hasRecovery === null)
      this.#channel.send(askCommand(gateway, null), gateway, { kind: purpose.for }, at.nowMs);
    else if (gateway.hasRecovery) this.ask(gateway, purpose.for, at);
    else {
      gateway.hasAnswered = true;
      return { kind: purpose.for, isFenced: false };
    }
    return null;
  }

  #gatewayTold(gateway: KnownGateway, kind: "ask" | "witness", response: MgcpResponse): InquiryAnswer {
    gateway.hasAnswered = true;
    const page = readAuditPage(gateway.name, response.parameters);
    if (page.ok) {
      const { epoch, heard } = page.value;
      gateway.link.told(epoch);
      gateway.peerHeardAgeMs = heard.find(({ address }) => address === this.#peerAddress)?.ageMs ?? null;
    } else gateway.hasRecovery = null;
    return { kind, isFenced: page.ok };
  }
}
