/**
 * What AUEP tells of one endpoint (RFC 3435 section 2.3.10), as one table by the codes of RequestedInfo, those of packages
 * included. An item that is not here is left out of the answer, as is one whose package the endpoint does not have.
 */
import { writeNotificationState, writePersistentEvents } from "#protocol/mgcp/base-package.js";
import { writeLockstepSeconds } from "#protocol/mgcp/lockstep-package.js";
import type { Capability, ExtensionParameter, MgcpParameters } from "#protocol/mgcp/message.js";
import { supportedModes } from "./connection-modes.js";
import type { ConnectionTable } from "./connection-table.js";
import type { Endpoint } from "./endpoints.js";
import type { LineStations } from "./line-stations.js";
import type { RestartNotice } from "./restart-notice.js";

export interface EndpointAuditParts {
  readonly table: ConnectionTable;
  readonly stations: LineStations;
  readonly restart: RestartNotice;
  /** The gateway's encodings, the preferred first. */
  readonly encodings: readonly string[];
  /** Largest MGCP datagram taken. */
  readonly datagramBytesMax: number;
}

type Item = (endpoint: Endpoint, parts: EndpointAuditParts, nowMs: number) => MgcpParameters;
type ExtensionItem = (endpoint: Endpoint) => ExtensionParameter;

const items: Readonly<Record<string, Item>> = {
  R: ({ requests }) => ({ requestedEvents: requests.current.requestedEvents }),
  D: ({ requests }) => ({ digitMap: requests.current.digitMap?.text ?? "" }),
  S: ({ signals }) => ({ signals: signals.requested }),
  X: ({ requests }) => ({ requestIdentifier: requests.current.requestIdentifier }),
  Q: ({ requests }) => ({ quarantine: requests.current.quarantine }),
  N: ({ agent }) => ({ notifiedEntity: agent.name }),
  I: ({ local }, { table }) => ({ connectionIds: table.onEndpoint(local).map((row) => row.connectionId) }),
  T: ({ requests }) => ({ detectEvents: requests.current.detectEvents ?? [] }),
  O: ({ requests }) => ({ observedEvents: requests.observed }),
  ES: ({ local, hasLine }, { stations }) => ({
    eventStates: hasLine
      ? [
          {
            packageName: "L",
            event: stations.hook(local) === "off-hook" ? "hd" : "hu",
            connectionId: null,
            parameters: [],
          },
        ]
      : [],
  }),
  B: ({ bearer }) => ({ bearerInformation: bearer ?? {} }),
  RM: ({ local }, { restart }, nowMs) => ({ restartMethod: restart.state(local, nowMs).method }),
  RD: ({ local }, { restart }, nowMs) => ({ restartDelaySeconds: restart.state(local, nowMs).delaySeconds }),
  E: ({ local }, { restart }, nowMs) => ({ reasonCode: restart.reason(local, nowMs) }),
  PL: ({ packages }) => ({ packages: packages.list }),
  MD: (_endpoint, { datagramBytesMax }) => ({ datagramBytesMax }),
  A: (endpoint, parts) => ({ capabilities: [capabilities(endpoint, parts)] }),
};

const extensionItems: Readonly<Record<string, ExtensionItem>> = {
  "B/PR": ({ requests }) => writePersistentEvents(requests.current.persistentEvents ?? []),
  "B/NS": ({ requests }) => writeNotificationState(requests.notificationState),
  "RED/NL": ({ agent }) => ({ name: "RED/NL", value: agent.list.join(", ") }),
  "LCK/LST": ({ lockstep }) => writeLockstepSeconds(lockstep.seconds),
};

export class EndpointAudit {
  readonly #parts: EndpointAuditParts;

  constructor(parts: EndpointAuditParts) {
    this.#parts = parts;
  }

  items(endpoint: Endpoint, requestedInfo: readonly string[], nowMs: number): MgcpParameters {
    const asked = [...new Set(requestedInfo.map((item) => item.toUpperCase()))];
    const found = asked.map((code) => items[code]?.(endpoint, this.#parts, nowMs) ?? {});
    const extensions = asked.flatMap((code) => extensionItems[code]?.(endpoint) ?? []);
    return Object.assign({}, ...found, extensions.length === 0 ? {} : { extensions });
  }
}

/** One set for all encodings: whatever the encoding, the rest is the same. */
function capabilities({ packages }: Endpoint, { encodings }: EndpointAuditParts): Capability {
  return {
    options: {
      ptimeRangeMs: { first: 10, last: 60 },
      encodings,
      typeOfService: 1,
      echoCancellation: false,
      silenceSuppression: false,
      networks: ["IN"],
    },
    packages: packages.list.map(({ name }) => name),
    modes: supportedModes,
  };
}
