import { z } from "zod";
import type { Logger } from "../../kernel/log.ts";
import type { Rpc, WorkerClient } from "../../kernel/worker/supabase.ts";

/** Jobs taken at a time: each is one call to Auth, and all must be done within the minute they are held. */
const JOBS_MAX = 10;

/** Rounds of one wake: a longer queue waits for the next poll, so that a stop is never far. */
const ROUNDS_MAX = 20;

/** Characters of an error that are kept with the job. */
const ERROR_LENGTH_MAX = 500;

const jobSchema = z.discriminatedUnion("kind", [
  z.object({
    id: z.uuid(),
    kind: z.literal("set_role"),
    user_id: z.uuid(),
    payload: z.object({ role: z.literal("admin").nullable() }),
  }),
  z.object({ id: z.uuid(), kind: z.literal("delete_user"), user_id: z.uuid() }),
]);
const jobsSchema = z.array(jobSchema);

type Job = z.infer<typeof jobSchema>;

/** What jobs are done with. */
export interface AuthJobsOptions {
  client: WorkerClient;
  rpc: Rpc;
  logger: Logger;
}

/**
 * Does every queued job that is due, a bounded number of rounds. A job that fails is handed back and tried again later;
 * doing one twice changes nothing.
 * @returns how many were done, and whether the queue could be read.
 */
export async function doAuthJobs(
  options: AuthJobsOptions,
  signal: AbortSignal,
): Promise<{ done: number; ok: boolean }> {
  const { rpc, logger } = options;
  let done = 0;
  for (let round = 0; round < ROUNDS_MAX && !signal.aborted; round++) {
    const claimed = await rpc.call("claim_auth_jobs", { p_limit: JOBS_MAX });
    if (!claimed.ok) {
      logger.warn("Auth jobs could not be read", { code: claimed.code, detail: claimed.detail });
      return { done, ok: false };
    }
    const jobs = jobsSchema.parse(claimed.data);
    for (const job of jobs) {
      const error = await doJob(options.client, job);
      if (error !== null) logger.warn("An auth job failed", { kind: job.kind, job_id: job.id, detail: error });
      else done++;
      const finished = await rpc.call("finish_auth_job", { p_id: job.id, p_error: error });
      if (!finished.ok) logger.warn("An auth job could not be finished", { job_id: job.id, detail: finished.detail });
    }
    if (jobs.length < JOBS_MAX) break;
  }
  return { done, ok: true };
}

/** Does one job; answers why not, if so. */
async function doJob({ auth: { admin } }: WorkerClient, job: Job): Promise<string | null> {
  try {
    const { error } = job.kind === "set_role"
      ? await admin.updateUserById(job.user_id, { app_metadata: { role: job.payload.role } })
      : await forgetUser(admin, job.user_id);
    // Whoever is gone already needs nothing more.
    if (error === null || (error.status === 404 && job.kind === "delete_user")) return null;
    return `${error.status ?? ""} ${error.code ?? ""} ${error.message}`.slice(0, ERROR_LENGTH_MAX);
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).slice(0, ERROR_LENGTH_MAX);
  }
}

/**
 * Takes the person off the account first, then deletes it: where a later record keeps the account from being deleted,
 * what stays behind names nobody.
 */
async function forgetUser(admin: WorkerClient["auth"]["admin"], userId: string) {
  const { error } = await admin.updateUserById(userId, {
    email: `deleted-${userId}@invalid.invalid`,
    email_confirm: true,
    password: crypto.randomUUID() + crypto.randomUUID().slice(0, 30),
    user_metadata: { user_name: null, preferred_username: null, full_name: null, name: null, avatar_url: null },
  });
  return error === null ? await admin.deleteUser(userId) : { error };
}
