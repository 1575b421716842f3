import postgres from "postgres";
import { json, restError } from "./answers.ts";

/** Errors whose answer is right as it is: raised for the client, or worded from the query. */
const LEFT_ALONE = /^(PT|PGRST$|42703$|42883$)/;

/** HTTP status by SQLSTATE, the longest prefix first (PostgREST's table, "Errors: HTTP status codes"). */
const STATUS: [prefix: string, status: number][] = [
  ["23503", 409],
  ["23505", 409],
  ["25006", 405],
  ["42883", 404],
  ["42P01", 404],
  ["42P17", 500],
  ["53400", 500],
  ["P0001", 400],
  ["08", 503],
  ["09", 500],
  ["0L", 403],
  ["0P", 403],
  ["25", 500],
  ["28", 403],
  ["2D", 500],
  ["38", 500],
  ["39", 500],
  ["3B", 500],
  ["40", 500],
  ["53", 503],
  ["54", 500],
  ["55", 500],
  ["57", 500],
  ["58", 500],
  ["F0", 500],
  ["HV", 500],
  ["P0", 500],
  ["XX", 500],
];

/** The status PostgREST gives an error; `isAnonymous` tells whether signing in might help. */
export function statusOfSqlState(code: string, isAnonymous: boolean): number {
  if (code === "42501") return isAnonymous ? 401 : 403;
  return STATUS.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 400;
}

/** PostgREST's answer to a database error, where the server's own loses its code, hint or status. */
export function correctRestError(response: Response, said: unknown[], isAnonymous: boolean): Response {
  if (response.status < 400) return response;
  const error = said.find((part) => part instanceof postgres.PostgresError);
  if (error === undefined && response.status >= 500) return explainFailure(response, said);
  if (error === undefined || LEFT_ALONE.test(error.code)) return response;
  const { code, message, detail, hint } = error;
  const status = statusOfSqlState(code, isAnonymous);
  const headers = status === 401 ? { "www-authenticate": "Bearer" } : undefined;
  return json(status, { code, details: detail ?? null, hint: hint ?? null, message }, headers);
}

/** The server's own failures: those of the caller's making are refusals, and none is told in its words. */
function explainFailure(response: Response, said: unknown[]): Response {
  const failures = said.filter((part) => part instanceof Error);
  // The driver could not write an argument as the text it should be.
  if (failures.some((failure) => "code" in failure && failure.code === "ERR_INVALID_ARG_TYPE")) {
    return restError(400, "22P02", "invalid input syntax: a value has the wrong type");
  }
  if (failures.some((failure) => failure instanceof RangeError && failure.message.includes("call stack"))) {
    return restError(400, "PGRST102", "The body is nested too deeply");
  }
  if (response.status === 503) return response;
  return restError(500, "PGRSTX00", "Something broke on our side");
}
