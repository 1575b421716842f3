import { z } from "zod";
import { PROVIDER_PATTERN } from "../../deposit_shapes.ts";

/** Who pays out, and takes payments. */
export interface PaymentSettings {
  /** Name in the webhook's address. */
  provider: string;
  /** Where it is, without a trailing slash; people pay below it, too. */
  url: string;
  /** Shared with the provider; the database is told it. */
  secret: string;
}

/** The settings, null where none are given, or one line that says what to change. It never shows a value. */
export type PaymentSettingsResult = { ok: true; settings: PaymentSettings | null } | { ok: false; message: string };

const NAMES = ["PAYMENTS_PROVIDER", "PAYMENTS_URL", "PAYMENTS_SECRET"] as const;

const schema = z.object({
  PAYMENTS_PROVIDER: z.string().regex(PROVIDER_PATTERN),
  PAYMENTS_URL: z.string().max(300).refine(isSafeAddress),
  PAYMENTS_SECRET: z.string().min(32).max(1_000),
});

const HINTS: Record<(typeof NAMES)[number], string> = {
  PAYMENTS_PROVIDER: "the provider's name, a lower-case word",
  PAYMENTS_URL: "its https address (http on loopback alone)",
  PAYMENTS_SECRET: "the secret shared with it, 32 characters or more",
};

/** Reads the settings from environment variables: all three, or none for a deployment without payments. */
export function parsePaymentSettings(env: Readonly<Record<string, string | undefined>>): PaymentSettingsResult {
  const given = Object.fromEntries(NAMES.map((name) => [name, env[name] === "" ? undefined : env[name]]));
  if (NAMES.every((name) => given[name] === undefined)) return { ok: true, settings: null };
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const wrong = NAMES.filter((name) => parsed.error.issues.some((issue) => issue.path[0] === name));
    const wanted = wrong.map((name) => `${name} to ${HINTS[name]}`).join(", ");
    return { ok: false, message: `Cannot start the worker: set ${wanted}` };
  }
  const { PAYMENTS_PROVIDER, PAYMENTS_URL, PAYMENTS_SECRET } = parsed.data;
  return {
    ok: true,
    settings: { provider: PAYMENTS_PROVIDER, url: PAYMENTS_URL.replace(/\/+$/, ""), secret: PAYMENTS_SECRET },
  };
}

/** On the way to anywhere but this machine destinations could be read, if they travelled in the clear. */
function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash } = new URL(text);
  if (search !== "" || hash !== "") return false;
  return protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(hostname));
}
