import type { Database } from "./database.ts";

type Functions = Database["public"]["Functions"];
type Scalar = string | number | boolean | string[];

/** Name of a database function that the API exposes. */
export type FunctionName = keyof Functions & string;

/**
 * Arguments of a database function, by name. An argument with a default may be null; a jsonb argument takes
 * anything that JSON can carry, because the generated Json type refuses interfaces.
 */
export type FunctionArgs<Name extends FunctionName> = {
  [Key in keyof Functions[Name]["Args"]]: Argument<Functions[Name]["Args"][Key]>;
};

type Argument<T> = T extends Scalar ? T : undefined extends T ? T | null : unknown;
