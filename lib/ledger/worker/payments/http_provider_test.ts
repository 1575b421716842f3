import assert from "node:assert/strict";
import { CALLS_MAX, HttpPaymentProvider } from "./http_provider.ts";
import type { PayoutAnswer } from "./provider.ts";
import { SIGNATURE_HEADER, Signer } from "./signature.ts";

const SECRET = "a secret of thirty-two characters or more";
const NOW = Date.UTC(2026, 10, 20);
const ID = "01a1fa22-0192-702c-8c28-a02bf5f40df2";
const PAYOUT = { id: ID, asset: "EUR", amount: "12.5", destination: "DE89370400440532013000" };
const signer = new Signer(SECRET);

/** An answer signed as a provider signs it. */
async function signed(body: unknown, { secret = SECRET, at = NOW, id = ID } = {}): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Response(text, { headers: { [SIGNATURE_HEADER]: await new Signer(secret).sign(`${id} ${text}`, at) } });
}

/** Asks a provider that answers so, call by call; the last answer stands for all that follow. */
async function ask(
  answers: (() => Response | Promise<Response>)[],
  question: (provider: HttpPaymentProvider, signal: AbortSignal) => Promise<PayoutAnswer> = (provider, signal) =>
    provider.createPayout(PAYOUT, signal),
): Promise<{ answer: PayoutAnswer; calls: [string, RequestInit][] }> {
  const calls: [string, RequestInit][] = [];
  const provider = new HttpPaymentProvider({
    ...{ name: "test", url: "https://pay.example/v1", secret: SECRET, wallMs: () => NOW, random: () => 0 },
    call_ms_max: 50,
    fetch: async (input, init = {}) => {
      calls.push([String(input), init]);
      const answer = answers[Math.min(calls.length, answers.length) - 1];
      assert.ok(answer);
      return await Promise.race([answer(), aborted(init.signal)]);
    },
  });
  return { answer: await question(provider, new AbortController().signal), calls };
}

function aborted(signal: AbortSignal | null | undefined): Promise<Response> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

Deno.test("a payout is asked for in signed JSON under its withdrawal's id, and follows no redirect", async () => {
  const { answer, calls: [[url, init] = ["", {}]] } = await ask([() => signed({ id: ID, state: "paid" })]);
  assert.deepEqual(answer, { ok: true, state: "paid", code: null });
  assert.deepEqual([url, init.method, init.redirect], ["https://pay.example/v1/payouts", "POST", "error"]);
  const headers = new Headers(init.headers);
  assert.equal(headers.get("idempotency-key"), ID);
  assert.deepEqual(JSON.parse(String(init.body)), PAYOUT);
  assert.equal(await signer.verify(String(init.body), headers.get(SIGNATURE_HEADER), NOW), true);
  assert.equal(await signer.verify(String(init.body) + " ", headers.get(SIGNATURE_HEADER), NOW), false);
});

Deno.test("its state is asked for by a signed path", async () => {
  const { answer, calls: [[url, init] = ["", {}]] } = await ask(
    [() => signed({ id: ID, state: "refused", code: "closed_account" })],
    (provider, signal) => provider.getPayout(ID, signal),
  );
  assert.deepEqual(answer, { ok: true, state: "refused", code: "closed_account" });
  assert.equal(url, `https://pay.example/v1/payouts/${ID}`);
  const signature = new Headers(init.headers).get(SIGNATURE_HEADER);
  assert.equal(await signer.verify(`GET /payouts/${ID}`, signature, NOW), true);
});

Deno.test("what is not the provider's word says nothing: the payout may have been made", async () => {
  const other = "01a1fa22-0192-702c-8c28-a02bf5f40df3";
  const cases: [string, () => Response | Promise<Response>][] = [
    ["bad_signature", () => Response.json({ id: ID, state: "refused" })],
    ["bad_signature", () => signed({ id: ID, state: "paid" }, { secret: "b".repeat(40) })],
    ["bad_signature", () => signed({ id: ID, state: "paid" }, { at: NOW - 301_000 })],
    // Another payout's answer, kept and played again.
    ["bad_signature", () => signed({ id: ID, state: "paid" }, { id: other })],
    ["bad_answer", () => signed({ id: other, state: "paid" })],
    ["bad_answer", () => signed({ id: ID, state: "done" })],
    ["bad_answer", () => signed({ id: ID, state: "refused", code: "<b>" })],
    ["bad_answer", () => signed("{")],
    ["bad_answer", () => signed("x".repeat(20_000))],
    ["bad_answer", () => signed({ id: ID, state: "unknown" })],
    ["http_409", () => new Response("{}", { status: 409 })],
    ["http_422", () => new Response("{}", { status: 422 })],
  ];
  for (const [code, body] of cases) {
    const { answer, calls } = await ask([body]);
    assert.deepEqual(answer, { ok: false, code });
    assert.equal(calls.length, 1, code);
  }
});

Deno.test("a provider that stumbles is asked again, so many times and no more", async () => {
  const broken = () => new Response("", { status: 503 });
  const recovered = await ask([
    broken,
    () => Promise.reject(new TypeError("reset")),
    () => signed({ id: ID, state: "pending" }),
  ]);
  assert.deepEqual(recovered.answer, { ok: true, state: "pending", code: null });
  const down = await ask([broken]);
  assert.deepEqual([down.answer, down.calls.length], [{ ok: false, code: "http_503" }, CALLS_MAX]);
  const silent = await ask([() => new Promise<Response>(() => {})]);
  assert.deepEqual([silent.answer, silent.calls.length], [{ ok: false, code: "timeout" }, CALLS_MAX]);
});

Deno.test("a worker that stops asks no more", async () => {
  const stopping = new AbortController();
  const { answer, calls } = await ask([() => {
    stopping.abort();
    return Promise.reject(new TypeError("reset"));
  }], (provider) => provider.createPayout(PAYOUT, stopping.signal));
  assert.deepEqual([answer, calls.length], [{ ok: false, code: "unreachable" }, 1]);
});
