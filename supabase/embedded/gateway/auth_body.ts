import { authError } from "./answers.ts";

/** Fields of Auth's requests that are texts wherever they appear. */
const TEXTS = [
  "email",
  "phone",
  "password",
  "token",
  "token_hash",
  "type",
  "refresh_token",
  "auth_code",
  "code_verifier",
];

/** Characters an address may have (RFC 5321); the index on it takes no much longer one. */
const EMAIL_LENGTH_MAX = 254;

/** A NUL written in JSON, which no text in Postgres can hold. */
const NUL = /(?<!\\)(?:\\\\)*\\u0000/;

/**
 * Supabase Auth's refusal of a body whose fields have the wrong shape, which the server behind would fail on.
 * What is no JSON at all it refuses itself.
 */
export async function refuseBody(request: Request): Promise<Response | undefined> {
  if (request.body === null) return undefined;
  const text = await request.clone().text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return authError(400, "bad_json", "Could not parse request body as JSON: it is not an object");
  }
  const fields = body as Record<string, unknown>;
  const wrong = TEXTS.find((name) =>
    fields[name] !== undefined && fields[name] !== null && typeof fields[name] !== "string"
  );
  if (wrong !== undefined) return authError(400, "validation_failed", `Invalid ${wrong}: it is not a string`);
  if (String(fields.email ?? "").length > EMAIL_LENGTH_MAX) {
    return authError(400, "validation_failed", "Unable to validate email address: invalid format");
  }
  if (NUL.test(text)) return authError(400, "validation_failed", "The body holds a NUL character");
  return undefined;
}
