import postgres from "postgres";
import { createLogger } from "../../lib/kernel/log.ts";
import { type EmbeddedOptions, type EmbeddedSupabase, startEmbeddedSupabase } from "./start.ts";

/** A stack for one test, with a superuser's connection to its database. */
export type TestSupabase = EmbeddedSupabase & AsyncDisposable & { sql: postgres.Sql };

/**
 * Starts a stack of its own in a temporary folder on free ports, without log lines; new users need not confirm their
 * address unless `confirmations` is asked for. Dispose of it
 * (`await using`) or call `stop()`: both end it, and remove the folder unless `dataDir` was given.
 */
export async function startTestSupabase(options: Partial<EmbeddedOptions> = {}): Promise<TestSupabase> {
  const dataDir = options.dataDir ?? await Deno.makeTempDir({ prefix: "outcry-supabase-" });
  const logger = createLogger({ service: "supabase", write: () => {}, nowMs: () => Date.now() });
  const remove = async () => {
    if (options.dataDir === undefined) await Deno.remove(dataDir, { recursive: true }).catch(() => {});
  };
  const stack = await startEmbeddedSupabase({
    dataDir,
    port: 0,
    dbPort: 0,
    webUrl: "http://127.0.0.1:8000",
    logger,
    mode: "local",
    // Most tests need users, not mails.
    confirmations: false,
    ...options,
  }).catch(async (error) => {
    await remove();
    throw error;
  });
  const sql = postgres(stack.dbUrl, { max: 5, onnotice: () => {} });
  const stop = async () => {
    await sql.end({ timeout: 1 });
    await stack.stop();
    await remove();
  };
  return { ...stack, sql, stop, [Symbol.asyncDispose]: stop };
}

/**
 * Runs `body` in a step whose leaks are judged by the test around it: a server that outlives the step keeps
 * connections open between steps.
 */
export async function step(t: Deno.TestContext, name: string, body: () => Promise<void>): Promise<void> {
  await t.step({ name, fn: body, sanitizeOps: false, sanitizeResources: false });
}
