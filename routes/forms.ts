import { z } from "zod";
import { Refusal } from "../lib/kernel/problem.ts";
import type { AppContext } from "./context.ts";

/**
 * The form a page sent, checked.
 * @throws Refusal `bad_request` when the body is not what its content type says or its fields are not the page's.
 */
export async function readForm<T>(c: AppContext, schema: z.ZodType<T>): Promise<T> {
  let body: unknown;
  try {
    body = await c.req.parseBody();
  } catch {
    throw new Refusal("bad_request", "The form could not be read");
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Refusal(
    "bad_request",
    `Cannot use "${String(parsed.error.issues[0]?.path[0] ?? "form")}": it is malformed`,
  );
}

/** An e-mail address as people type it: spaces around it and capitals mean nothing. */
export const emailField = z.string().trim().toLowerCase().max(254).pipe(z.email());

/** A password as typed: its rules are checked where one is chosen. */
export const passwordField = z.string().min(1).max(200);

/** Where to go afterwards; judged by `safeNextPath` before use. */
export const nextField = z.string().optional().catch(undefined);

/** An authenticator's code; people type spaces into it. */
export const codeField = z.string().max(16).transform((text) => text.replaceAll(/\s/g, "")).pipe(
  z.string().regex(/^\d{6}$/),
);

/** A number people type, with a comma too, as the decimal string it means. */
export const amountField = z.string().trim().max(20).transform((text) => text.replace(",", ".")).pipe(
  z.string().regex(/^\d{1,12}(\.\d{1,6})?$/),
);
