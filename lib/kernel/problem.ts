import { type Code, CODES } from "./codes.ts";

/** The body of an `application/problem+json` answer (RFC 9457), with our stable `code`. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: Code;
  detail: string;
}

/** A refusal travelling up to the HTTP boundary, where it becomes a problem document. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: Code;
  /** Seconds to wait before trying again, where that is known. */
  readonly retryAfter_s: number | null;

  /** `detail` is shown to the caller: it must name nothing secret. */
  constructor(code: Code, detail: string, retryAfter_s: number | null = null) {
    super(detail);
    this.code = code;
    this.retryAfter_s = retryAfter_s;
  }
}

/** Builds the problem document for `code`; `detail` is shown to the caller. */
export function toProblem(code: Code, detail: string): Problem {
  const { status, title } = CODES[code];
  return { type: `urn:outcry:problem:${code}`, title, status, code, detail };
}
