import { AsyncLocalStorage } from "node:async_hooks";

/** What is kept of one request. */
const PARTS_MAX = 10;
const TEXT_LENGTH_MAX = 300;
const terminal = globalThis.console;
const METHODS = ["log", "info", "warn", "error", "debug"] as const;

const heard = new AsyncLocalStorage<unknown[]>();
let users = 0;
let restore: () => void = () => {};

/**
 * The Auth and REST server prints every refusal, rows included, to the console. While captured, what
 * it prints inside {@link overhear} is kept from the terminal; everybody else's lines pass.
 * @returns undoes it; the last user's undo restores the console.
 */
export function captureConsole(): () => void {
  users++;
  if (users === 1) restore = install();
  let undone = false;
  return () => {
    if (undone) return;
    undone = true;
    users--;
    if (users === 0) restore();
  };
}

/** Runs `work` and returns its result with what it tried to print. */
export async function overhear<T>(work: () => Promise<T>): Promise<{ result: T; said: unknown[] }> {
  const said: unknown[] = [];
  const result = await heard.run(said, work);
  return { result, said };
}

/** One line of what was said, for a log. */
export function describeSaid(said: unknown[]): string {
  return said.map(describe).join(" ").slice(0, TEXT_LENGTH_MAX);
}

function install(): () => void {
  const originals = METHODS.map((method) => [method, terminal[method]] as const);
  for (const [method, original] of originals) {
    terminal[method] = (...parts: unknown[]) => {
      const said = heard.getStore();
      if (said === undefined) original.apply(terminal, parts);
      else if (said.length < PARTS_MAX) said.push(...parts);
    };
  }
  return () => {
    for (const [method, original] of originals) terminal[method] = original;
  };
}

function describe(part: unknown): string {
  if (!(part instanceof Error)) return String(part);
  const code = "code" in part ? ` ${String(part.code)}` : "";
  return `${part.name}${code}: ${part.message}`;
}
