import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { type Code, CODES, isCode } from "../codes.ts";
import type { FunctionArgs, FunctionName } from "../functions.ts";
import { Refusal } from "../problem.ts";
import { currentCaller, noteRateLimit } from "./caller.ts";
import type { Vouched } from "./voucher.ts";

/** Time a call to Supabase may take before we tell the caller that it does not answer. */
export const SUPABASE_CALL_ms_MAX = 8_000;

/** What a call to Supabase needs besides its arguments. */
export interface CallOptions {
  /** The caller's access token; without it the call is anonymous. */
  accessToken?: string | null;
  timeoutMs?: number;
}

/** Calls SQL functions as the caller: anonymous or a user, never more. */
export interface Rpc {
  /**
   * @returns the function's result as JSON, not yet parsed.
   * @throws Refusal with the code SQL gave, `unauthenticated` for a token Supabase refuses,
   *   `upstream_unavailable` when nothing answers in time, and `internal` for the rest.
   */
  call<Name extends FunctionName>(name: Name, args: FunctionArgs<Name>, options?: CallOptions): Promise<unknown>;
}

/** Where Supabase is, and how to reach it. */
export interface SupabaseOptions {
  url: string;
  publishableKey: string;
  fetch: typeof fetch;
}

/** A refusal as PostgREST words it. */
export interface PostgrestFailure {
  message: string;
  code?: string | null;
  details?: string | null;
  /** Seconds to wait, where a limit refused. */
  hint?: string | null;
}

/** What the calls are made with. */
export interface RpcOptions extends SupabaseOptions {
  /** Vouches for the caller's address; without it all anonymous callers share their limits. */
  vouch?: ((address: string) => Promise<Vouched>) | undefined;
}

/**
 * Makes the one client a process needs; user tokens are given call by call. Calls carry the address of whoever they are
 * made for ({@link currentCaller}).
 */
export function createRpc({ url, publishableKey, fetch, vouch }: RpcOptions): Rpc {
  const noting: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    noteRateLimit(response.headers);
    return response;
  };
  const client: SupabaseClient = createClient(url, publishableKey, {
    // Keeps supabase-js from starting an auth client: sessions are ours to keep.
    accessToken: () => Promise.resolve(null),
    global: { fetch: noting },
  });
  return {
    async call(name, args, { accessToken, timeoutMs = SUPABASE_CALL_ms_MAX } = {}) {
      const query = client.rpc(name, args).abortSignal(AbortSignal.timeout(timeoutMs));
      if (accessToken) query.setHeader("Authorization", `Bearer ${accessToken}`);
      const address = currentCaller()?.address ?? null;
      if (vouch !== undefined && address !== null) {
        const vouched = await vouch(address);
        query.setHeader("x-outcry-address", vouched.address).setHeader("x-outcry-address-proof", vouched.proof);
      }
      const { data, error, status } = await query;
      if (error) throw toRefusal(error, status);
      return data;
    },
  };
}

/**
 * Translates a failed call once, by what the caller can do next. Only texts that SQL raised under a
 * code of our catalogue go out; anything else could name tables or hosts.
 * @param status the HTTP status; 0 when there was no answer.
 */
export function toRefusal(failure: PostgrestFailure, status: number): Refusal {
  if (isCode(failure.message) && (failure.code ?? "").startsWith("PT")) {
    return new Refusal(failure.message, failure.details ?? CODES[failure.message].title, retryAfterIn(failure.hint));
  }
  const code = codeOf(failure, status);
  const refusal = new Refusal(code, DETAILS[code] ?? CODES[code].title);
  refusal.cause = `${status} ${failure.code ?? ""} ${failure.message}`;
  return refusal;
}

/** The seconds a limit's hint says to wait; other hints are words. */
function retryAfterIn(hint: string | null | undefined): number | null {
  return /^\d{1,6}$/.test(hint ?? "") ? Number(hint) : null;
}

const DETAILS: Partial<Record<Code, string>> = {
  upstream_unavailable: "The database does not answer. Try again in a moment",
  busy: "Something that takes long is under way. Try again in a moment: nothing was done",
  unauthenticated: "The access token is not accepted",
  bad_request: "A value cannot be used as it is",
  internal: "The request could not be completed",
};

/** Texts and numbers that are none for Postgres: a zero byte, half a character, an id that is none, 10^20 for an integer. */
const UNUSABLE = new Set(["22P02", "22P05", "22021", "22003", "22008"]);

/**
 * Waited too long for what somebody else has locked: the statement was cancelled, by its own limit or by that on locks, or was
 * the one of two that waited for each other. Nothing of it was done.
 */
const BUSY = new Set(["57014", "55P03", "40P01", "40001"]);

function codeOf(failure: PostgrestFailure, status: number): Code {
  // PGRST3xx is PostgREST's family for tokens; PGRST0xx says that it cannot reach its database.
  if (status === 401 || failure.code?.startsWith("PGRST3")) return "unauthenticated";
  if (BUSY.has(failure.code ?? "")) return "busy";
  if (status === 0 || status >= 502 || failure.code?.startsWith("PGRST0")) return "upstream_unavailable";
  if (status === 429) return "rate_limited";
  if (UNUSABLE.has(failure.code ?? "")) return "bad_request";
  return "internal";
}
