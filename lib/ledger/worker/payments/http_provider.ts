import { z } from "zod";
import { backoff_ms, delay } from "../../../kernel/worker/backoff.ts";
import type { PaymentProvider, Payout, PayoutAnswer } from "./provider.ts";
import { SIGNATURE_HEADER, Signer } from "./signature.ts";

/** Time one call may take. */
export const CALL_ms_MAX = 4_000;

/** Calls of one question, so that a hiccup costs no round; all of them fit into the time a claim is kept. */
export const CALLS_MAX = 3;

/** Bytes of an answer: it is a state and a code. */
const ANSWER_bytes_MAX = 16_384;

const answerSchema = z.object({
  id: z.uuid(),
  state: z.enum(["pending", "paid", "refused", "unknown"]),
  code: z.string().regex(/^[a-z0-9_]{1,60}$/).nullable().default(null),
});

/** What the provider is reached with. */
export interface HttpProviderOptions {
  name: string;
  /** Address without a trailing slash. */
  url: string;
  secret: string;
  fetch: typeof fetch;
  /** The calendar's time in Unix ms. */
  wallMs: () => number;
  random: () => number;
  call_ms_max?: number;
}

/**
 * A provider that speaks JSON over HTTP: `POST <url>/payouts {id, asset, amount, destination}` and
 * `GET <url>/payouts/<id>`, both answering `{id, state, code}`. Requests are signed in the header `outcry-signature`
 * (see {@link Signer}): of a POST its body, of a GET `GET <path>`. Answers are signed the same way over
 * `<id> <body>`; one that is not is no word of the provider's.
 */
export class HttpPaymentProvider implements PaymentProvider {
  readonly name: string;
  readonly #options: HttpProviderOptions;
  readonly #signer: Signer;

  constructor(options: HttpProviderOptions) {
    this.name = options.name;
    this.#options = options;
    this.#signer = new Signer(options.secret);
  }

  async createPayout({ id, asset, amount, destination }: Payout, signal: AbortSignal): Promise<PayoutAnswer> {
    const body = JSON.stringify({ id, asset, amount, destination });
    const answer = await this.#ask(id, "/payouts", body, signal);
    // It was asked for just now.
    return answer.ok && answer.state === "unknown" ? { ok: false, code: "bad_answer" } : answer;
  }

  async getPayout(id: string, signal: AbortSignal): Promise<PayoutAnswer> {
    return await this.#ask(id, `/payouts/${id}`, null, signal);
  }

  /** Asks up to {@link CALLS_MAX} times until there is an answer that asking again would not change. */
  async #ask(id: string, path: string, body: string | null, signal: AbortSignal): Promise<PayoutAnswer> {
    for (let call = 0;; call++) {
      const { answer, again } = await this.#callOnce(id, path, body, signal);
      if (!again || call + 1 >= CALLS_MAX || signal.aborted) return answer;
      await delay(backoff_ms(call, { base_ms: 200, max_ms: 1_000, random: this.#options.random }), signal);
    }
  }

  async #callOnce(
    id: string,
    path: string,
    body: string | null,
    signal: AbortSignal,
  ): Promise<{ answer: PayoutAnswer; again: boolean }> {
    const { url, fetch, wallMs, call_ms_max = CALL_ms_MAX } = this.#options;
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(call_ms_max)]);
    try {
      const headers = new Headers({
        [SIGNATURE_HEADER]: await this.#signer.sign(body ?? `GET ${path}`, wallMs()),
        "idempotency-key": id,
      });
      if (body !== null) headers.set("content-type", "application/json");
      // Where a redirect leads is nowhere that money should be asked for.
      const init: RequestInit = { method: body === null ? "GET" : "POST", headers, redirect: "error", signal: inTime };
      const response = await fetch(`${url}${path}`, body === null ? init : { ...init, body });
      const text = await readAnswer(response);
      if (!response.ok) {
        return failed(`http_${response.status}`, response.status >= 500 || response.status === 429);
      }
      if (text === null) return failed("bad_answer", false);
      if (!await this.#signer.verify(`${id} ${text}`, response.headers.get(SIGNATURE_HEADER), wallMs())) {
        return failed("bad_signature", false);
      }
      const parsed = answerSchema.safeParse(parseJson(text));
      if (!parsed.success || parsed.data.id !== id) return failed("bad_answer", false);
      return { answer: { ok: true, state: parsed.data.state, code: parsed.data.code }, again: false };
    } catch (error) {
      return failed(error instanceof DOMException && error.name === "TimeoutError" ? "timeout" : "unreachable", true);
    }
  }
}

function failed(code: string, again: boolean): { answer: PayoutAnswer; again: boolean } {
  return { answer: { ok: false, code }, again };
}

/** The body as text; null when it is longer than any answer. */
async function readAnswer(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > ANSWER_bytes_MAX) return null;
    chunks.push(chunk);
  }
  return await new Blob(chunks as Uint8Array<ArrayBuffer>[]).text();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
