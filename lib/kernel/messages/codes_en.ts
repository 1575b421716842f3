import { type Code, CODES } from "../codes.ts";

/** The refusals' titles by message key: the catalogue of codes holds them, for programs read them too. */
type CodeMessages = { readonly [Each in Code as `code.${Each}`]: (typeof CODES)[Each]["title"] };

/** What a refusal is called, in English. */
export const CODES_EN = Object.fromEntries(
  Object.entries(CODES).map(([code, { title }]) => [`code.${code}`, title]),
) as CodeMessages;
