/** The part of WebAssembly that this program uses: neither TypeScript's ES library nor @types/node 20 declares it. */
declare namespace WebAssembly {
  function compile(bytes: Uint8Array): Promise<Module>;

  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared: true });
    readonly buffer: SharedArrayBuffer;
  }
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Global {
    readonly value: unknown;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, Memory>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
