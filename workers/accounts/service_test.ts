import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { Registry } from "prom-client";
import { createLogger } from "../../lib/kernel/log.ts";
import { createWorkerClient, Rpc } from "../../lib/kernel/worker/supabase.ts";
import { startTestSupabase, type TestSupabase } from "../../supabase/embedded/testing.ts";
import { until } from "../../tests/until.ts";
import { createAccountsService } from "./service.ts";

async function ensureNeighbours({ sql }: TestSupabase): Promise<void> {
  await sql.unsafe(`do $$ begin
    if to_regproc('private.audit') is null then
      create function private.audit(text, text, text, jsonb) returns void language sql as 'select null::void';
    end if;
  end $$`);
}

Deno.test({
  name: "the accounts service gives and takes roles, deletes users and tells many, as the database queues it",
  // auth-js leaves deleteUser()'s answer unread, and realtime-js a timer of a socket that was closed.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using stack = await startTestSupabase();
    await ensureNeighbours(stack);
    const { sql } = stack;
    const make = async (email: string) => {
      const supabase = createClient(stack.url, stack.publishableKey, {
        auth: { persistSession: false, autoRefreshToken: false },
      });
      const { data } = await supabase.auth.signUp({
        email,
        password: "correct horse",
        options: { data: { name: "X" } },
      });
      return data.user?.id ?? "";
    };
    const [ada, leaver] = [await make("ada@example.com"), await make("leaver@example.com")];
    await sql`update auth.users set email_confirmed_at = now()`;
    const client = createWorkerClient(stack.url, stack.secretKey);
    const rpc = new Rpc(client);
    const logger = createLogger({ service: "worker", write: () => {}, nowMs: Date.now });
    const service = createAccountsService({
      settings: {
        mode: "local",
        supabaseUrl: stack.url,
        secretKey: stack.secretKey,
        exchanges: [],
        workerPort: 0,
        simPort: 0,
        recordDir: null,
        realtimeMessages_per_s_max: null,
      },
      client,
      rpc,
      registry: new Registry(),
      logger,
      nowMs: () => performance.now(),
      random: Math.random,
      newId: () => crypto.randomUUID(),
    });
    const stop = new AbortController();
    const running = service.run(stop.signal);
    try {
      const roleOf = async () =>
        (await sql`select raw_app_meta_data ->> 'role' as role from auth.users where id = ${ada}`)[0]?.role ?? null;
      const granted = await rpc.call("grant_admin", { p_email: "ADA@example.com" });
      assert.ok(granted.ok);
      await until(async () => await roleOf() === "admin", "the role in the token's metadata");
      await sql`select private.queue_auth_job('set_role', ${ada}, '{"role": null}')`;
      await until(async () => await roleOf() === null, "the role's removal");
      await sql`select private.queue_auth_job('delete_user', ${leaver})`;
      await until(async () => (await sql`select 1 from auth.users where id = ${leaver}`).length === 0, "the deletion");
      await until(
        async () => (await sql`select 1 from public.auth_jobs where status <> 'done'`).length === 0,
        "every job to be done",
      );
      // A job for nobody is done with, a role for nobody is tried again.
      await sql`select private.queue_auth_job('delete_user', gen_random_uuid())`;
      await sql`select private.queue_auth_job('set_role', gen_random_uuid(), '{"role": "admin"}')`;
      await until(
        async () =>
          (await sql`select 1 from public.auth_jobs where error is not null and status = 'queued'`).length === 1,
        "the job that cannot be done to be handed back",
      );
      const [many] = await sql`
        select private.notify_users(array_fill(${ada}::uuid, array[600]), 'many_told', array_fill('{}'::jsonb, array[600]))`;
      assert.ok(many);
      await until(
        async () => (await sql`select 1 from public.notifications where kind = 'many_told'`).length === 600,
        "more than can be told at once to be told",
      );
      assert.equal(service.health().healthy, true);
    } finally {
      stop.abort();
      await running;
    }
  },
});
