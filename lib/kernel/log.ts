/** Severity of a log line. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Writes one structured line; `fields` must be small and hold nothing secret (known secrets are masked). */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** What a log line says besides its message. */
export type LogFields = Record<string, unknown>;

/** Where lines go and what time it is: a logger owns neither. */
export interface LoggerOptions {
  service: string;
  write: (line: string) => void;
  nowMs: () => number;
}

/** Longest text value kept in a line; the rest is cut, so that no input can fill the log. */
const VALUE_LENGTH_MAX = 500;
const SECRET_NAME = /token|secret|password|authorization|cookie|apikey|api_key|private|signature/i;
/** Longest text that is searched for secrets, far more than is kept: anyone can make a path of 64 kB. */
const SEARCHED_LENGTH_MAX = 4_096;
// Every part is bounded or cannot fail once it began: no text makes the search go back over itself for long.
const SECRET_VALUE = /sb_secret_[\w-]*|eyJ[\w-]{8,}(?:\.[\w-]*){0,2}|(?<=:\/\/[^:/@\s]{0,64}:)[^@\s]{1,256}(?=@)/g;

/** Masks JWTs, secret keys and passwords in URLs that ended up inside a text, and cuts its length. */
export function maskSecrets(text: string): string {
  return text.slice(0, SEARCHED_LENGTH_MAX).replace(SECRET_VALUE, "[masked]").slice(0, VALUE_LENGTH_MAX);
}

/** Makes a logger that writes one JSON object a line: `{time, level, service, message, …fields}`. */
export function createLogger({ service, write, nowMs }: LoggerOptions): Logger {
  const log = (level: LogLevel) => (message: string, fields: LogFields = {}) => {
    const line: LogFields = {
      time: new Date(nowMs()).toISOString(),
      level,
      service,
      message: maskSecrets(message),
    };
    for (const [name, value] of Object.entries(fields)) line[name] = maskField(name, value);
    write(JSON.stringify(line));
  };
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}

function maskField(name: string, value: unknown): unknown {
  if (SECRET_NAME.test(name) && typeof value === "string") return "[masked]";
  if (value instanceof Error) return maskSecrets(`${value.name}: ${value.message}`);
  if (typeof value === "string") return maskSecrets(value);
  if (typeof value === "object" && value !== null) return maskSecrets(JSON.stringify(value));
  return value;
}
