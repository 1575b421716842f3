import { createClient } from "@supabase/supabase-js";
import assert from "node:assert/strict";
import { startTestSupabase, step, type TestSupabase } from "./testing.ts";

const TABLES = `
  create table public.notes (
    id integer primary key, owner uuid, body jsonb, at timestamptz default '2026-01-02 03:04:05.678+00', price numeric, big bigint);
  alter table public.notes enable row level security;
  create policy "Owners see their notes" on public.notes for select to authenticated
    using (owner = (select auth.uid()));
  grant select on public.notes to authenticated;
  grant all on public.notes to service_role;
  create table public.closed (id integer primary key);
  alter table public.closed enable row level security;
  revoke all on public.closed from anon, authenticated, service_role;
  create function public.whoami() returns jsonb language sql stable as $$
    select jsonb_build_object('user', current_user, 'uid', auth.uid(), 'role', auth.role(), 'email', auth.jwt() ->> 'email',
      'session', auth.jwt() ->> 'session_id') $$;
  create function public.money() returns text language sql stable as $$ select '12345678901234567890.10' $$;
  create function public.type_of(p_value jsonb) returns text language sql immutable as $$ select jsonb_typeof(p_value) $$;
  create function public.refuse(p_state text) returns void language plpgsql as $$
    begin execute format('do $x$ begin raise sqlstate %L using message = ''the_code'', detail = ''why'', hint = ''so''; end $x$', p_state); end $$;
  grant execute on function public.whoami(), public.money(), public.type_of(jsonb), public.refuse(text)
    to anon, authenticated, service_role;
`;

function client(stack: TestSupabase, key: string) {
  return createClient(stack.url, key, { auth: { persistSession: false, autoRefreshToken: false } });
}

/** Waits until the REST server knows a function: it is told of every change, and reads the schema then. */
async function waitForFunction(stack: TestSupabase, name: string): Promise<void> {
  const supabase = client(stack, stack.secretKey);
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await supabase.rpc(name)).error?.code !== "PGRST202") return;
    await new Promise((done) => setTimeout(done, 10));
  }
  assert.fail(`The function ${name} did not become reachable`);
}

async function signUp(stack: TestSupabase, email: string) {
  const supabase = client(stack, stack.publishableKey);
  const { data, error } = await supabase.auth.signUp({ email, password: "correct horse" });
  assert.equal(error, null);
  return { supabase, id: data.user?.id ?? "", session: data.session };
}

Deno.test({
  name: "REST answers stock supabase-js as PostgREST does",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startTestSupabase();
    const anon = client(stack, stack.publishableKey);
    const service = client(stack, stack.secretKey);

    await step(t, "a new function is reachable without a restart", async () => {
      assert.equal((await anon.rpc("whoami")).error?.code, "PGRST202");
      await stack.sql.unsafe(TABLES);
      await waitForFunction(stack, "whoami");
    });

    await step(t, "notify pgrst, 'reload schema' makes the schema be read again", async () => {
      // Without the event triggers nobody but this notice tells.
      await stack.sql.unsafe("alter event trigger pgrst_ddl_watch disable");
      await stack.sql.unsafe("create function public.quiet() returns int language sql as 'select 1'");
      await stack.sql.unsafe("grant execute on function public.quiet() to service_role");
      await stack.sql.unsafe("alter event trigger pgrst_ddl_watch enable");
      assert.equal((await service.rpc("quiet")).error?.code, "PGRST202");
      await stack.sql.unsafe("notify pgrst, 'reload schema'");
      await waitForFunction(stack, "quiet");
    });

    await step(t, "keys and tokens set the role and the claims", async () => {
      const { supabase, id, session } = await signUp(stack, "role@example.com");
      assert.deepEqual((await anon.rpc("whoami")).data, {
        user: "anon",
        uid: null,
        role: "anon",
        email: null,
        session: null,
      });
      assert.equal((await service.rpc("whoami")).data.user, "service_role");
      const { data } = await supabase.rpc("whoami", {}, { get: true });
      assert.equal(data.user, "authenticated");
      assert.deepEqual([data.uid, data.email], [id, "role@example.com"]);
      assert.ok(data.session);
      // The user's token decides, whatever key brought it.
      const authorization = `Bearer ${session?.access_token}`;
      const headers = { apikey: stack.secretKey, authorization };
      const mixed = await fetch(`${stack.url}/rest/v1/rpc/whoami`, { headers });
      assert.equal((await mixed.json()).user, "authenticated");
    });

    await step(t, "missing and unknown keys are refused", async () => {
      const url = `${stack.url}/rest/v1/rpc/whoami`;
      const missing = await fetch(url);
      assert.deepEqual([missing.status, (await missing.json()).message], [401, "No API key found in request"]);
      const unknown = await fetch(url, { headers: { apikey: "sb_secret_guess" } });
      assert.deepEqual([unknown.status, (await unknown.json()).message], [401, "Invalid API key"]);
      const asBearer = await fetch(url, { headers: { authorization: `Bearer ${stack.secretKey}` } });
      assert.deepEqual([asBearer.status, (await asBearer.json()).user], [200, "service_role"]);
      const asQuery = await fetch(`${url}?apikey=${stack.publishableKey}`);
      assert.equal(asQuery.status, 200);
      await asQuery.body?.cancel();
      const headers = { apikey: stack.secretKey, "user-agent": "Mozilla/5.0 (X11)" };
      const browser = await fetch(url, { headers });
      assert.deepEqual([browser.status, (await browser.json()).message], [
        401,
        "Forbidden use of secret API key in browser",
      ]);
    });

    await step(t, "raise sqlstate 'PT4xx' becomes that status with code, message, details and hint", async () => {
      for (const state of ["PT400", "PT402", "PT404", "PT409", "PT429", "PT503"]) {
        const { error, status } = await anon.rpc("refuse", { p_state: state });
        assert.equal(status, Number(state.slice(2)));
        const { code, message, details, hint } = error ?? {};
        assert.deepEqual({ code, message, details, hint }, {
          code: state,
          message: "the_code",
          details: "why",
          hint: "so",
        });
      }
      const { error, status } = await anon.rpc("candles_page", {
        p_exchange: "sim",
        p_symbol: "BTC-USDT",
        p_timeframe: "1m",
        p_limit: 0,
      });
      assert.deepEqual([status, error?.message], [400, "invalid_limit"]);
    });

    await step(t, "other errors keep their SQLSTATE and get PostgREST's status", async () => {
      for (
        const [state, expected] of [["P0001", 400], ["23505", 409], ["22023", 400], ["57014", 500], ["53300", 503]]
      ) {
        const { error, status } = await anon.rpc("refuse", { p_state: state });
        assert.deepEqual([error?.code, error?.hint, status], [state, "so", expected]);
      }
      const missing = await anon.rpc("nope");
      assert.deepEqual([missing.status, missing.error?.code], [404, "PGRST202"]);
      const noTable = await anon.from("nope").select();
      assert.deepEqual([noTable.status, noTable.error?.code], [404, "PGRST205"]);
    });

    await step(
      t,
      "a function's own limit on time holds for the whole call, not for the next statement alone",
      async () => {
        // A short one, as what is given more time than usual would take a test as long.
        await stack.sql.unsafe(
          `create function public.hasty() returns int language plpgsql set statement_timeout = '100ms'
        as 'begin perform pg_sleep(3); return 1; end'`,
        );
        await stack.sql.unsafe("grant execute on function public.hasty() to service_role");
        await waitForFunction(stack, "hasty");
        const { error, status } = await service.rpc("hasty");
        assert.deepEqual([status, error?.code], [500, "57014"]);
      },
    );

    await step(t, "what a migration revokes stays revoked, request after request", async () => {
      const { supabase } = await signUp(stack, "revoked@example.com");
      for (let round = 0; round < 3; round++) {
        assert.deepEqual(
          [(await anon.from("closed").select()).status, (await service.from("closed").select()).status],
          [401, 403],
        );
        assert.equal((await supabase.from("closed").select()).error?.code, "42501");
        const denied = await anon.rpc("record_candles", { p_exchange: "sim", p_token: 1, p_rows: [] });
        assert.deepEqual([denied.status, denied.error?.code], [401, "42501"]);
      }
      const [granted] = await stack.sql`
        select count(*)::integer as count from information_schema.role_table_grants
        where table_schema = 'public' and table_name in ('closed', 'candles') and grantee in ('anon', 'authenticated')`;
      assert.equal(granted?.count, 0);
    });

    await step(t, "text money, times and JSON arrive as PostgREST writes them", async () => {
      assert.equal((await anon.rpc("money")).data, "12345678901234567890.10");
      const given: [unknown, string][] = [[{ a: 1 }, "object"], [[1], "array"], ["text", "string"], [
        '{"a":1}',
        "string",
      ], [5, "number"]];
      for (const [value, expected] of given) {
        assert.equal((await anon.rpc("type_of", { p_value: value })).data, expected);
      }
      const rows = given.map(([body], id) => ({ id, body, price: "12345678901234567890.12", big: "9007199254740993" }));
      const inserted = await service.from("notes").insert(rows).select("id,body,at,price::text,big::text");
      assert.deepEqual(inserted.data, rows.map((row) => ({ ...row, at: "2026-01-02T03:04:05.678+00:00" })));
    });

    await step(t, "thirty users at once see their own rows alone", async () => {
      const users = await Promise.all(Array.from({ length: 30 }, (_, i) => signUp(stack, `user${i}@example.com`)));
      await stack.sql`insert into public.notes ${
        stack.sql(users.map(({ id }, i) => ({ id: 1000 + i, owner: id })), "id", "owner")
      }`;
      const answers = await Promise.all(users.map(async ({ supabase, id }, i) => {
        const own = JSON.stringify([{ id: 1000 + i, owner: id }]);
        for (let round = 0; round < 10; round++) {
          const [notes, me] = await Promise.all([supabase.from("notes").select("id,owner"), supabase.rpc("whoami")]);
          if (JSON.stringify(notes.data) !== own || me.data?.uid !== id) return false;
        }
        return true;
      }));
      assert.deepEqual(answers.filter((isOwn) => !isOwn), []);
    });

    await step(t, "a preflight is allowed and the answer may be read from any origin", async () => {
      const url = `${stack.url}/rest/v1/rpc/whoami`;
      const preflight = await fetch(url, {
        method: "OPTIONS",
        headers: {
          origin: "https://app.example",
          "access-control-request-method": "POST",
          "access-control-request-headers": "apikey",
        },
      });
      assert.equal(preflight.status, 204);
      assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
      assert.equal(preflight.headers.get("access-control-allow-headers"), "apikey");
      const answer = await fetch(url, { headers: { apikey: stack.publishableKey, origin: "https://app.example" } });
      await answer.body?.cancel();
      assert.equal(answer.headers.get("access-control-allow-origin"), "*");
      assert.match(answer.headers.get("sb-request-id") ?? "", /^[0-9a-f-]{36}$/);
    });

    await step(t, "what is ours alone answers on loopback names only, and shows no secret", async () => {
      const listener = new URL(stack.url);
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(listener.port) });
      await connection.write(
        new TextEncoder().encode("GET /local/mail HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n"),
      );
      assert.match((await new Response(connection.readable).text()).split("\r\n", 1)[0] ?? "", /404/);
      for (
        const path of ["/", "/_system/info", "/_system/config", "/static/../package.json", "/static/assets/nope.js"]
      ) {
        const text = await (await fetch(`${stack.url}${path}`)).text();
        for (const secret of [stack.secretKey, "sb_secret", "jwt_secret", new URL(stack.dbUrl).password]) {
          assert.equal(text.includes(secret), false, path);
        }
      }
    });

    await step(t, "without a key the studio's own page alone acts as the secret key", async () => {
      const ask = async (headers: Record<string, string>) => {
        const response = await fetch(`${stack.url}/rest/v1/rpc/whoami`, { headers });
        return (await response.json()).user ?? response.status;
      };
      const studio = { "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" };
      assert.equal(await ask(studio), "service_role");
      assert.equal(await ask({ ...studio, origin: stack.url }), "service_role");
      for (const site of ["same-site", "cross-site", "none"]) {
        assert.equal(await ask({ ...studio, "sec-fetch-site": site }), 401);
      }
      assert.equal(await ask({ ...studio, origin: "http://evil.example" }), 401);
      // A sign-in that was led to end here.
      assert.equal(await ask({ ...studio, "sec-fetch-dest": "document" }), 401);
      assert.equal(await ask({ "sec-fetch-site": "same-origin" }), 401);
      assert.equal(await ask({ ...studio, apikey: stack.publishableKey }), "anon");
      assert.equal(await ask({ ...studio, apikey: "sb_secret_guess" }), 401);
    });

    await step(t, "no other page can show the studio, the mails or the sign-in in a frame", async () => {
      for (const path of ["/", "/table-editor", "/local/mail", "/local/identity/login/oauth/authorize"]) {
        const { headers, body } = await fetch(`${stack.url}${path}`);
        await body?.cancel();
        assert.equal(headers.get("x-frame-options"), "DENY", path);
        assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/, path);
        assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      }
    });

    await step(t, "values the server behind would fail on are refused, in no words of its own", async () => {
      const url = `${stack.url}/rest/v1/rpc/watch`;
      const headers = { apikey: stack.publishableKey, "content-type": "application/json" };
      const depth = 100_000;
      for (
        const [body, code] of [
          [JSON.stringify({ p_topics: { a: 1 }, p_client_id: crypto.randomUUID() }), "22P02"],
          ["[".repeat(depth) + "]".repeat(depth), "PGRST102"],
        ] as const
      ) {
        const response = await fetch(url, { method: "POST", headers, body });
        const text = await response.text();
        assert.deepEqual([response.status, JSON.parse(text).code], [400, code]);
        assert.doesNotMatch(text, /TypeError|RangeError|stack/);
      }
    });

    await step(t, "a body over the limit and a malformed one are refused", async () => {
      const url = `${stack.url}/rest/v1/rpc/type_of`;
      const headers = { apikey: stack.publishableKey, "content-type": "application/json" };
      const large = await fetch(url, { method: "POST", headers, body: new Uint8Array(10_000_001) });
      assert.equal(large.status, 413);
      await large.body?.cancel();
      const malformed = await fetch(url, { method: "POST", headers, body: "{" });
      assert.deepEqual([malformed.status, (await malformed.json()).code], [400, "PGRST102"]);
    });
  },
});
