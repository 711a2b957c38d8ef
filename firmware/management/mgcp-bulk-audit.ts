/** Bulk audit (RFC 3624): names, connections and states of many endpoints in one answer, in pages that fit. */
import {
  type BulkAuditAnswer,
  type BulkAuditRequest,
  bulkAuditCodes,
  type EndpointState,
  type StateType,
  writeBulkAuditAnswer,
} from "#protocol/mgcp/bulk-audit-package.js";
import { compressNames } from "#protocol/mgcp/ranged-names.js";
import type { ConnectionTable } from "./connection-table.js";
import type { Endpoint } from "./endpoints.js";
import type { LineStations } from "./line-stations.js";
import { type Answer, accept, refuseByPackage } from "./mgcp-answer.js";
import type { RestartNotice } from "./restart-notice.js";

export interface BulkAuditParts {
  readonly table: ConnectionTable;
  readonly stations: LineStations;
  readonly restart: RestartNotice;
}

/** Of the first line and of what the transaction layer may put in front. */
const headBytes = 200;

export class MgcpBulkAudit {
  readonly #parts: BulkAuditParts;

  constructor(parts: BulkAuditParts) {
    this.#parts = parts;
  }

  answer(request: BulkAuditRequest, endpoints: readonly Endpoint[], bytesMax: number): Answer {
    const { items, start, endpointsMax } = request;
    const from = start === null ? 0 : endpoints.findIndex(({ local }) => local === start.toLowerCase());
    if (from < 0) return refuseByPackage(bulkAuditCodes.startUnknown, `no endpoint ${start} among these`, {}, "BA");
    const isNames = items.includes("names") || items.includes("instantiated");
    const wanted = endpoints.slice(from, isNames || endpointsMax === null ? undefined : from + endpointsMax);
    let count = wanted.length;
    for (;;) {
      const page = wanted.slice(0, count);
      const next = endpoints[from + count]?.local ?? null;
      const extensions = writeBulkAuditAnswer(this.#page(request, page, next));
      const bytes = extensions.reduce((sum, { name, value }) => sum + name.length + value.length + 4, headBytes);
      if (bytes <= bytesMax || count <= 1) return accept({ extensions });
      count = Math.max(1, Math.floor(count / 2));
    }
  }

  #page({ items, stateTypes }: BulkAuditRequest, page: readonly Endpoint[], next: string | null): BulkAuditAnswer {
    const { table } = this.#parts;
    const locals = page.map(({ local }) => local);
    const isOfNames = items.includes("names") || items.includes("instantiated");
    const rows = (endpoint: Endpoint) => table.onEndpoint(endpoint.local);
    return {
      names: items.includes("names") ? compressNames(locals) : [],
      instantiated: items.includes("instantiated") ? compressNames(locals) : [],
      endpoints: isOfNames ? [] : locals,
      counts: items.includes("counts") ? page.map((endpoint) => rows(endpoint).length) : null,
      modes: items.includes("modes") ? page.map((endpoint) => rows(endpoint).map(({ mode }) => mode)) : null,
      states: items.includes("states") ? page.map((endpoint) => this.#state(endpoint, stateTypes)) : null,
      next,
    };
  }

  /** Section 2.1.1.2: true where any of the conditions holds. */
  #state(endpoint: Endpoint, types: readonly StateType[]): EndpointState {
    if (this.#parts.restart.isOutOfService) return "out of service";
    return types.some((type) => this.#holds(type, endpoint)) ? "true" : "false";
  }

  #holds(type: StateType, { local, hasLine, requests, signals }: Endpoint): boolean {
    switch (type) {
      case "I":
        return true;
      case "D":
        return this.#parts.restart.isDisconnected(local);
      case "N":
        return requests.notificationState === "notification";
      case "L":
        return requests.notificationState === "lockstep";
      case "S":
        return signals.isActive;
      case "H":
        return hasLine && this.#parts.stations.hook(local) === "off-hook";
    }
  }
}
