import { z } from "@hono/zod-openapi";
import { ASSET_PATTERN } from "../../lib/ledger/wallet_shapes.ts";

/** Makes a change happen once, however often it is asked for. */
export const clientId = z.uuid("use a UUID");

export const assetParam = z.string().regex(ASSET_PATTERN, "use capitals and digits").default("EUR")
  .openapi({ example: "EUR" });

/** An asset as a body names it; whether there is one of that name the database says. */
export const assetText = z.string().min(1).max(20, "use 20 characters at most")
  .regex(/^[\x20-\x7e]*$/, "use plain characters").openapi({ example: "EUR" });

/** An amount as a decimal string; whether it is one, and fits its asset, the database says. */
export const amountText = z.string().max(64, "use 64 characters at most")
  .regex(/^[\x20-\x7e]*$/, "use a decimal string").openapi({ example: "250.00" });

/** An amount as people type it, with a comma too. */
export const amountField = z.string().trim().max(40).transform((text) => text.replace(",", "."));

/** Where money goes; whether it can, the database says. */
export const destinationText = z.string().max(200, "use 120 characters at most").openapi({
  example: "DE89370400440532013000",
});

/** A destination as people type it. */
export const destinationField = z.string().trim().max(200);

/** An asset as people type it. */
export const assetField = z.string().trim().toUpperCase().regex(ASSET_PATTERN);
