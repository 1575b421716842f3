/** Characters a password needs at least, as Supabase Auth is configured. */
export const PASSWORD_LENGTH_MIN = 8;

/** Bytes bcrypt looks at; what is beyond would be ignored in silence. */
export const PASSWORD_bytes_MAX = 72;

/**
 * What lists of leaked passwords are led by, eight characters and longer, in lower case and without the digits and
 * marks people add at the end: `Password123!` is `password`.
 */
const COMMON_STEMS: ReadonlySet<string> = new Set(
  ("password passwort motdepasse contrasena contraseña qwertyui qwertyuiop qwerty azertyui azertyuiop azerty asdfghjk " +
    "asdfghjkl asdfasdf zxcvbnm iloveyou sunshine princess football baseball basketball superman batman trustno " +
    "starwars whatever computer internet welcome admin administrator letmein michelle jennifer jordan hunter charlie " +
    "liverpool chelsea arsenal barcelona realmadrid chocolate butterfly december november september monkey dragon " +
    "master login abc abcd abcdef abcdefgh passw0rd p@ssw0rd p@ssword q1w2e3r4t5 1q2w3e4r5t 1q2w3e4r 1qaz2wsx qazwsx " +
    "qazwsxedc a1b2c3d4 samsung google bitcoin binance crypto outcry changeme default secret test tester testtest guest")
    .split(" "),
);

/** Whether somebody who tries the usual guesses would find this password: short, long, counted, repeated or listed. */
export function isWeakPassword(password: string, email: string): boolean {
  if ([...password].length < PASSWORD_LENGTH_MIN || new TextEncoder().encode(password).length > PASSWORD_bytes_MAX) {
    return true;
  }
  const lower = password.normalize("NFKC").toLowerCase();
  const stem = lower.replace(/[\d\s\p{P}\p{S}]+$/u, "");
  const mailbox = email.toLowerCase().split("@")[0] ?? "";
  return new Set(lower).size < 4 || isCounted(lower) || COMMON_STEMS.has(lower) || COMMON_STEMS.has(stem) ||
    (mailbox.length >= 3 && stem === mailbox) || email.toLowerCase().startsWith(lower);
}

/** Whether every character follows the one before it, up or down, as in 12345678: nine before zero counts. */
function isCounted(text: string): boolean {
  const steps = [...text].slice(1).map((char, i) => (char.codePointAt(0) ?? 0) - (text.codePointAt(i) ?? 0));
  return [1, -1].some((step) => steps.every((found) => found === step || found === -9 * step));
}
