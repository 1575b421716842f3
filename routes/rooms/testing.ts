import assert from "node:assert/strict";
import { signUp } from "../../supabase/embedded/auth_testing.ts";
import type { TestSupabase } from "../../supabase/embedded/testing.ts";
import { createTestWeb, type TestWeb } from "../../tests/web.ts";

/** What a call came to: its answer, or "<status> <code>" of a refusal. */
// deno-lint-ignore no-explicit-any -- JSON whose shape each test knows
export type Answer = any;

/** Somebody who calls the API with a token; null is nobody. */
export interface Member {
  id: string;
  token: string;
}

/** A user of one test. */
export async function newMember(stack: TestSupabase, name: string, eur = 0): Promise<Member> {
  const { supabase, session } = await signUp(stack, `${name}@rooms.test`);
  await supabase.auth.stopAutoRefresh();
  if (eur > 0) {
    await stack.sql`select private.post_transfer('seed', gen_random_uuid(),
      array[private.platform_account('EUR', 'world'), private.ledger_account('user', ${session.user.id}, 'EUR', 'available')],
      array[-${eur}::numeric, ${eur}::numeric])`;
  }
  return { id: session.user.id, token: session.access_token };
}

/** Buckets for those who ask a lot, so that a step meets its own refusals and not the limits'. */
export async function fillBuckets({ sql }: TestSupabase): Promise<void> {
  await sql`update public.rate_limit_rules set capacity = 1000000, refill_per_s = 1000
    where name in ('chat_send', 'tip', 'room_view', 'room_card', 'room_start', 'room_report', 'room_moderate')`;
}

/** The API of rooms as a program calls it. */
export class RoomsApi {
  readonly web: TestWeb;
  /** Of the last answer. */
  headers = new Headers();

  private constructor(web: TestWeb) {
    this.web = web;
  }

  static async start(stack: TestSupabase): Promise<RoomsApi> {
    await stack.sql`insert into public.deployment (mode) values ('local') on conflict do nothing`;
    return new RoomsApi(await createTestWeb({ supabase: stack }));
  }

  /** One call below `/api/v1/streaming`, or below `/api/v1` for a path that starts with "^". */
  async call(who: Member | null, method: string, path: string, body?: unknown): Promise<Answer> {
    const url = path.startsWith("^") ? `/api/v1${path.slice(1)}` : `/api/v1/streaming${path}`;
    const response = await this.web.app.request(url, {
      method,
      headers: {
        ...(who === null ? {} : { authorization: `Bearer ${who.token}` }),
        ...(body === undefined ? {} : { "content-type": typeof body === "string" ? "text/plain" : "application/json" }),
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    this.headers = response.headers;
    const text = await response.text();
    assert.equal(response.headers.get("cache-control"), "no-store", `${method} ${path}`);
    if (response.ok) return text === "" ? null : JSON.parse(text);
    assert.equal(response.headers.get("content-type"), "application/problem+json", text);
    return `${response.status} ${JSON.parse(text).code}`;
  }

  get(who: Member | null, path: string): Promise<Answer> {
    return this.call(who, "GET", path);
  }

  post(who: Member | null, path: string, body?: unknown): Promise<Answer> {
    return this.call(who, "POST", path, body);
  }

  /** A live room of theirs: its id. */
  async open(who: Member, terms: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.post(who, "/create", { title: "A room", ...terms });
    assert.ok(answer.success, String(answer));
    return answer.stream.stream_id;
  }

  say(who: Member | null, room: string, message: unknown, more: Record<string, unknown> = {}): Promise<Answer> {
    return this.post(who, `/${room}/messages`, { client_id: crypto.randomUUID(), message, ...more });
  }

  tip(who: Member | null, room: string, amount: unknown, more: Record<string, unknown> = {}): Promise<Answer> {
    return this.post(who, `/${room}/tips`, { client_id: crypto.randomUUID(), amount, message: "", ...more });
  }
}
