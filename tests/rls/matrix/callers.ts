import type { World } from "./world.ts";

/** Everybody who knocks, and what each brings along. */
export const CALLERS = {
  anonymous: "somebody without an account",
  owner: "the owner, who showed the second factor a moment ago",
  owner_by_password: "the owner, signed in by password alone",
  owner_long_ago: "the owner, who showed the second factor 16 minutes ago",
  owner_signed_out: "the owner's token, after the session was revoked",
  other: "another tenant, who showed the second factor a moment ago",
  newcomer: "a user without a second factor",
  newcomer_timed_out: "that user's token, after the session's longest time",
  busy: "a user who has used up every rate limit",
  admin: "an administrator, who showed the second factor a moment ago",
  admin_by_password: "the administrator, signed in by password alone",
  admin_an_hour_ago: "the administrator, who showed the second factor an hour ago",
  admin_long_ago: "the administrator, who showed the second factor 13 hours ago",
  admin_signed_out: "the administrator's token, after the session was revoked",
  demoted: "a user whose token still says administrator, though no row does any more",
  impostor: "a user with an administrator's row, whose role stands in the metadata users write themselves",
  worker: "the secret key",
} as const;

export type CallerName = keyof typeof CALLERS;
export const CALLER_NAMES = Object.keys(CALLERS) as CallerName[];

/** Whose rows are watched. */
export type TenantName = "owner" | "other";
export const TENANT_NAMES: TenantName[] = ["owner", "other"];

/** A caller as the database meets it. */
export interface Caller {
  role: "anon" | "authenticated" | "service_role";
  claims: Record<string, unknown>;
}

/** The tenant a caller is; a revoked token is nobody's. */
export function tenantOf(caller: CallerName): TenantName | null {
  if (caller === "other") return "other";
  return caller === "owner" || caller === "owner_by_password" || caller === "owner_long_ago" ? "owner" : null;
}

const MINUTES_PER_HOUR = 60;
const SECONDS_PER_MINUTE = 60;

/** The callers with the claims of real tokens; those that Auth would not give out are written from them. */
export function callersOf(world: World): Record<CallerName, Caller> {
  const { owner, other, newcomer, busy, admin, demoted, impostor, nowMs } = world;
  const user = (claims: Record<string, unknown>): Caller => ({ role: "authenticated", claims });
  const shownAgo = (claims: Record<string, unknown>, minutes: number) => ({
    ...claims,
    amr: [{ method: "totp", timestamp: Math.floor(nowMs / 1_000) - minutes * SECONDS_PER_MINUTE }],
  });
  return {
    anonymous: { role: "anon", claims: { role: "anon" } },
    owner: user(owner.claims),
    owner_by_password: user(owner.passwordClaims),
    owner_long_ago: user(shownAgo(owner.claims, 16)),
    owner_signed_out: user(owner.endedClaims),
    other: user(other.claims),
    newcomer: user(newcomer.passwordClaims),
    newcomer_timed_out: user(newcomer.endedClaims),
    busy: user(busy.passwordClaims),
    admin: user(admin.claims),
    admin_by_password: user(admin.passwordClaims),
    admin_an_hour_ago: user(shownAgo(admin.claims, MINUTES_PER_HOUR)),
    admin_long_ago: user(shownAgo(admin.claims, 13 * MINUTES_PER_HOUR)),
    admin_signed_out: user(admin.endedClaims),
    demoted: user({ ...demoted.claims, app_metadata: { role: "admin" } }),
    impostor: user({ ...impostor.claims, user_metadata: { role: "admin" } }),
    worker: { role: "service_role", claims: { role: "service_role" } },
  };
}
