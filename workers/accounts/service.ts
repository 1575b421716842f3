import { delay } from "../../lib/kernel/worker/backoff.ts";
import { doAuthJobs } from "../../lib/accounts/worker/auth_jobs.ts";
import { deliverNotices } from "../../lib/accounts/worker/notices.ts";
import { listenForWake } from "../../lib/realtime/worker/wake.ts";
import { createWorkerClient } from "../../lib/kernel/worker/supabase.ts";
import type { WorkerContext } from "../context.ts";
import type { Service } from "../service.ts";

/** A wake may be missed: then what is queued waits no longer than this. */
const POLL_ms = 5_000;

/** Polls that may fail in a row before the service counts as unwell. */
const FAILURES_MAX = 5;

/** Does what the database queues: what only Auth's admin API can, which is roles and deletions, and telling many users. */
export function createAccountsService({ settings, client, rpc, logger }: WorkerContext): Service {
  let failures = 0;
  let jobs_done = 0;
  let users_told = 0;
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
          const told = await deliverNotices({ rpc, logger }, signal);
          const jobs = await doAuthJobs({ client, rpc, logger }, signal);
          failures = told.ok && jobs.ok ? 0 : failures + 1;
          users_told += told.done;
          jobs_done += jobs.done;
          await delay(POLL_ms, AbortSignal.any([signal, nap.signal]));
        }
      } finally {
        await stopListening();
      }
    },
    health: () => ({ healthy: failures < FAILURES_MAX, jobs_done, users_told }),
  };
}
