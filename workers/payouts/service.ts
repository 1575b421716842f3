import { Counter } from "prom-client";
import { createWorkerClient } from "../../lib/kernel/worker/supabase.ts";
import { HttpPaymentProvider } from "../../lib/ledger/worker/payments/http_provider.ts";
import type { PaymentSettings } from "../../lib/ledger/worker/payments/settings.ts";
import { PayoutKeeper } from "../../lib/ledger/worker/payout_keeper.ts";
import { listenForWake } from "../../lib/realtime/worker/wake.ts";
import type { WorkerContext } from "../context.ts";
import type { Service } from "../service.ts";

/** Has approved withdrawals paid out by the payment provider, and tells the database its secret. */
export function createPayoutService(context: WorkerContext, payments: PaymentSettings | null): Service {
  const { settings, rpc, registry, logger, nowMs, random, newId } = context;
  const outcomes = new Counter({
    name: "outcry_payouts_total",
    help: "Payouts asked for, by what the provider answered",
    labelNames: ["outcome"],
    registers: [registry],
  });
  const provider = payments === null ? null : new HttpPaymentProvider({
    name: payments.provider,
    url: payments.url,
    secret: payments.secret,
    fetch,
    wallMs: () => Date.now(),
    random,
  });
  const keeper = new PayoutKeeper({
    holder: newId(),
    ...{ rpc, provider, settings: payments, logger, nowMs, random },
    onOutcome: (outcome) => outcomes.inc({ outcome }),
  });
  return {
    name: "payouts",
    async run(signal) {
      // A socket of its own: a topic can be joined once on each.
      const listener = createWorkerClient(settings.supabaseUrl, settings.secretKey);
      const stopListening = listenForWake(listener, () => keeper.wake());
      try {
        await keeper.run(signal);
      } finally {
        await stopListening();
      }
    },
    health: () => ({ ...keeper.health() }),
  };
}
