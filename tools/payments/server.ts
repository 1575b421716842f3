/**
 * A payment provider for local mode and tests: a checkout page with a button, signed webhooks to the web, and payouts
 * that are kept in memory. It speaks what `HttpPaymentProvider` and `receive_payment()` speak.
 *
 * As with other providers' test cards, a payout's destination says how it goes: one that holds `REFUSE` is refused, one
 * with `PENDING` is under way until it is asked about the second time; all others are paid at once.
 */
import { z } from "zod";
import { delay } from "../../lib/kernel/worker/backoff.ts";
import { SIGNATURE_HEADER, Signer } from "../../lib/ledger/worker/payments/signature.ts";
import { type Checkout, checkoutPage, troublePage } from "./checkout_page.ts";

/** Payouts remembered: a machine's own tests make far fewer. */
const PAYOUTS_MAX = 100_000;

/** Bytes of a request's body. */
const BODY_bytes_MAX = 16_384;

/** Tries of telling the web of a payment. */
const WEBHOOK_CALLS_MAX = 5;

/** Time one of them may take, and the wait before the next, which doubles. */
const WEBHOOK_ms_MAX = 5_000;
const WEBHOOK_WAIT_ms = 200;

const payoutSchema = z.object({
  id: z.uuid(),
  asset: z.string().min(1).max(20),
  amount: z.string().regex(/^\d{1,15}(\.\d{1,18})?$/),
  destination: z.string().min(4).max(120),
});

/** A payout as it was asked for first. */
export type TestPayout = z.infer<typeof payoutSchema> & { state: "pending" | "paid" | "refused"; asked: number };

/** What a provider is started with. */
export interface TestPaymentsOptions {
  /** 0 for a free one. */
  port?: number;
  /** Shared with the worker. */
  secret: string;
  /** Where payments are told of: `<web>/api/v1/payments/webhook/<name>`. */
  webhookUrl: string;
  /** Where people go back to. */
  returnUrl: string;
  /** The calendar's time in Unix ms. */
  nowMs: () => number;
  /** Told of what went wrong. */
  warn?: (message: string) => void;
}

/** A running provider. */
export interface TestPayments {
  /** Its address, without a trailing slash. */
  url: string;
  /** What it was asked to pay, by id. */
  payouts: ReadonlyMap<string, TestPayout>;
  stop(): Promise<void>;
}

/** Starts it on loopback. */
export function startTestPayments(options: TestPaymentsOptions): TestPayments {
  const stopping = new AbortController();
  const provider = new Provider(options, stopping.signal);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: options.port ?? 0, signal: stopping.signal, onListen: () => {} },
    (request) => provider.answer(request),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    payouts: provider.payouts,
    async stop() {
      stopping.abort();
      await server.finished;
    },
  };
}

class Provider {
  readonly payouts = new Map<string, TestPayout>();
  readonly #options: TestPaymentsOptions;
  readonly #signer: Signer;
  readonly #stopping: AbortSignal;

  constructor(options: TestPaymentsOptions, stopping: AbortSignal) {
    this.#options = options;
    this.#stopping = stopping;
    this.#signer = new Signer(options.secret);
  }

  async answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const [, room, id, ...rest] = pathname.split("/");
    if (rest.length === 0 && room === "checkout" && id !== undefined) return await this.#checkout(request, id);
    if (rest.length === 0 && room === "payouts") return await this.#payouts(request, id ?? null);
    return new Response(null, { status: 404 });
  }

  async #checkout(request: Request, id: string): Promise<Response> {
    const { returnUrl, nowMs } = this.#options;
    const { searchParams } = new URL(request.url);
    const [asset = "", amount = "", expires = "", signature = ""] = ["asset", "amount", "expires", "signature"].map(
      (name) => searchParams.get(name) ?? "",
    );
    // Only an address the web's database has made is paid for.
    if (!await this.#signer.verifyHmac(`checkout.${id}.${asset}.${amount}.${expires}`, signature)) {
      return html(troublePage("This payment's address is not one of ours.", returnUrl), 400);
    }
    if (Number(expires) * 1_000 < nowMs()) return html(troublePage("This payment has expired.", returnUrl), 410);
    if (request.method === "GET") return html(checkoutPage({ id, asset, amount }, returnUrl), 200);
    if (request.method !== "POST") return new Response(null, { status: 405 });
    return await this.#tell({ id, asset, amount })
      ? new Response(null, { status: 303, headers: { location: returnUrl } })
      : html(troublePage("The payment could not be told. Try again.", returnUrl), 502);
  }

  /** Tells the web that a deposit was paid. The same payment is always the same event, so that it is booked once. */
  async #tell({ id, asset, amount }: Checkout): Promise<boolean> {
    const { webhookUrl, nowMs, warn } = this.#options;
    const body = JSON.stringify({ id: `paid-${id}`, type: "deposit.paid", deposit_id: id, asset, amount });
    for (let call = 0; call < WEBHOOK_CALLS_MAX && !this.#stopping.aborted; call++) {
      if (call > 0) await delay(WEBHOOK_WAIT_ms * 2 ** (call - 1), this.#stopping);
      try {
        const response = await fetch(webhookUrl, {
          method: "POST",
          headers: { "content-type": "application/json", [SIGNATURE_HEADER]: await this.#signer.sign(body, nowMs()) },
          body,
          redirect: "error",
          signal: AbortSignal.any([this.#stopping, AbortSignal.timeout(WEBHOOK_ms_MAX)]),
        });
        const answer = await response.text();
        if (response.ok) return true;
        warn?.(`The webhook was refused: ${response.status} ${answer.slice(0, 200)}`);
        // What is refused for what it says is refused again.
        if (response.status < 500 && response.status !== 429) return false;
      } catch (error) {
        warn?.(`The webhook was not answered: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return false;
  }

  async #payouts(request: Request, id: string | null): Promise<Response> {
    const { nowMs } = this.#options;
    const signature = request.headers.get(SIGNATURE_HEADER);
    if (request.method === "GET" && id !== null) {
      if (!await this.#signer.verify(`GET /payouts/${id}`, signature, nowMs())) {
        return new Response(null, { status: 401 });
      }
      return await this.#state(id);
    }
    if (request.method !== "POST" || id !== null) return new Response(null, { status: 405 });
    const body = await request.text();
    if (body.length > BODY_bytes_MAX) return new Response(null, { status: 413 });
    if (!await this.#signer.verify(body, signature, nowMs())) return new Response(null, { status: 401 });
    const parsed = payoutSchema.safeParse(parseJson(body));
    if (!parsed.success) return new Response(null, { status: 422 });
    const payout = parsed.data;
    const known = this.payouts.get(payout.id);
    if (known === undefined) {
      if (this.payouts.size >= PAYOUTS_MAX) return new Response(null, { status: 503 });
      this.payouts.set(payout.id, { ...payout, state: firstState(payout.destination), asked: 0 });
    } else if (
      known.asset !== payout.asset || known.amount !== payout.amount || known.destination !== payout.destination
    ) {
      return new Response(null, { status: 409 });
    }
    return await this.#state(payout.id);
  }

  async #state(id: string): Promise<Response> {
    const payout = this.payouts.get(id);
    if (payout !== undefined && payout.asked++ > 0 && payout.state === "pending") payout.state = "paid";
    const state = payout?.state ?? "unknown";
    const text = JSON.stringify({ id, state, code: state === "refused" ? "destination_refused" : null });
    const signature = await this.#signer.sign(`${id} ${text}`, this.#options.nowMs());
    return new Response(text, { headers: { "content-type": "application/json", [SIGNATURE_HEADER]: signature } });
  }
}

function firstState(destination: string): TestPayout["state"] {
  if (destination.includes("REFUSE")) return "refused";
  return destination.includes("PENDING") ? "pending" : "paid";
}

function html(text: string, status: number): Response {
  return new Response(text, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' http://127.0.0.1:*",
      "referrer-policy": "no-referrer",
    },
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
