import assert from "node:assert/strict";
import { needsRefresh, REFRESH_BEFORE_EXPIRY_ms, userOf } from "./session.ts";

const session = { access_token: "a", refresh_token: "r", expires_at: 1_000_000 };

Deno.test("needsRefresh() waits until the token is close to its expiry", () => {
  const expiryMs = session.expires_at * 1000;
  assert.equal(needsRefresh(session, expiryMs - REFRESH_BEFORE_EXPIRY_ms), false);
  assert.equal(needsRefresh(session, expiryMs - REFRESH_BEFORE_EXPIRY_ms + 1), true);
  assert.equal(needsRefresh(session, expiryMs + 1), true);
});

const base = { sub: "0197a1b2-0000-7000-8000-000000000001", exp: 1, role: "authenticated" as const };

Deno.test("userOf() prefers the provider's handle and falls back to the mailbox", () => {
  const metadata = { user_name: "ada", full_name: "Ada Lovelace" };
  assert.equal(userOf({ ...base, user_metadata: metadata, email: "a@x.example" }).name, "ada");
  assert.equal(userOf({ ...base, user_metadata: { full_name: "Ada Lovelace" } }).name, "Ada Lovelace");
  assert.equal(userOf({ ...base, user_metadata: { user_name: 7 }, email: "ada@x.example" }).name, "ada");
  assert.equal(userOf(base).name, "trader");
});

Deno.test("userOf() cuts a name that would break the page", () => {
  assert.equal(userOf({ ...base, user_metadata: { name: "x".repeat(500) } }).name.length, 40);
});

Deno.test("userOf() drops marks that would turn the text around a name, and halves no character", () => {
  const nameOf = (name: string) => userOf({ ...base, user_metadata: { name } }).name;
  assert.equal(nameOf("ada\u202e\u2066\u0000\n"), "ada");
  assert.equal(nameOf("\u202e"), "trader");
  assert.equal(nameOf("💩".repeat(50)), "💩".repeat(40));
  assert.equal(nameOf(`${"x".repeat(39)}💩💩`), `${"x".repeat(39)}💩`);
});
