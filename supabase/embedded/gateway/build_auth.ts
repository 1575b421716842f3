import type { EmailDriver } from "@supabase/lite";
import type postgres from "postgres";
import { AdminUsers } from "./admin_users.ts";
import { AuthHooks } from "./auth_hooks.ts";
import { AuthService, type AuthServiceOptions } from "./auth_service.ts";
import { AuthSessions } from "./auth_sessions.ts";
import { EmailChange } from "./email_change.ts";
import { GenerateLink } from "./generate_link.ts";
import { MailFlows } from "./mail_flows.ts";
import { MfaFactors } from "./mfa_factors.ts";
import { PasswordGrant } from "./password_grant.ts";
import { Resend } from "./resend.ts";
import type { SecretBox } from "./secret_box.ts";
import { SessionAnswers } from "./session_answers.ts";
import { SignUp } from "./sign_up.ts";
import { UserUpdate } from "./user_update.ts";
import { Verification } from "./verification.ts";

/** What the Auth service is built from. */
export interface AuthParts
  extends
    Pick<AuthServiceOptions, "config" | "url" | "isLocal" | "keys" | "innerTokens" | "lite" | "nowMs" | "logger"> {
  /** Must be allowed to write schema auth and to run pgcrypto. */
  sql: postgres.Sql;
  mail: EmailDriver;
  /** Keeps TOTP secrets. */
  secrets: SecretBox;
}

/** Builds the Auth service. */
export function buildAuth(parts: AuthParts): AuthService {
  const { config, url, keys, sql, mail, secrets, nowMs } = parts;
  const sessions = new AuthSessions(sql);
  const answers = new SessionAnswers({ sql, sessions, keys, url, jwtExpiry: config.jwt_expiry, nowMs });
  const flows = new MailFlows(sql, config.email.otp_expiry);
  const emailChange = new EmailChange({ sql, sessions, mail, config: config.email, url });
  const siteUrl = config.site_url;
  const hooks = new AuthHooks({ config: config.hook, logger: parts.logger });
  const mfa = new MfaFactors({ sql, sessions, answers, secrets, hooks, config: config.mfa, siteUrl, nowMs });
  const resend = new Resend({ sql, mail, emailChange, config: config.email, url });
  const admin = new AdminUsers(sql, config, mfa);
  return new AuthService({
    ...parts,
    sessions,
    answers,
    admin,
    mfa,
    flows,
    passwordGrant: new PasswordGrant({ sql, sessions, answers, hooks }),
    resend,
    signUp: new SignUp({ sql, resend, config: config.email }),
    generateLink: new GenerateLink({ sql, admin, config, url }),
    verification: new Verification({ sql, sessions, answers, emailChange, flows }),
    userUpdate: new UserUpdate({ sql, sessions, emailChange, flows, config, nowMs }),
  });
}
