/**
 * The job tables of the DSP: what each leg needs of one tick is written down, then every operation runs once over all
 * of them, for a call into the wasm costs as much as half a kernel.
 */
import { type DspOperations, type EngineMemory, type OperationName, operationNames } from "./engine-memory.js";

/** Calls until the kernels run optimised, found by measuring. */
const warmUpCalls = 100;

interface JobTable {
  readonly offset: number;
  count: number;
}

export class Dsp {
  readonly #memory: EngineMemory;
  readonly #operations: DspOperations;
  readonly #tables: Readonly<Record<OperationName, JobTable>>;

  constructor(memory: EngineMemory, operations: DspOperations) {
    const { jobTablesOffset, jobTableBytes } = memory.map;
    const table = (index: number): JobTable => ({ offset: jobTablesOffset + index * jobTableBytes, count: 0 });
    this.#memory = memory;
    this.#operations = operations;
    this.#tables = {
      ulawDecode: table(0),
      alawDecode: table(1),
      ulawEncode: table(2),
      alawEncode: table(3),
      ulawToAlaw: table(4),
      alawToUlaw: table(5),
    };
  }

  /** All three are byte offsets in the engine memory. A table holds one job for each leg. */
  add(operation: OperationName, state: number, source: number, destination: number): void {
    const table = this.#tables[operation];
    const word = (table.offset + table.count * this.#memory.map.jobBytes) >> 2;
    const { words } = this.#memory;
    words[word] = state;
    words[word + 1] = source;
    words[word + 2] = destination;
    words[word + 3] = 0;
    table.count += 1;
  }

  /** Runs the operation over its jobs, so many samples each, and empties its table. */
  run(operation: OperationName, samples: number): void {
    const table = this.#tables[operation];
    if (table.count === 0) return;
    this.#operations[operation](table.offset, table.count, samples);
    table.count = 0;
  }

  /** On silence, over the memory of a leg that is not in use. */
  warmUp(leg: number, samples: number): void {
    const offset = this.#memory.legOffset(leg);
    const { codeFrameOffset, pcmFrameOffset, decoderStateOffset } = this.#memory.map;
    for (let call = 0; call < warmUpCalls; call += 1) {
      for (const operation of operationNames) {
        const source = operation.endsWith("Encode") ? pcmFrameOffset : codeFrameOffset;
        const destination = operation.endsWith("Decode") ? pcmFrameOffset : codeFrameOffset;
        this.add(operation, offset + decoderStateOffset, offset + source, offset + destination);
        this.run(operation, samples);
      }
    }
  }
}
