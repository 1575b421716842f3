import { z } from "zod";
import { KYC_STATES } from "../accounts/account.ts";
import { limitSchema } from "../accounts/limits.ts";

const kyc = z.enum(KYC_STATES);

/** Roles users are filtered by. */
export const ROLES = ["user", "admin"] as const;

/** Characters of a search the database takes. */
export const QUERY_LENGTH_MAX = 100;

/** Characters of a reason the database takes. */
export const REASON_LENGTH_MAX = 500;

/** A page of `admin_users()`. Times are RFC 3339. */
export const adminUsersSchema = z.object({
  items: z.array(z.object({
    user_id: z.uuid(),
    username: z.string(),
    email: z.string().nullable(),
    kyc_status: kyc,
    admin: z.boolean(),
    sessions: z.int(),
    created_at: z.string(),
    last_sign_in_at: z.string().nullable(),
  })),
  next_cursor: z.string().nullable(),
});

/** See {@link adminUsersSchema}. */
export type AdminUsersPage = z.infer<typeof adminUsersSchema>;

/** A user as the list shows it. */
export type AdminUser = AdminUsersPage["items"][number];

/** Which users to list. */
export interface UserFilter {
  /** Part of a username or e-mail address, or an id. */
  query: string | null;
  kyc: (typeof KYC_STATES)[number] | null;
  role: (typeof ROLES)[number] | null;
}

/** What `admin_user()` tells: one user whole. */
export const adminUserSchema = z.object({
  user_id: z.uuid(),
  username: z.string(),
  email: z.string().nullable(),
  email_confirmed: z.boolean(),
  locale: z.string(),
  time_zone: z.string(),
  kyc_status: kyc,
  kyc_reason: z.string().nullable(),
  withdrawals_frozen_until: z.string().nullable(),
  created_at: z.string(),
  last_sign_in_at: z.string().nullable(),
  admin: z.boolean(),
  admin_since: z.string().nullable(),
  authenticators: z.int(),
  identities: z.array(z.string()),
  limits: z.array(limitSchema),
  sessions: z.array(z.object({
    session_id: z.uuid(),
    device: z.string().nullable(),
    aal: z.string().nullable(),
    created_at: z.string(),
    seen_at: z.string(),
  })),
  devices: z.array(z.object({
    device_id: z.uuid(),
    name: z.string(),
    first_seen_at: z.string(),
    last_seen_at: z.string(),
    sessions: z.int(),
  })),
});

/** See {@link adminUserSchema}. */
export type AdminUserDetail = z.infer<typeof adminUserSchema>;
