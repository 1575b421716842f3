import type postgres from "postgres";

/** A user as Auth shows it: https://supabase.com/docs/reference/javascript/auth-api */
export type UserJson = Record<string, unknown> & { id: string };

type Sql = postgres.Sql | postgres.TransactionSql;

/** Users as Auth shows them; absent facts are absent, not null. `which` is the query's where, order and limit for "u". */
export async function selectUsers(sql: Sql, which: postgres.PendingQuery<postgres.Row[]>): Promise<UserJson[]> {
  const rows = await sql<{ json: UserJson }[]>`
    select jsonb_strip_nulls(jsonb_build_object(
        'id', u.id, 'aud', u.aud, 'role', u.role, 'email', coalesce(u.email, ''), 'phone', coalesce(u.phone, ''),
        'email_confirmed_at', u.email_confirmed_at, 'phone_confirmed_at', u.phone_confirmed_at,
        'confirmed_at', u.confirmed_at, 'invited_at', u.invited_at, 'recovery_sent_at', u.recovery_sent_at,
        'confirmation_sent_at', u.confirmation_sent_at,
        'new_email', nullif(u.email_change, ''), 'email_change_sent_at', u.email_change_sent_at,
        'last_sign_in_at', u.last_sign_in_at, 'banned_until', u.banned_until, 'deleted_at', u.deleted_at,
        'created_at', u.created_at, 'updated_at', u.updated_at, 'is_anonymous', u.is_anonymous,
        'identities', (select coalesce(jsonb_agg(jsonb_build_object(
            'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id, 'identity_data', i.identity_data,
            'provider', i.provider, 'last_sign_in_at', i.last_sign_in_at, 'created_at', i.created_at,
            'updated_at', i.updated_at, 'email', i.email) order by i.created_at), '[]')
          from auth.identities i where i.user_id = u.id),
        'factors', ${factorsOf(sql)}))
      || jsonb_build_object('app_metadata', coalesce(u.raw_app_meta_data, '{}'),
        'user_metadata', coalesce(u.raw_user_meta_data, '{}')) as json
    from auth.users u ${which}`;
  return rows.map((row) => row.json);
}

/** One user, or undefined. */
export async function userJson(sql: Sql, id: string): Promise<UserJson | undefined> {
  const [user] = await selectUsers(sql, sql`where u.id = ${id}`);
  return user;
}

/** The factors of the user "u" of the query around it, or null when there are none. */
export function factorsOf(sql: Sql): postgres.PendingQuery<postgres.Row[]> {
  return sql`(select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'id', f.id, 'friendly_name', nullif(f.friendly_name, ''), 'factor_type', f.factor_type, 'status', f.status,
      'created_at', f.created_at, 'updated_at', f.updated_at, 'last_challenged_at', f.last_challenged_at))
      order by f.created_at, f.id)
    from auth.mfa_factors f where f.user_id = u.id)`;
}
