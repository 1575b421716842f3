import type { SupabaseClient } from "@supabase/supabase-js";
import assert from "node:assert/strict";
import { addFactor, signIn, signUp } from "../../supabase/embedded/auth_testing.ts";
import type { TestSupabase } from "../../supabase/embedded/testing.ts";

/** Somebody with a session of their own. */
export interface MoneyPerson {
  id: string;
  email: string;
  supabase: SupabaseClient;
}

/** A user whose identity is verified, with money in the wallet. */
export async function makeSaver(stack: TestSupabase, name: string, amounts: Record<string, string> = {}) {
  const email = `${name}@money.test`;
  const { supabase, session } = await signUp(stack, email);
  const person: MoneyPerson = { id: session.user.id, email, supabase };
  await stack.sql`update public.profiles set kyc_status = 'verified' where id = ${person.id}`;
  for (const [asset, amount] of Object.entries(amounts)) await give(stack, person, asset, amount);
  return person;
}

/** Puts money into a wallet, from nowhere. */
export async function give({ sql }: TestSupabase, { id }: MoneyPerson, asset: string, amount: string): Promise<void> {
  await sql`select private.post_transfer('seed', gen_random_uuid(),
    array[private.platform_account(${asset}, 'world'), private.ledger_account('user', ${id}, ${asset}, 'available')],
    array[-${amount}::numeric, ${amount}::numeric])`;
}

/** An administrator who has shown the second factor a moment ago. */
export async function makeAdministrator(stack: TestSupabase, name: string): Promise<MoneyPerson> {
  const { sql } = stack;
  const { id, email } = await makeSaver(stack, name);
  await sql`insert into public.admins (user_id) values (${id})`;
  await sql`update auth.users set raw_app_meta_data = raw_app_meta_data || '{"role": "admin"}' where id = ${id}`;
  return { id, email, supabase: await withFactor(stack, email) };
}

/** A new session that has shown a second factor a moment ago. */
export async function withFactor(stack: TestSupabase, email: string): Promise<SupabaseClient> {
  const supabase = await signIn(stack, email);
  await addFactor(supabase);
  return supabase;
}

/** What a call answers, or the message of its refusal: a code of ours. */
// deno-lint-ignore no-explicit-any -- JSON whose shape each caller knows
export async function ask(supabase: SupabaseClient, name: string, args: Record<string, unknown> = {}): Promise<any> {
  const { data, error } = await supabase.rpc(name, args);
  return error === null ? data : error.message;
}

/** The kinds of a user's notifications, oldest first, but for those of signing up. */
export async function noticesOf({ sql }: TestSupabase, { id }: MoneyPerson): Promise<string[]> {
  const rows = await sql`select kind from public.notifications where user_id = ${id} order by id`;
  return rows.map((row) => row.kind as string).filter((kind) =>
    /^(withdrawal|deposit|credit|payout|payment)_/.test(kind)
  );
}

/** What is available and held, as "100 / 40". */
export async function euros({ supabase }: MoneyPerson): Promise<string> {
  const { balances } = await ask(supabase, "my_wallet");
  const [eur] = balances.filter(({ asset }: { asset: string }) => asset === "EUR");
  assert.ok(eur, "There is no EUR in the wallet");
  return `${eur.available} / ${eur.held}`;
}
