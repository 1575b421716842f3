import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { type Code, isCode } from "../codes.ts";
import type { FunctionArgs, FunctionName } from "../functions.ts";

/** The worker's client: it holds the secret key. */
export type WorkerClient = SupabaseClient;

/** Longest time a call may take; longer work is cut into chunks. */
export const RPC_TIMEOUT_MS_MAX = 5_000;

/** What to do after a call that did not succeed. */
export type NextAction = "retry" | "reject" | "halt";

/**
 * Answer of a database function. `retry`: nothing is known to be wrong with the call; `reject`: it would be refused
 * again; `halt`: the caller has lost its right to go on (its lease, or the database belongs to another mode).
 */
export type RpcResult = { ok: true; data: unknown } | { ok: false; next: NextAction; code: Code; detail: string };

/** Told of each call's name, outcome and duration; the name is one of ours, so that labels stay few. */
export type RpcObserver = (name: string, outcome: "ok" | NextAction, seconds: number) => void;

/** Makes a supabase-js client with the secret key, without sessions. */
export function createWorkerClient(url: string, secretKey: string): WorkerClient {
  return createClient(url, secretKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
}

/** Calls database functions and translates their refusals. */
export class Rpc {
  readonly #client: WorkerClient;
  readonly #observe: RpcObserver;
  readonly #timeout_ms: number;

  constructor(client: WorkerClient, observe: RpcObserver = () => {}, timeout_ms = RPC_TIMEOUT_MS_MAX) {
    this.#client = client;
    this.#observe = observe;
    this.#timeout_ms = timeout_ms;
  }

  /** Calls `name` once, for `timeout_ms` at most. Never throws for what the network or the database answers. */
  async call<Name extends FunctionName>(
    name: Name,
    args: FunctionArgs<Name>,
    timeout_ms = this.#timeout_ms,
  ): Promise<RpcResult> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeout_ms);
    const started = performance.now();
    let result: RpcResult;
    try {
      const { data, error, status } = await this.#client.rpc(name, args).abortSignal(timeout.signal);
      result = error === null ? { ok: true, data } : translate(name, status, error);
    } catch (error) {
      result = failed("retry", "upstream_unavailable", `Cannot call ${name}: ${messageOf(error)}`);
    } finally {
      clearTimeout(timer);
    }
    this.#observe(name, result.ok ? "ok" : result.next, (performance.now() - started) / 1_000);
    return result;
  }
}

const HALTING: readonly Code[] = ["stale_lease", "mode_mismatch"];

function translate(
  name: string,
  status: number,
  error: { message: string; code?: string; details?: string },
): RpcResult {
  if (isCode(error.message)) {
    const next = HALTING.includes(error.message)
      ? "halt"
      : error.message === "rate_limited" || error.message === "busy"
      ? "retry"
      : "reject";
    return failed(next, error.message, error.details ?? "");
  }
  const detail = `Cannot call ${name}: answer ${status} ${error.code ?? ""} ${error.message}`;
  const transient = status === 0 || status === 408 || status === 429 || status >= 500 || isTransientState(error.code);
  // A missing function is a schema still on its way (PGRST202): the migrations or the reload will bring it.
  if (transient || error.code === "PGRST202") return failed("retry", "upstream_unavailable", detail);
  return failed("reject", "internal", detail);
}

/** SQLSTATE classes that pass by themselves: connection (08), conflict (40), resources (53), operator (57). */
function isTransientState(code: string | undefined): boolean {
  return code !== undefined && /^(08|40|53|57)[0-9A-Z]{3}$/.test(code);
}

function failed(next: NextAction, code: Code, detail: string): RpcResult {
  return { ok: false, next, code, detail };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
