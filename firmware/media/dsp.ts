/**
 * The job tables of the DSP: what each leg needs of one tick is written down, then every operation runs once over all
 * of them, for a call into the wasm costs as much as half a kernel. The order of the operations is that in which a frame
 * goes through them, so one pass does whatever combination a leg has.
 */
import {
  type DspOperations,
  type EngineMemory,
  type Operation,
  type OperationName,
  receivingOperations,
  sendingOperations,
} from "./engine-memory.js";

/** Calls until the kernels run optimised, found by measuring. */
const warmUpCalls = 100;
/** More than any record or frame, and an argument that every operation takes. */
const warmUpRecordBytes = 4096;
const warmUpArgument = 4;

/** 10 ms at 8 kHz, in which all operations count. */
const frameSamples = 80;

interface JobTable {
  readonly name: OperationName;
  readonly operation: Operation;
  readonly offset: number;
  count: number;
}

export class Dsp {
  readonly #memory: EngineMemory;
  readonly #tables: ReadonlyMap<OperationName, JobTable>;
  readonly #receiving: readonly JobTable[];
  readonly #sending: readonly JobTable[];

  constructor(memory: EngineMemory, operations: DspOperations) {
    const { jobTablesOffset, jobTableBytes, jobTablesMax } = memory.map;
    const names = [...new Set<OperationName>([...receivingOperations, ...sendingOperations])];
    if (names.length > jobTablesMax) throw new Error(`${names.length} operations, and room for ${jobTablesMax} tables`);
    const tables = names.map((name, index) => ({
      name,
      operation: operations(name),
      offset: jobTablesOffset + index * jobTableBytes,
      count: 0,
    }));
    this.#memory = memory;
    this.#tables = new Map(tables.map((table) => [table.name, table]));
    this.#receiving = receivingOperations.map((name) => this.#table(name));
    this.#sending = sendingOperations.map((name) => this.#table(name));
  }

  #table(name: OperationName): JobTable {
    const table = this.#tables.get(name);
    if (table === undefined) throw new Error(`operation ${name} has no table`);
    return table;
  }

  /** All three are byte offsets in the engine memory; argument is the operation's. A table holds one job for each leg. */
  add(operation: OperationName, state: number, source: number, destination: number, argument = 0): void {
    const table = this.#table(operation);
    const word = (table.offset + table.count * this.#memory.map.jobBytes) >> 2;
    const { words } = this.#memory;
    words[word] = state;
    words[word + 1] = source;
    words[word + 2] = destination;
    words[word + 3] = argument;
    table.count += 1;
  }

  /** Runs what was noted for frames that were received, and empties the tables. */
  runReceiving(): void {
    for (const table of this.#receiving) run(table);
  }

  /** The same for frames that are to be sent. */
  runSending(): void {
    for (const table of this.#sending) run(table);
  }

  /** On silence, over the memory of legs, none of which is in use yet. */
  warmUp(): void {
    const { legsOffset, legBytes } = this.#memory.map;
    const names = [...this.#tables.keys()];
    const families = [...new Set(names.map(familyOf))];
    const recordsOffset = legsOffset + legBytes;
    for (let call = 0; call < warmUpCalls; call += 1) {
      for (const name of names) {
        const record = recordsOffset + families.indexOf(familyOf(name)) * warmUpRecordBytes;
        this.add(name, record, legsOffset, legsOffset + warmUpRecordBytes, warmUpArgument);
      }
      this.runReceiving();
      this.runSending();
    }
    this.#memory.bytes.fill(0, legsOffset, recordsOffset + families.length * warmUpRecordBytes);
  }
}

/** Operations of one family work on one kind of record. */
function familyOf(name: OperationName): string {
  return name.slice(0, "g722".length);
}

function run(table: JobTable): void {
  if (table.count === 0) return;
  table.operation(table.offset, table.count, frameSamples);
  table.count = 0;
}
