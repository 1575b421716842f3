import type postgres from "postgres";

/** Kinds of Auth's own log, as hosted Auth sorts its actions. */
const LOG_TYPES: Record<string, string> = {
  factor_in_progress: "factor",
  factor_unenrolled: "factor",
  factor_deleted: "factor",
  challenge_created: "factor",
  verification_attempted: "factor",
  login: "account",
  user_modified: "user",
};

/** Writes a line of `auth.audit_log_entries` in the caller's transaction, as hosted Auth does. */
export async function writeAudit(
  tx: postgres.TransactionSql,
  userId: string,
  action: string,
  address: string,
  traits: Record<string, string>,
): Promise<void> {
  await tx`
    insert into auth.audit_log_entries (id, payload, ip_address)
    select ${crypto.randomUUID()}, json_build_object('action', ${action}::text, 'actor_id', u.id,
      'actor_username', coalesce(u.email, ''), 'actor_via_sso', false, 'log_type', ${LOG_TYPES[action] ?? "user"}::text,
      'traits', ${tx.json(traits)}::json), ${address}
    from auth.users u where u.id = ${userId}`;
}
