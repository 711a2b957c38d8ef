/** Limits and times of MGCP transactions (RFC 3435 sections 3.5 and 4.3), and what is given to and taken from them. */
import type { Address } from "../address.js";
import type { OutgoingDatagram } from "../datagram.js";
import type { EndpointName, MgcpCommand, MgcpParameters, MgcpResponse, MgcpVerb } from "./message.js";
import { type PaceOptions, paceDefaults } from "./sending-pace.js";

export interface TransactionOptions {
  /** The least wait for an answer, and the first for a peer not known yet; then by its round trips (section 3.5.3). */
  readonly retransmitFirstMs: number;
  /** RTO-MAX. */
  readonly retransmitMaxMs: number;
  /** T-MAX: a command is repeated, and without a provisional answer waited for, so long. */
  readonly giveUpAfterMs: number;
  /** T-HIST: an answer is kept so long for repetitions of its command. */
  readonly historyMs: number;
  /** LONGTRAN-TIMER (section 3.5.6): how often a command is repeated once a provisional answer came. */
  readonly longTransactionMs: number;
  /** Max1: repetitions to one address after which it is suspected. */
  readonly suspectAfter: number;
  /** Max2: repetitions to one address after which there are no more. */
  readonly repetitionsMax: number;
  /** Commands of ours waiting for their answers; above it `send` refuses. */
  readonly outstandingMax: number;
  /** Commands of theirs being executed; above it a new one gets 409. */
  readonly executingMax: number;
  /** From so many being executed on new ones get 101 ... */
  readonly queueHighWater: number;
  /** ... until there are so few (section 4.4.8). */
  readonly queueLowWater: number;
  /** Answers kept within T-HIST; of the oldest above it only the number is kept, and repetitions are dropped. */
  readonly responsesMax: number;
  /** The memory they may take; above it the same. */
  readonly responseBytesMax: number;
  /** Numbers kept within T-HIST; above it a new command gets 409. */
  readonly historyMax: number;
  /** Whether commands confirm answers by K: (section 3.5.2). Optional, and not every gateway takes it. */
  readonly confirmsResponses: boolean;
  /** An average delay of a peer above which new commands to it are slowed down (section 4.4.8). */
  readonly slowAnswerMs: number;
  /** A command that its peer's pace would hold back longer is refused. */
  readonly pacedMaxMs: number;
  readonly pace: PaceOptions;
}

/** The suggestions of sections 3.5 and 4.3, and room for a gateway with some thousand calls. */
export const transactionDefaults: TransactionOptions = {
  retransmitFirstMs: 200,
  retransmitMaxMs: 4_000,
  giveUpAfterMs: 20_000,
  historyMs: 30_000,
  longTransactionMs: 5_000,
  suspectAfter: 5,
  repetitionsMax: 7,
  outstandingMax: 10_000,
  executingMax: 10_000,
  queueHighWater: 1_000,
  queueLowWater: 500,
  responsesMax: 50_000,
  responseBytesMax: 32 * 2 ** 20,
  // Some 60,000 commands a second, at 36 bytes each.
  historyMax: 2_000_000,
  confirmsResponses: false,
  slowAnswerMs: 2_000,
  pacedMaxMs: 5_000,
  pace: paceDefaults,
};

export interface CommandToSend {
  readonly verb: MgcpVerb;
  readonly endpoint: EndpointName;
  readonly parameters: MgcpParameters;
  readonly session: string | null;
}

export interface ResponseToSend {
  /** 100..199 is provisional and may be followed by another; everything else is final. */
  readonly code: number;
  /** With 8xx: the package whose code it is. */
  readonly packageName?: string | null;
  readonly comment: string;
  readonly parameters: MgcpParameters;
  readonly sessions: readonly string[];
}

/** Names a command to be answered; valid until it was answered. */
export interface ReplyHandle {
  readonly transactionId: number;
  readonly from: Address;
}

/** One message of several in a datagram (section 3.5.5). */
export type MessageToSend =
  | { readonly kind: "command"; readonly command: CommandToSend }
  | { readonly kind: "response"; readonly reply: ReplyHandle; readonly response: ResponseToSend };

export type TransactionEvent =
  /** To be executed, once, and answered by `respond`. */
  | { readonly kind: "command"; readonly command: MgcpCommand; readonly from: Address; readonly reply: ReplyHandle }
  /** The final answer to a command of ours. */
  | {
      readonly kind: "response";
      readonly transactionId: number;
      readonly response: MgcpResponse;
      readonly from: Address;
    }
  | {
      readonly kind: "provisional";
      readonly transactionId: number;
      readonly response: MgcpResponse;
      readonly from: Address;
    }
  /**
   * Something else than loss seems to be wrong with the address (section 4.3): `redirect` sends the command elsewhere.
   * max1 and max2 come after so many repetitions to one address, unreachable as often as the network says so.
   */
  | {
      readonly kind: "suspected";
      readonly transactionId: number;
      readonly to: Address;
      readonly cause: "max1" | "max2" | "unreachable";
    }
  /** No final answer came in time: what became of the command is not known. */
  | { readonly kind: "failed"; readonly transactionId: number; readonly reason: string }
  /** Something that was not a message; to be counted. A command among it was answered already. */
  | { readonly kind: "refused"; readonly from: Address; readonly code: number; readonly reason: string };

export interface TransactionTurn {
  readonly sends: OutgoingDatagram[];
  readonly events: TransactionEvent[];
}
