/**
 * Numbers and the lines they ring. One plan for all gateways; it knows nothing of calls.
 */
export interface PlannedLine {
  /** Domain name of its gateway. */
  readonly gateway: string;
  /** Local endpoint name, `aaln/1`. */
  readonly endpoint: string;
  readonly number: string;
}

export class DialPlan {
  readonly #byNumber = new Map<string, PlannedLine>();
  readonly #byEndpoint = new Map<string, PlannedLine>();
  readonly #digitMap: string;

  constructor(lines: readonly PlannedLine[]) {
    for (const line of lines) {
      this.#byNumber.set(line.number, line);
      this.#byEndpoint.set(endpointKey(line.gateway, line.endpoint), line);
    }
    this.#digitMap = digitMapOf([...this.#byNumber.keys()]);
  }

  get lines(): readonly PlannedLine[] {
    return [...this.#byEndpoint.values()];
  }

  /** RFC 3435 section 2.1.5; what matches it is not yet known to be anyone's number. */
  get digitMap(): string {
    return this.#digitMap;
  }

  lineOf(number: string): PlannedLine | undefined {
    return this.#byNumber.get(number);
  }

  lineAt(gateway: string, endpoint: string): PlannedLine | undefined {
    return this.#byEndpoint.get(endpointKey(gateway, endpoint));
  }
}

/** Names are case-insensitive (RFC 3435 section 2.1.1). */
export function endpointKey(gateway: string, endpoint: string): string {
  return `${endpoint}@${gateway}`.toLowerCase();
}

/**
 * One alternative for each first digit and length: `(1xx|2xx)`. Where a number is the beginning of a longer one, the
 * shorter waits for the timer (`1xT`), as nobody can know that no more digits come.
 */
function digitMapOf(numbers: readonly string[]): string {
  const shapes = new Set(numbers.map((number) => `${number[0] ?? ""}${"x".repeat(Math.max(0, number.length - 1))}`));
  const alternatives = [...shapes].sort().map((shape) => {
    const isBeginning = [...shapes].some((longer) => longer.length > shape.length && longer.startsWith(shape));
    return isBeginning ? `${shape}T` : shape;
  });
  return alternatives.length === 0 ? "x.T" : `(${alternatives.join("|")})`;
}
