/** A call server's disk in memory: outlives the server, and keeps records as the embedded store does. */
import type { CallDetailRecord } from "../../host/cdr/call-detail-record.js";
import { mergeRecords, recordKey } from "../../host/cdr/call-detail-record.js";
import { writeStoredRecord } from "../../host/io/stored-values.js";
import type { GatewayRecord } from "../../host/registry/connection-records.js";
import type { RecordStore } from "../../host/store/record-store.js";

export class SimulatedStore implements RecordStore {
  readonly cdrs = new Map<string, CallDetailRecord>();
  readonly #unshared = new Set<string>();
  readonly #gateways = new Map<string, GatewayRecord>();

  storeCdr(record: CallDetailRecord): void {
    const key = recordKey(record);
    const known = this.cdrs.get(key);
    const merged = known === undefined ? record : mergeRecords(known, record);
    if (known === undefined || writeStoredRecord(known) !== writeStoredRecord(merged)) this.#unshared.add(key);
    this.cdrs.set(key, merged);
  }

  storePeerCdr(record: CallDetailRecord): void {
    const key = recordKey(record);
    const known = this.cdrs.get(key);
    const merged = known === undefined ? record : mergeRecords(known, record);
    this.cdrs.set(key, merged);
    if (writeStoredRecord(merged) === writeStoredRecord(record)) this.#unshared.delete(key);
    else this.#unshared.add(key);
  }

  markShared(record: CallDetailRecord): void {
    const key = recordKey(record);
    const known = this.cdrs.get(key);
    if (known !== undefined && writeStoredRecord(known) === writeStoredRecord(record)) this.#unshared.delete(key);
  }

  unshared(count: number): CallDetailRecord[] {
    return [...this.#unshared].slice(0, count).flatMap((key) => this.cdrs.get(key) ?? []);
  }

  storeGatewayRecord(record: GatewayRecord): void {
    this.#gateways.set(record.gateway, record);
  }

  gatewayRecords(): GatewayRecord[] {
    return [...this.#gateways.values()];
  }

  close(): void {}
}
