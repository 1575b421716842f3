/** A refusal in Binance's own words: HTTP status and the body `{code, msg}`. */
export class VenueError extends Error {
  override readonly name = "VenueError";
  readonly status: number;
  readonly code: number;

  constructor(code: number, msg: string, status = 400) {
    super(msg);
    this.code = code;
    this.status = status;
  }
}

const SYMBOL = /^[A-Z0-9-_.]{1,20}$/;
const DIGITS = /^[0-9]{1,20}$/;
/** Values are short; a list of symbols is the longest. */
const VALUE_LENGTH_MAX = 2_048;
const SYMBOLS_MAX = 100;

/** Reads a query as Binance does: each parameter once, known characters only, and none left unread. */
export class Params {
  readonly #query: URLSearchParams;
  readonly #read = new Set<string>();

  constructor(query: URLSearchParams) {
    this.#query = query;
    for (const [name, value] of query) {
      if (query.getAll(name).length > 1) {
        throw new VenueError(-1101, "Duplicate values for a parameter detected.");
      }
      if (value.length > VALUE_LENGTH_MAX) throw new VenueError(-1108, "Parameter value overflowed.");
    }
  }

  /** A parameter's text; absent is undefined, empty is refused. */
  text(name: string): string | undefined {
    this.#read.add(name);
    const value = this.#query.get(name);
    if (value === "") throw new VenueError(-1105, `Parameter '${name}' was empty.`);
    return value ?? undefined;
  }

  /** A parameter that must be there. */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) {
      throw new VenueError(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
    }
    return value;
  }

  /** A symbol id that must be there; whether it is listed is the caller's to ask. */
  symbol(): string {
    const value = this.required("symbol");
    if (!SYMBOL.test(value)) throw illegal("symbol", SYMBOL);
    return value;
  }

  /** A non-negative integer, such as a time in Unix ms. */
  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!DIGITS.test(value)) throw illegal(name, DIGITS);
    const number = Number(value);
    if (!Number.isSafeInteger(number)) throw new VenueError(-1108, `Parameter '${name}' overflowed.`);
    return number;
  }

  /** `limit`: at least one; more than `max` is cut to it, as Binance does. */
  limit(fallback: number, max: number): number {
    const value = this.integer("limit") ?? fallback;
    if (value < 1) throw new VenueError(-1130, "Data sent for parameter 'limit' is not valid.");
    return Math.min(value, max);
  }

  /** `symbol` or `symbols` (a JSON list); undefined when neither was sent. */
  symbols(): string[] | undefined {
    const one = this.text("symbol");
    const many = this.text("symbols");
    if (one !== undefined && many !== undefined) {
      throw new VenueError(-1128, "Combination of optional parameters invalid.");
    }
    if (one !== undefined) return [this.symbol()];
    if (many === undefined) return undefined;
    const list = parseList(many);
    if (!list || list.length === 0 || list.length > SYMBOLS_MAX || !list.every((id) => SYMBOL.test(id))) {
      throw new VenueError(
        -1100,
        "Illegal characters found in parameter 'symbols'; legal range is " +
          `'^\\[("[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}){0,1}\\]$'.`,
      );
    }
    if (new Set(list).size < list.length) {
      throw new VenueError(-1151, "Symbol is present multiple times in the list.");
    }
    return list;
  }

  /** Refuses parameters nobody read. Call when all known ones have been. */
  done(): void {
    const sent = new Set(this.#query.keys());
    const read = [...sent].filter((name) => this.#read.has(name)).length;
    if (read < sent.size) {
      throw new VenueError(
        -1104,
        `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${sent.size}'.`,
      );
    }
  }
}

function illegal(name: string, range: RegExp): VenueError {
  return new VenueError(-1100, `Illegal characters found in parameter '${name}'; legal range is '${range.source}'.`);
}

function parseList(text: string): string[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((item) => typeof item === "string") ? list : undefined;
  } catch {
    return undefined;
  }
}
