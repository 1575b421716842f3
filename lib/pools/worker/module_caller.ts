import type { Logger } from "../../kernel/log.ts";
import { backoff_ms, delay } from "../../kernel/worker/backoff.ts";
import type { Limiter } from "../../kernel/worker/limiter.ts";
import type { AdapterCode, AdapterResult } from "../adapter.ts";
import { refusalSchema } from "../adapter_shapes.ts";
import { type AdapterSigner, SIGNATURE_AGE_s_MAX, SIGNATURE_HEADERS } from "./adapter_signing.ts";

/** Bytes of an answer: two hundred positions are a quarter of it. */
export const ANSWER_BYTES_MAX = 256 * 1024;

/** Longest time one try may take, its body included. */
const TRY_ms_MAX = 4_000;

/** Tries of one call. */
const TRIES_MAX = 3;

/** First and longest wait between tries. */
const BACKOFF_base_ms = 200;
const BACKOFF_ms_MAX = 2_000;

/** Who waits for a place: what settles and stops goes before what is only shown. */
const URGENT = 0;
const PATIENT = 1;

/** What may pass by itself. Everything else would be answered the same way again. */
const RETRIED: readonly AdapterCode[] = ["adapter_timeout", "adapter_unreachable", "adapter_failed"];

/** What a caller needs from outside. */
export interface ModuleCallerOptions {
  /** As `moduleUrl()` answers it. */
  url: URL;
  signer: AdapterSigner;
  /** Shared by all pools of one host, so that a module that hangs keeps only its own pools waiting. */
  limiter: Limiter;
  logger: Logger;
  /** The calendar's time in Unix ms. */
  wallMs: () => number;
  random: () => number;
  /** Ends every call when aborted: what is asked then answers `adapter_stopped`. */
  signal: AbortSignal;
  /** Shorter than {@link TRY_ms_MAX} in tests. */
  tryMs?: number;
}

/** One try of a call. */
interface Try {
  method: "GET" | "POST";
  /** From the address's root on. */
  path: string;
  body: string | null;
  /** The same in all tries. */
  key: string;
  signal: AbortSignal;
}

/**
 * Asks a pool's module over HTTP: signed both ways, bounded in time, tries and size, never redirected. What a module
 * answers is of use only when it carries a signature over our own nonce, so that nobody in between can make, change,
 * or repeat an answer.
 */
export class ModuleCaller {
  readonly #options: ModuleCallerOptions;

  constructor(options: ModuleCallerOptions) {
    this.#options = options;
  }

  /**
   * The answer's JSON.
   * @param path below the module's address, with its query.
   * @param signal ends this call alone.
   */
  get(path: string, signal = this.#options.signal): Promise<AdapterResult<unknown>> {
    return this.#call("GET", path, null, AbortSignal.any([signal, this.#options.signal]));
  }

  /** Posts JSON; tries of one call share an idempotency key, so that the module does it once. */
  post(path: string, body: unknown): Promise<AdapterResult<unknown>> {
    return this.#call("POST", path, JSON.stringify(body), this.#options.signal);
  }

  async #call(
    method: "GET" | "POST",
    path: string,
    body: string | null,
    signal: AbortSignal,
  ): Promise<AdapterResult<unknown>> {
    const { random, logger, url, limiter } = this.#options;
    const key = crypto.randomUUID();
    const base = url.pathname === "/" ? "" : url.pathname;
    let code: AdapterCode = "adapter_stopped";
    for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
      if (attempt > 0) {
        const wait = backoff_ms(attempt - 1, { base_ms: BACKOFF_base_ms, max_ms: BACKOFF_ms_MAX, random });
        await delay(wait, signal);
      }
      if (signal.aborted) return { ok: false, code: "adapter_stopped" };
      const priority = path.startsWith("/metrics") ? PATIENT : URGENT;
      const answer = await limiter.run(
        () => this.#try({ method, path: `${base}${path}`, body, key, signal }),
        priority,
      );
      if (answer.ok || !RETRIED.includes(answer.code)) return answer;
      code = answer.code;
      logger.debug("A pool's module did not answer", { host: url.host, path, attempt, code });
    }
    return { ok: false, code };
  }

  async #try({ method, path, body, key, signal }: Try): Promise<AdapterResult<unknown>> {
    const { url, signer, wallMs, tryMs = TRY_ms_MAX } = this.#options;
    const bytes = new TextEncoder().encode(body ?? "");
    const timestamp = String(Math.floor(wallMs() / 1_000));
    const nonce = crypto.getRandomValues(new Uint8Array(16)).toHex();
    const headers = new Headers({
      accept: "application/json",
      [SIGNATURE_HEADERS.timestamp]: timestamp,
      [SIGNATURE_HEADERS.nonce]: nonce,
      [SIGNATURE_HEADERS.signature]: await signer.sign({ method, path, timestamp, nonce, body: bytes }),
    });
    if (body !== null) {
      headers.set("content-type", "application/json");
      headers.set("idempotency-key", key);
    }
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), tryMs);
    try {
      const response = await fetch(`${url.origin}${path}`, {
        method,
        headers,
        body: body === null ? null : bytes,
        // A redirect would carry the question, and the answer's trust, to an address that nobody has allowed.
        redirect: "manual",
        signal: AbortSignal.any([late.signal, signal]),
      });
      return await this.#read(response, path, nonce);
    } catch {
      // The cause may name the address; the code is all that anybody acts on.
      if (signal.aborted) return { ok: false, code: "adapter_stopped" };
      return { ok: false, code: late.signal.aborted ? "adapter_timeout" : "adapter_unreachable" };
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(response: Response, path: string, nonce: string): Promise<AdapterResult<unknown>> {
    const { status } = response;
    if (status >= 300 && status < 400) return await dropped(response, "adapter_redirect");
    // Proxies answer for modules that are down, without a signature: nothing is taken from it but that it failed.
    if (status >= 500) return await dropped(response, "adapter_failed");
    if (status === 429) return await dropped(response, "adapter_failed");
    const body = await readBody(response);
    if (body === null) return { ok: false, code: "answer_too_large" };
    const doubt = await this.#doubt(response, path, nonce, body);
    if (doubt !== null) return { ok: false, code: doubt };
    const json = parseJson(body);
    if (json === undefined) return { ok: false, code: "answer_not_json" };
    if (response.ok) return { ok: true, value: json };
    const refusal = refusalSchema.safeParse(json);
    const forgotten = refusal.success && refusal.data.code === "not_connected";
    return { ok: false, code: forgotten ? "not_connected" : "adapter_refused" };
  }

  /** Why an answer is not believed to be the module's answer to this very request. */
  async #doubt(
    { status, headers }: Response,
    path: string,
    nonce: string,
    body: Uint8Array<ArrayBuffer>,
  ): Promise<AdapterCode | null> {
    const { signer, wallMs } = this.#options;
    const timestamp = headers.get(SIGNATURE_HEADERS.timestamp) ?? "";
    const theirs = headers.get(SIGNATURE_HEADERS.nonce) ?? "";
    const signature = headers.get(SIGNATURE_HEADERS.signature) ?? "";
    const signed = { method: String(status), path, timestamp, nonce: theirs, body };
    if (!/^\d{1,12}$/.test(timestamp) || !await signer.verify(signed, signature)) return "wrong_signature";
    if (theirs !== nonce) return "answer_replayed";
    return Math.abs(wallMs() / 1_000 - Number(timestamp)) > SIGNATURE_AGE_s_MAX ? "answer_replayed" : null;
  }
}

async function dropped(response: Response, code: AdapterCode): Promise<AdapterResult<never>> {
  await response.body?.cancel();
  return { ok: false, code };
}

/** The body, or null when it is longer than anything a module has to say; counted as it comes, decompressed. */
async function readBody(response: Response): Promise<Uint8Array<ArrayBuffer> | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    // Leaving the loop cancels the stream.
    if (length > ANSWER_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/** JSON in strict UTF-8; undefined for anything else, such as NaN, which is none. */
function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
