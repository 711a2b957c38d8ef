/**
 * What a call server keeps on disk, whatever keeps it: call detail records, and its last word on each gateway's active
 * connections. Calls return when the data is safe: a CDR is acknowledged to a gateway only after `storeCdr` returned.
 */

import type { ParseResult } from "#protocol/parse-result.js";
import type { CallDetailRecord } from "../cdr/call-detail-record.js";
import type { GatewayRecord } from "../registry/connection-records.js";

export interface RecordStore {
  /** Merged with the one of the same key, if there is one; survives a power failure once it returned. */
  storeCdr(record: CallDetailRecord): void;
  /** The same of a record the peer has as it is given here. */
  storePeerCdr(record: CallDetailRecord): void;
  /** The peer has this record now; one that has become better since stays unshared. */
  markShared(record: CallDetailRecord): void;
  /** Records that the peer may not have as they stand. */
  unshared(count: number): CallDetailRecord[];
  /** Replaces what was known of this gateway; may be a moment old after a power failure. */
  storeGatewayRecord(record: GatewayRecord): void;
  /** What cannot be read is left out: the next poll tells it anew. */
  gatewayRecords(): GatewayRecord[];
  close(): void;
}

/** The records of a store, for whoever asks after calls; beside a running server too. */
export interface RecordReader {
  /** In the order of their ends, those without one first; a reason for each that cannot be read. */
  records(): Iterable<ParseResult<CallDetailRecord>>;
  close(): void;
}

/** Version of the store's own layout; a file of a later version is refused, of an earlier one brought forward. */
export const storeFormatVersion = 2;
