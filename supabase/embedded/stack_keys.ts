import { join } from "node:path";
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import { z } from "zod";
import { startError } from "./errors.ts";

const FILE_NAME = "supabase-keys.json";

const SIGNING_JWK = z.object({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string(),
});

const STACK_KEYS = z.object({
  dbPassword: z.string().min(16),
  /** Shared with the Auth server inside the gateway alone; no token signed with it is taken from outside. */
  innerSecret: z.string().min(32),
  publishableKey: z.string().startsWith("sb_publishable_"),
  secretKey: z.string().startsWith("sb_secret_"),
  signingJwk: SIGNING_JWK,
});

/** The secrets of one data folder, made once and kept in a file only its owner can read. */
export type StackKeys = z.infer<typeof STACK_KEYS>;

/** The private key user tokens are signed with. */
export type SigningJwk = z.infer<typeof SIGNING_JWK>;

/**
 * Reads the data folder's keys, or makes them.
 * @param hasDatabase whether a cluster exists already: its password cannot be made up again.
 * @throws StartError when the file is damaged, unreadable or lost.
 */
export async function loadKeys(dataDir: string, hasDatabase: boolean): Promise<StackKeys> {
  const path = join(dataDir, FILE_NAME);
  const advice = `Restore "${path}", or move "${dataDir}" away to start afresh`;
  try {
    return STACK_KEYS.parse(JSON.parse(await Deno.readTextFile(path)));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      const reason = error instanceof Deno.errors.PermissionDenied ? error : new Error("the file is damaged");
      throw startError("Cannot read the stack's keys", reason, advice);
    }
    if (hasDatabase) throw startError("Cannot open the database", new Error("the stack's keys are lost"), advice);
  }
  const keys = await makeKeys();
  try {
    // Whole or not at all: half a file would lock the database's owner out.
    await Deno.writeTextFile(`${path}.new`, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600 });
    await Deno.chmod(`${path}.new`, 0o600);
    await Deno.rename(`${path}.new`, path);
  } catch (error) {
    throw startError("Cannot write the stack's keys", error, `Make "${dataDir}" writable`);
  }
  return keys;
}

async function makeKeys(): Promise<StackKeys> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = await exportJWK(privateKey);
  return {
    dbPassword: randomText(24),
    innerSecret: randomText(48),
    publishableKey: `sb_publishable_${randomText(17).slice(0, 22)}_${randomText(6)}`,
    secretKey: `sb_secret_${randomText(17).slice(0, 22)}_${randomText(6)}`,
    signingJwk: SIGNING_JWK.parse({ ...jwk, kid: await calculateJwkThumbprint(jwk) }),
  };
}

/** Base64url text of random bytes. */
export function randomText(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toBase64({ alphabet: "base64url", omitPadding: true });
}
