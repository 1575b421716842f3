import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ErrorPage } from "../components/layout/error_page.tsx";
import { type Code, CODES } from "../lib/kernel/codes.ts";
import { t } from "../lib/kernel/i18n.ts";
import { Refusal, toProblem } from "../lib/kernel/problem.ts";
import { type AppContext, isApiPath } from "./context.ts";
import { renderPage } from "./page.tsx";
import { preferencesOf } from "./preferences.ts";
import type { Services } from "./services.ts";

/** What an exception of Hono's own validators and parsers means in our catalogue. */
const CODE_OF_STATUS: Readonly<Record<number, Code>> = {
  400: "bad_request",
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  405: "method_not_allowed",
  413: "body_too_large",
  415: "unsupported_media_type",
};

/** When to try again what was too much, where the limit does not say: Supabase Auth's own ones are told in minutes. */
const RETRY_AFTER_s: Partial<Record<Code, number>> = { busy: 5, rate_limited: 60, stream_limit: 30, watch_limit: 30 };

/** Answers with a problem document, or with a page where a person looks at it. */
export function answerProblem(
  c: AppContext,
  services: Services,
  code: Code,
  detail: string = CODES[code].title,
): Response {
  const problem = toProblem(code, detail);
  const status = problem.status as ContentfulStatusCode;
  if (!wantsPage(c)) {
    return c.json(problem, status, { "content-type": "application/problem+json", "cache-control": "no-store" });
  }
  const title = t(preferencesOf(c).locale, `code.${problem.code}`);
  return renderPage(c, services, {
    title,
    description: title,
    body: <ErrorPage problem={problem} />,
    status,
    cacheControl: "no-store",
    // Finding out who looks may be what failed.
    session: c.get("knownSession") ?? null,
  });
}

/** Turns whatever was thrown into an answer; what is not a refusal is a bug and told to the log alone. */
export function answerError(c: AppContext, services: Services, error: unknown): Response {
  const log = { request_id: c.get("requestId"), path: c.req.path };
  if (error instanceof Refusal) {
    if (CODES[error.code].status >= 500) {
      services.logger.warn("Request refused", { ...log, code: error.code, cause: String(error.cause ?? "") });
    }
    const wait_s = error.retryAfter_s ?? RETRY_AFTER_s[error.code];
    if (wait_s !== undefined) c.header("retry-after", String(wait_s));
    return answerProblem(c, services, error.code, error.message);
  }
  if (error instanceof HTTPException) {
    const code = CODE_OF_STATUS[error.status];
    if (code) return answerProblem(c, services, code);
  }
  services.logger.error("Request failed", { ...log, error, stack: error instanceof Error ? error.stack : undefined });
  return answerProblem(c, services, "internal", "The failure was logged. Try again, or quote the request id");
}

function wantsPage(c: AppContext): boolean {
  if (isApiPath(c.req.path) || c.req.path.startsWith("/assets/")) return false;
  const accept = c.req.header("accept") ?? "";
  return accept.includes("text/html") || !accept.includes("json");
}
