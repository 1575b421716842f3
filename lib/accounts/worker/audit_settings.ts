import { z } from "zod";

/** Where the heads of the audit chain go, and what the database is told about the edge. */
export interface AuditSettings {
  /** File the heads are appended to, a JSON object a line; null writes none. */
  headsFile: string | null;
  /** Address the heads are posted to; null posts none. */
  headsWebhook: string | null;
  /** The edge's own EDGE_HMAC_KEY, for the database to check its vouchers with; null leaves what it knows. */
  edgeHmacKey: string | null;
}

/** The settings, or one line that says what to change. It never shows a value: one of them is secret. */
export type AuditSettingsResult = { ok: true; settings: AuditSettings } | { ok: false; message: string };

/** File in the data folder of local mode. */
const LOCAL_HEADS_FILE = "audit-heads.jsonl";

const schema = z.object({
  OUTCRY_MODE: z.string().optional(),
  OUTCRY_DATA: z.string().optional(),
  AUDIT_HEADS_FILE: z.string().max(4_096).optional(),
  AUDIT_HEADS_WEBHOOK: z.string().max(2_048).refine(isSafeAddress).optional(),
  EDGE_HMAC_KEY: z.string().min(32).max(1_000).optional(),
});

const HINTS: Record<string, string> = {
  OUTCRY_MODE: "local or production",
  OUTCRY_DATA: "a folder",
  AUDIT_HEADS_FILE: "a file's path",
  AUDIT_HEADS_WEBHOOK: "an https address (http on loopback alone)",
  EDGE_HMAC_KEY: "the edge's key of 32 characters or more",
};

/** Reads the settings from environment variables; empty ones count as unset. */
export function parseAuditSettings(env: Readonly<Record<string, string | undefined>>): AuditSettingsResult {
  const parsed = schema.safeParse(
    Object.fromEntries(Object.keys(HINTS).map((name) => [name, env[name] === "" ? undefined : env[name]])),
  );
  if (!parsed.success) {
    const names = [...new Set(parsed.error.issues.map((issue) => String(issue.path[0])))];
    const wanted = names.map((name) => `${name} to ${HINTS[name] ?? "a value"}`).join(", ");
    return { ok: false, message: `Cannot start the worker: set ${wanted}` };
  }
  const { OUTCRY_MODE, OUTCRY_DATA, AUDIT_HEADS_FILE, AUDIT_HEADS_WEBHOOK, EDGE_HMAC_KEY } = parsed.data;
  const local = OUTCRY_MODE === "local" && OUTCRY_DATA !== undefined ? `${OUTCRY_DATA}/${LOCAL_HEADS_FILE}` : null;
  return {
    ok: true,
    settings: {
      headsFile: AUDIT_HEADS_FILE ?? local,
      headsWebhook: AUDIT_HEADS_WEBHOOK ?? null,
      edgeHmacKey: EDGE_HMAC_KEY ?? null,
    },
  };
}

/** On the way to anywhere but this machine a head could be replaced if it travelled in the clear. */
function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" ||
    (protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(hostname));
}
