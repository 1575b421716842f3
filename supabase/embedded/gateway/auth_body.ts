import { authError } from "./answers.ts";
import { normaliseEmail } from "./email_address.ts";

/** Fields of Auth's requests that are texts wherever they appear. */
const TEXTS = [
  "email",
  "new_email",
  "phone",
  "password",
  "nonce",
  "token",
  "token_hash",
  "type",
  "refresh_token",
  "auth_code",
  "code_verifier",
  "code_challenge",
  "code_challenge_method",
];
const ADDRESSES = ["email", "new_email"];

/** A NUL written in JSON, which no text in Postgres can hold. */
const NUL = /(?<!\\)(?:\\\\)*\\u0000/;

/** The fields of a body; those in {@link TEXTS} are texts, addresses in their one form. */
export type AuthFields = Record<string, unknown>;

/** What a body says, or undefined when there is none or it is no JSON: that the server behind refuses itself. */
export interface AuthBody {
  request: Request;
  fields: AuthFields | undefined;
}

/**
 * Reads a body and puts its e-mail addresses into their one form.
 * @returns Supabase Auth's refusal when fields have the wrong shape, which the server behind would fail on.
 */
export async function readAuthBody(request: Request): Promise<AuthBody | Response> {
  if (request.body === null) return { request, fields: undefined };
  const text = await request.clone().text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { request, fields: undefined };
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return authError(400, "bad_json", "Could not parse request body as JSON: it is not an object");
  }
  const fields = body as AuthFields;
  const wrong = TEXTS.find((name) =>
    fields[name] !== undefined && fields[name] !== null && typeof fields[name] !== "string"
  );
  if (wrong !== undefined) return authError(400, "validation_failed", `Invalid ${wrong}: it is not a string`);
  if (NUL.test(text)) return authError(400, "validation_failed", "The body holds a NUL character");
  const isChanged = normaliseAddresses(fields);
  if (isChanged === undefined) {
    return authError(400, "validation_failed", "Unable to validate email address: invalid format");
  }
  return { request: isChanged ? withFields(request, fields) : request, fields };
}

/** The request with another body. */
export function withFields(request: Request, fields: AuthFields): Request {
  const headers = new Headers(request.headers);
  headers.delete("content-length");
  return new Request(request.url, { method: request.method, headers, body: JSON.stringify(fields) });
}

/** A field that {@link TEXTS} names, or "". */
export function textField(fields: AuthFields | undefined, name: string): string {
  const value = fields?.[name];
  return typeof value === "string" ? value : "";
}

/** Whether an address changed; undefined when one is none. */
function normaliseAddresses(fields: AuthFields): boolean | undefined {
  let isChanged = false;
  for (const name of ADDRESSES) {
    const given = textField(fields, name);
    if (given === "") continue;
    const address = normaliseEmail(given);
    if (address === null) return undefined;
    isChanged ||= address !== given;
    fields[name] = address;
  }
  return isChanged;
}
