import { Secret, TOTP } from "otpauth";
import { renderSVG } from "uqr";

/** Seconds a code lasts (RFC 6238). */
const PERIOD_S = 30;
const DIGITS = 6;
/** Steps a clock may be off, either way. */
const SKEW_STEPS = 1;
/** RFC 4226 recommends 160 bits. */
const SECRET_BYTES = 20;

/** What an authenticator app needs to be set up. */
export interface TotpSetup {
  /** The shared secret, base32. */
  secret: string;
  /** `otpauth://totp/…` */
  uri: string;
  /** The URI as a picture, SVG text. */
  qrCode: string;
}

/** Makes a new secret for `label` (whose account) at `issuer` (where). */
export function setUpTotp(issuer: string, label: string): TotpSetup {
  const secret = new Secret({ size: SECRET_BYTES });
  const uri = totpOf(secret, issuer, label).toString();
  return { secret: secret.base32, uri, qrCode: renderSVG(uri, { ecc: "M", border: 2, pixelSize: 4 }) };
}

/** The time step whose code `code` is, around `nowMs`; null when it is none's. */
export function totpStep(secret: string, code: string, nowMs: number): number | null {
  const token = code.trim();
  if (!/^\d{6}$/.test(token)) return null;
  const totp = totpOf(Secret.fromBase32(secret));
  const delta = totp.validate({ token, timestamp: nowMs, window: SKEW_STEPS });
  return delta === null ? null : Math.floor(nowMs / 1000 / PERIOD_S) + delta;
}

function totpOf(secret: Secret, issuer = "", label = ""): TOTP {
  return new TOTP({ secret, issuer, label, algorithm: "SHA1", digits: DIGITS, period: PERIOD_S });
}
