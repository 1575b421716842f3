import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { createTokenVerifier, type TokenVerifier } from "./tokens.ts";

const NOW_MS = 1_800_000_000_000;
const SUB = "0197a1b2-0000-4000-8000-000000000001";

const ours = await generateKeyPair("ES256", { extractable: true });
const foreign = await generateKeyPair("ES256", { extractable: true });
const jwk = { ...await exportJWK(ours.publicKey), kid: "k1", alg: "ES256", use: "sig" };

function verifier(answer: () => Response = () => Response.json({ keys: [jwk] })): TokenVerifier & { fetches: number } {
  const counted = {
    fetches: 0,
    ...createTokenVerifier({
      supabaseUrl: "http://supabase.invalid",
      fetch: () => {
        counted.fetches++;
        return Promise.resolve(answer());
      },
      nowMs: () => NOW_MS,
    }),
  };
  return counted;
}

function sign(claims: Record<string, unknown>, { key = ours.privateKey, kid = "k1" } = {}): Promise<string> {
  return new SignJWT({ role: "authenticated", ...claims })
    .setProtectedHeader({ alg: "ES256", kid })
    .setSubject(SUB).setAudience("authenticated").setIssuedAt(NOW_MS / 1000)
    .setExpirationTime((claims.exp as number | undefined) ?? NOW_MS / 1000 + 900)
    .sign(key);
}

Deno.test("verify() accepts a token the project signed, and fetches the keys once", async () => {
  const keys = verifier();
  const token = await sign({ email: "ada@x.example" });
  assert.equal((await keys.verify(token))?.sub, SUB);
  assert.equal((await keys.verify(token))?.email, "ada@x.example");
  assert.equal(keys.fetches, 1);
});

const unsigned = [{ alg: "none" }, { sub: SUB, aud: "authenticated", role: "authenticated", exp: NOW_MS / 1000 + 900 }]
  .map((part) => btoa(JSON.stringify(part)).replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_"));
const shared = new SignJWT({ role: "authenticated" }).setProtectedHeader({ alg: "HS256", kid: "k1" }).setSubject(SUB)
  .setAudience("authenticated").setExpirationTime(NOW_MS / 1000 + 900);
const refused: [string, () => Promise<string>][] = [
  ["signed by someone else", () => sign({}, { key: foreign.privateKey })],
  ["of a key nobody published", () => sign({}, { kid: "k2" })],
  ["that has expired", () => sign({ exp: NOW_MS / 1000 - 1 })],
  ["without a signature (alg: none)", () => Promise.resolve(`${unsigned.join(".")}.`)],
  ["signed with the public key as a shared secret", () => shared.sign(new TextEncoder().encode(JSON.stringify(jwk)))],
  ["of a role that is no user", () => sign({ role: "service_role" })],
  ["that is no token", () => Promise.resolve("abc")],
  ["that is empty", () => Promise.resolve("")],
  ["longer than any token", () => Promise.resolve("a".repeat(20_000))],
];
for (const [what, token] of refused) {
  Deno.test(`verify() refuses a token ${what}`, async () => {
    assert.equal(await verifier().verify(await token()), null);
  });
}

Deno.test("verify() refuses a token whose payload was changed after signing", async () => {
  const [header, , signature] = (await sign({})).split(".");
  const forged = btoa(JSON.stringify({ sub: SUB, aud: "authenticated", role: "authenticated", exp: 9e9 }));
  assert.equal(await verifier().verify(`${header}.${forged.replace(/=+$/, "")}.${signature}`), null);
});

Deno.test("verify() says that it cannot tell when the keys are out of reach, rather than refusing", async () => {
  const token = await sign({});
  await assert.rejects(verifier(() => new Response("no", { status: 503 })).verify(token), {
    code: "upstream_unavailable",
  });
});
