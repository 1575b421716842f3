import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";

/** An asset's name as the ledger writes it. */
export const ASSET_PATTERN = /^[A-Z0-9.]{1,20}$/;

/** What a user has of one asset: `available` to spend, `held` for something pending. */
export const balanceSchema = z.object({ asset: z.string(), available: decimalSchema, held: decimalSchema });

/** A user's money, EUR first, as the API tells it. */
export const walletSchema = z.object({ balances: z.array(balanceSchema) });

/** See {@link walletSchema}. */
export type Wallet = z.infer<typeof walletSchema>;

/** What `my_wallet()` answers: {@link walletSchema} with what a page shows besides. */
export const valuedWalletSchema = z.object({
  balances: z.array(balanceSchema.extend({
    /** Digits behind the point of the asset's smallest unit. */
    scale: z.int(),
    /** Worth of both together, to the cent; null while the asset's rate is missing or old. */
    eur: decimalSchema.nullable(),
  })),
});

/** See {@link valuedWalletSchema}. */
export type ValuedWallet = z.infer<typeof valuedWalletSchema>;

/** One balance with its worth. */
export type ValuedBalance = ValuedWallet["balances"][number];

/** What moved the available money of one asset, newest first. Times are RFC 3339. */
export const statementSchema = z.object({
  items: z.array(z.object({
    transfer_id: z.uuid(),
    at: z.string(),
    /** What it was: `faucet`, `credit`, `reserve` and others. */
    operation: z.string(),
    /** Below zero for what left. */
    amount: decimalSchema,
    balance_after: decimalSchema,
    /** What the transfer was about: ids and texts. */
    memo: z.record(z.string(), z.unknown()),
  })),
  next_cursor: z.string().nullable(),
});

/** See {@link statementSchema}. */
export type Statement = z.infer<typeof statementSchema>;

/** One line of a statement. */
export type StatementLine = Statement["items"][number];

/** The reason an administrator gave with a credit; null for what has none. */
export function reasonOf({ memo }: StatementLine): string | null {
  return typeof memo.reason === "string" ? memo.reason : null;
}

/** Who tipped whom, and in which room: "ann → bob, Morning trades"; null for what is no tip. */
export function tipOf({ operation, memo }: StatementLine): string | null {
  if (operation !== "tip") return null;
  return `${String(memo.from ?? "–")} → ${String(memo.to ?? "–")}, ${String(memo.title ?? "–")}`;
}

/** What the faucet gave. */
export const faucetSchema = z.object({ asset: z.string(), amount: decimalSchema });

/** See {@link faucetSchema}. */
export type FaucetGift = z.infer<typeof faucetSchema>;

/** The ledger's assets, EUR first. */
export const assetsPageSchema = z.object({
  items: z.array(z.object({ asset: z.string(), scale: z.int(), kind: z.enum(["fiat", "crypto"]) })),
  next_cursor: z.null(),
});

/** See {@link assetsPageSchema}. */
export type Asset = z.infer<typeof assetsPageSchema>["items"][number];
