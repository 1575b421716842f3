import assert from "node:assert/strict";
import { parseSettings, type Settings } from "./settings.ts";

const MINIMUM = { SUPABASE_URL: "http://127.0.0.1:54321", SUPABASE_PUBLISHABLE_KEY: "sb_publishable_x" };
const PRODUCTION = { ...MINIMUM, PUBLIC_URL: "https://outcry.example" };

function accepted(env: Record<string, string>): Settings {
  const parsed = parseSettings(env);
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.message);
  return parsed.settings;
}

function refusal(env: Record<string, string>): string {
  const parsed = parseSettings(env);
  assert.ok(!parsed.ok, "should have been refused");
  assert.doesNotMatch(parsed.message, /\n/);
  return parsed.message;
}

Deno.test("parseSettings() runs in production unless told otherwise", () => {
  const settings = accepted(PRODUCTION);
  assert.equal(settings.mode, "production");
  assert.equal(settings.hostname, "0.0.0.0");
  assert.equal(settings.port, 8000);
});

Deno.test("parseSettings() listens on loopback alone in local mode and guesses its own address", () => {
  const settings = accepted({ ...MINIMUM, OUTCRY_MODE: "local", PORT: "8123" });
  assert.equal(settings.hostname, "127.0.0.1");
  assert.equal(settings.publicUrl, "http://127.0.0.1:8123");
});

Deno.test("parseSettings() counts an empty variable as unset", () => {
  assert.equal(accepted({ ...PRODUCTION, OUTCRY_MODE: "", EDGE_HMAC_KEY: "" }).mode, "production");
});

Deno.test("parseSettings() trusts no proxy unless told how many or which header", () => {
  assert.deepEqual(accepted(PRODUCTION).trustedProxies, { kind: "none" });
  assert.deepEqual(accepted({ ...PRODUCTION, TRUSTED_PROXIES: "1" }).trustedProxies, { kind: "hops", hops: 1 });
});

Deno.test("parseSettings() drops the trailing slash of an origin", () => {
  const settings = accepted({ ...PRODUCTION, SUPABASE_URL: "https://abc.supabase.co/" });
  assert.equal(settings.supabaseUrl, "https://abc.supabase.co");
});

const secretJwt = `eyJhbGciOiJIUzI1NiJ9.${btoa(JSON.stringify({ role: "service_role" }))}.c2ln`;
const refusals: [string, Record<string, string>, RegExp][] = [
  ["no Supabase", { PUBLIC_URL: "https://outcry.example" }, /^Cannot use SUPABASE_URL: it is not set$/],
  ["a Supabase address with a path", { ...PRODUCTION, SUPABASE_URL: "http://x/rest/v1" }, /SUPABASE_URL.*origin/],
  ["a Supabase address with credentials", { ...PRODUCTION, SUPABASE_URL: "http://a:b@x" }, /SUPABASE_URL/],
  ["no key", { PUBLIC_URL: "https://x.example", SUPABASE_URL: "http://x" }, /SUPABASE_PUBLISHABLE_KEY: it is not set/],
  ["a secret key", { ...PRODUCTION, SUPABASE_PUBLISHABLE_KEY: "sb_secret_abc" }, /must not hold the secret one/],
  ["an old secret key", { ...PRODUCTION, SUPABASE_PUBLISHABLE_KEY: secretJwt }, /must not hold the secret one/],
  ["an unknown mode", { ...PRODUCTION, OUTCRY_MODE: "debug" }, /OUTCRY_MODE: use "local" or "production"/],
  ["production without an address", MINIMUM, /PUBLIC_URL: production mode needs it/],
  ["production over plain HTTP", { ...MINIMUM, PUBLIC_URL: "http://outcry.example" }, /needs https/],
  ["a port of letters", { ...PRODUCTION, PORT: "http" }, /PORT: use a port/],
  ["port 0", { ...PRODUCTION, PORT: "0" }, /PORT: use a port/],
  ["a port past the last", { ...PRODUCTION, PORT: "65536" }, /PORT: use a port/],
  ["a short HMAC key", { ...PRODUCTION, EDGE_HMAC_KEY: "short" }, /EDGE_HMAC_KEY: use 32/],
  ["an address for a proxy", { ...PRODUCTION, TRUSTED_PROXIES: "10.0.0.0/8" }, /TRUSTED_PROXIES: use a number/],
  ["a private sealing key", { ...PRODUCTION, SEALING_PUBLIC_JWK: '{"kty":"EC","d":"x"}' }, /SEALING_PUBLIC_JWK/],
];
for (const [what, env, message] of refusals) {
  Deno.test(`parseSettings() refuses ${what} in one line that names the variable`, () => {
    assert.match(refusal(env), message);
  });
}

Deno.test("parseSettings() never repeats a refused value", () => {
  assert.doesNotMatch(refusal({ ...PRODUCTION, SUPABASE_PUBLISHABLE_KEY: "sb_secret_abc123" }), /abc123/);
});
