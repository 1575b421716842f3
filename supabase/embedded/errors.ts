/**
 * A start that cannot go on for a reason its operator can mend. The message is one line: what
 * failed and what to do about it. Whoever starts the stack prints it and exits 1.
 */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** Wraps a failure of the operating system in a {@link StartError}; `advice` says what to do. */
export function startError(what: string, error: unknown, advice: string): StartError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StartError(`${what}: ${firstLine(reason)}. ${advice}`, { cause: error });
}

/** Longest part of a foreign message that is repeated to the operator. */
const REASON_LENGTH_MAX = 300;

function firstLine(text: string): string {
  return (text.split("\n", 1)[0] ?? "").slice(0, REASON_LENGTH_MAX).replace(/\.$/, "");
}
