import { delay } from "../../lib/kernel/worker/backoff.ts";
import { doAuthJobs } from "../../lib/accounts/worker/auth_jobs.ts";
import { listenForWake } from "../../lib/realtime/worker/wake.ts";
import { createWorkerClient } from "../../lib/kernel/worker/supabase.ts";
import type { WorkerContext } from "../context.ts";
import type { Service } from "../service.ts";

/** A wake may be missed: then a job waits no longer than this. */
const POLL_ms = 5_000;

/** Polls that may fail in a row before the service counts as unwell. */
const FAILURES_MAX = 5;

/** Does what only Auth's admin API can, as the database queues it: roles and deletions. */
export function createAccountsService({ settings, client, rpc, logger }: WorkerContext): Service {
  let failures = 0;
  let done = 0;
  return {
    name: "accounts",
    async run(signal) {
      // A socket of its own: a topic can be joined once on each.
      const listener = createWorkerClient(settings.supabaseUrl, settings.secretKey);
      let nap = new AbortController();
      const stopListening = listenForWake(listener, () => nap.abort());
      try {
        while (!signal.aborted) {
          nap = new AbortController();
          const round = await doAuthJobs({ client, rpc, logger }, signal);
          failures = round.ok ? 0 : failures + 1;
          done += round.done;
          await delay(POLL_ms, AbortSignal.any([signal, nap.signal]));
        }
      } finally {
        await stopListening();
      }
    },
    health: () => ({ healthy: failures < FAILURES_MAX, jobs_done: done }),
  };
}
