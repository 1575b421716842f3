import { json } from "./answers.ts";
import { isCommonPassword } from "./common_passwords.ts";

/** What config.toml asks of passwords. */
export interface PasswordRules {
  minimum_password_length: number;
  password_requirements: string;
}

/** bcrypt reads no further. */
const PASSWORD_BYTES_MAX = 72;
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = LOWER.toUpperCase();
const DIGITS = "0123456789";
const SYMBOLS = "!@#$%^&*()_+-=[]{};'\\:\"|<>?,./`~";
const REQUIREMENTS: Record<string, string[]> = {
  letters_digits: [LOWER + UPPER, DIGITS],
  lower_upper_letters_digits: [LOWER, UPPER, DIGITS],
  lower_upper_letters_digits_symbols: [LOWER, UPPER, DIGITS, SYMBOLS],
};

/** Hosted Auth's refusal of a password that is too short, too plain or known from leaks; undefined when it is good. */
export function refusePassword(password: string, rules: PasswordRules): Response | undefined {
  if (new TextEncoder().encode(password).length > PASSWORD_BYTES_MAX) {
    const msg = `Password cannot be longer than ${PASSWORD_BYTES_MAX} characters`;
    return json(400, { code: 400, error_code: "validation_failed", msg });
  }
  const reasons: string[] = [];
  const messages: string[] = [];
  if (password.length < rules.minimum_password_length) {
    reasons.push("length");
    messages.push(`Password should be at least ${rules.minimum_password_length} characters.`);
  }
  const sets = REQUIREMENTS[rules.password_requirements] ?? [];
  if (sets.some((set) => ![...set].some((char) => password.includes(char)))) {
    reasons.push("characters");
    messages.push(`Password should contain at least one character of each: ${sets.join(", ")}.`);
  }
  if (reasons.length === 0 && isCommonPassword(password)) {
    reasons.push("pwned");
    messages.push("Password is known to be weak and easy to guess, please choose a different one.");
  }
  if (reasons.length === 0) return undefined;
  const body = { code: 422, error_code: "weak_password", msg: messages.join(" "), weak_password: { reasons } };
  return json(422, body, { "x-sb-error-code": "weak_password" });
}
