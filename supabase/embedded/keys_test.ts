import { decodeJwt, exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import assert from "node:assert/strict";
import { TokenKeys } from "./keys.ts";

const NOW_MS = 1_800_000_000_000;
const NOW_S = NOW_MS / 1000;

async function makeKeys(nowMs: () => number = () => NOW_MS) {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = await exportJWK(privateKey);
  const signingJwk = { ...jwk, kid: "k" } as Parameters<typeof TokenKeys.create>[0]["signingJwk"];
  const keys = await TokenKeys.create({
    publishableKey: "sb_publishable_a",
    secretKey: "sb_secret_b",
    signingJwk,
    nowMs,
  });
  return { keys, signingJwk };
}

Deno.test("TokenKeys takes what it signed, and tells role, claims and expiry", async () => {
  const { keys } = await makeKeys();
  const token = await keys.sign({
    sub: "u",
    role: "authenticated",
    iat: NOW_S,
    exp: NOW_S + 10,
    app_metadata: { a: 1 },
  });
  const judged = await keys.authenticate(token);
  assert.ok(judged.ok);
  assert.deepEqual([judged.role, judged.expMs, judged.claims], ["authenticated", NOW_MS + 10_000, decodeJwt(token)]);
  assert.equal(await keys.authenticate(token), judged);
});

Deno.test("TokenKeys refuses a token it remembers once that has expired", async () => {
  let nowMs = NOW_MS;
  const { keys } = await makeKeys(() => nowMs);
  const token = await keys.sign({ sub: "u", role: "authenticated", exp: NOW_S + 10 });
  assert.ok((await keys.authenticate(token)).ok);
  nowMs += 10_000;
  const judged = await keys.authenticate(token);
  assert.deepEqual(judged.ok ? "" : judged.code, "InvalidJWTExpiration");
});

Deno.test("TokenKeys refuses foreign, unsigned, endless, odd and oversized tokens by code", async () => {
  const { keys, signingJwk } = await makeKeys();
  const { keys: others } = await makeKeys();
  const claims = { sub: "u", role: "authenticated", exp: NOW_S + 10 };
  const part = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "");
  const own = await importJWK(signingJwk, "ES256");
  const cases: [string, string, string][] = [
    ["foreign", await others.sign(claims), "InvalidJWTToken"],
    ["unsigned", `${part({ alg: "none" })}.${part(claims)}.`, "InvalidJWTToken"],
    [
      "public key as secret",
      await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(signingJwk.x)),
      "InvalidJWTToken",
    ],
    [
      "endless",
      await new SignJWT({ sub: "u", role: "authenticated" }).setProtectedHeader({ alg: "ES256" }).sign(own),
      "InvalidJWTToken",
    ],
    ["superuser", await keys.sign({ ...claims, role: "postgres" }), "InvalidJWTToken"],
    ["expired", await keys.sign({ ...claims, exp: NOW_S - 1 }), "InvalidJWTExpiration"],
    ["cut", "a.b", "MalformedJWT"],
    ["noise", "a.b.c", "MalformedJWT"],
    ["oversized", await keys.sign({ ...claims, filler: "x".repeat(10_000) }), "MalformedJWT"],
    ["empty", "", "MalformedJWT"],
  ];
  for (const [name, token, code] of cases) {
    const judged = await keys.authenticate(token);
    assert.deepEqual([name, judged.ok ? "taken" : judged.code], [name, code]);
  }
});

Deno.test("TokenKeys knows its API keys and no others", async () => {
  const { keys } = await makeKeys();
  assert.equal(keys.roleOfApiKey("sb_publishable_a"), "anon");
  assert.equal(keys.roleOfApiKey("sb_secret_b"), "service_role");
  for (const key of ["", "sb_secret_", "sb_secret_c", "sb_secret_bb"]) assert.equal(keys.roleOfApiKey(key), null);
});

Deno.test("TokenKeys publishes the public half of its key alone", async () => {
  const { keys } = await makeKeys();
  const [jwk] = keys.jwks().keys;
  assert.deepEqual([jwk?.alg, jwk?.kid, jwk && "d" in jwk], ["ES256", "k", false]);
});
