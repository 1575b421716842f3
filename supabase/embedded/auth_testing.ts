import { createClient, type Session, type SupabaseClient } from "@supabase/supabase-js";
import assert from "node:assert/strict";
import { TOTP } from "otpauth";
import type { TestSupabase } from "./testing.ts";

/** A password no rule refuses. */
export const PASSWORD = "correct horse";

/** A kept mail, as far as tests read it. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
}

/** A stock client with a memory of its own, as a browser has. */
export function client(
  stack: TestSupabase,
  { key = stack.publishableKey, flowType = "implicit" as "implicit" | "pkce" } = {},
): SupabaseClient {
  const kept = new Map<string, string>();
  return createClient(stack.url, key, {
    auth: {
      flowType,
      autoRefreshToken: false,
      detectSessionInUrl: false,
      storage: {
        getItem: (name) => kept.get(name) ?? null,
        setItem: (name, value) => void kept.set(name, value),
        removeItem: (name) => void kept.delete(name),
      },
    },
    global: { fetch: readWhole },
  });
}

/** Some of the client's methods leave their answers unread, which would count as our leak. */
async function readWhole(...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request);
  return new Response(response.status === 204 ? null : await response.arrayBuffer(), response);
}

/** A new user, signed in. */
export async function signUp(
  stack: TestSupabase,
  email: string,
): Promise<{ supabase: SupabaseClient; session: Session }> {
  const supabase = client(stack);
  const { data, error } = await supabase.auth.signUp({ email, password: PASSWORD });
  assert.equal(error, null);
  assert.ok(data.session);
  return { supabase, session: data.session };
}

/** The same user, signed in elsewhere. */
export async function signIn(stack: TestSupabase, email: string, password = PASSWORD): Promise<SupabaseClient> {
  const supabase = client(stack);
  assert.equal((await supabase.auth.signInWithPassword({ email, password })).error, null);
  return supabase;
}

/** What an authenticator app shows, `steps` half minutes from now. */
export function codeOf(secret: string, steps = 0): string {
  return new TOTP({ secret }).generate({ timestamp: Date.now() + steps * 30_000 });
}

/** A verified factor for a client that is signed in, which has aal2 then; the code of the coming half minute is free. */
export async function addFactor(
  supabase: SupabaseClient,
  friendlyName = "phone",
): Promise<{ factorId: string; secret: string }> {
  const { data, error } = await supabase.auth.mfa.enroll({ factorType: "totp", friendlyName });
  assert.equal(error, null);
  assert.ok(data?.type === "totp");
  const code = codeOf(data.totp.secret);
  const verified = await supabase.auth.mfa.challengeAndVerify({ factorId: data.id, code });
  assert.equal(verified.error, null);
  return { factorId: data.id, secret: data.totp.secret };
}

/** Takes the mails out of the sink, the oldest first. */
export async function takeMails(stack: TestSupabase): Promise<Mail[]> {
  const mails: Mail[] = await (await fetch(stack.mailUrl)).json();
  await (await fetch(stack.mailUrl, { method: "DELETE" })).body?.cancel();
  return mails.reverse();
}

/** The link in a mail. */
export function linkIn(mail: Mail | undefined): URL {
  return new URL(/https?:\S+/.exec(mail?.text ?? "")?.[0] ?? "about:blank");
}

/** The code in a mail: ten digits, as config.toml has it. */
export function codeIn(mail: Mail | undefined): string {
  return /\b\d{10}\b/.exec(mail?.text ?? "")?.[0] ?? "";
}

/** Where a link leads. */
export async function follow(link: URL): Promise<URL> {
  const response = await fetch(link, { redirect: "manual" });
  await response.body?.cancel();
  return new URL(response.headers.get("location") ?? "about:blank");
}
