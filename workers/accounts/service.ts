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

/** One queue of the database's, and how its emptying goes. */
interface Queue {
  /** Does what is due, or a bounded part of it. */
  work(signal: AbortSignal): Promise<{ done: number; ok: boolean; more?: boolean }>;
  failures: number;
  done: number;
}

/** Does what the database queues: what only Auth's admin API can, which is roles and deletions, and telling many users. */
export function createAccountsService({ settings, client, rpc, logger }: WorkerContext): Service {
  const { realtimeMessages_per_s_max } = settings;
  const jobs: Queue = { work: (signal) => doAuthJobs({ client, rpc, logger }, signal), failures: 0, done: 0 };
  const notices: Queue = {
    work: (signal) => deliverNotices({ rpc, logger, realtimeMessages_per_s_max }, signal),
    failures: 0,
    done: 0,
  };
  const queues = [jobs, notices];
  return {
    name: "accounts",
    async run(signal) {
      // A socket of its own: a topic can be joined once on each.
      const listener = createWorkerClient(settings.supabaseUrl, settings.secretKey);
      let waking = new AbortController();
      const stopListening = listenForWake(listener, () => {
        waking.abort();
        waking = new AbortController();
      });
      try {
        await Promise.all(queues.map(async (queue) => {
          while (!signal.aborted) {
            // A wake during the round begins another one.
            const woken = waking.signal;
            const { ok, done, more } = await queue.work(signal);
            queue.failures = ok ? 0 : queue.failures + 1;
            queue.done += done;
            if (!more) await delay(POLL_ms, AbortSignal.any([signal, woken]));
          }
        }));
      } finally {
        await stopListening();
      }
    },
    health: () => ({
      healthy: queues.every(({ failures }) => failures < FAILURES_MAX),
      jobs_done: jobs.done,
      users_told: notices.done,
    }),
  };
}
