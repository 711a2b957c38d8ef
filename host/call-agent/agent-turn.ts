/** What a step of the call agent wants done, collected while the step goes through its parts. */
import type { CallDetailRecord } from "../cdr/call-detail-record.js";
import type { ServerEvent } from "../server-event.js";
import type { AgentCommand } from "./agent-command.js";

export interface AgentTurn {
  readonly commands: AgentCommand[];
  readonly records: CallDetailRecord[];
  readonly events: ServerEvent[];
}

export function emptyAgentTurn(): AgentTurn {
  return { commands: [], records: [], events: [] };
}
