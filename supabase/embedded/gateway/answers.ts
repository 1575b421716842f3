/** A JSON answer. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
  });
}

/** A refusal in the Auth server's shape. */
export function authError(status: number, code: string, message: string): Response {
  return json(status, { code: status, error_code: code, msg: message }, { "x-sb-error-code": code });
}

/** A refusal in PostgREST's shape. */
export function restError(status: number, code: string, message: string): Response {
  const headers = status === 401 ? { "www-authenticate": "Bearer" } : undefined;
  return json(status, { code, details: null, hint: null, message }, headers);
}

/** A refusal of the door before the services, in the API gateway's shape. */
export function gatewayError(status: number, code: string, message: string, hint?: string): Response {
  return json(status, hint === undefined ? { message } : { message, hint }, { "sb-error-code": code });
}

/** More is asked than can be answered: whoever asks again should wait a moment. */
export function overloaded(): Response {
  const response = gatewayError(503, "OVERLOADED", "Too many requests are waiting");
  response.headers.set("retry-after", "1");
  return response;
}
