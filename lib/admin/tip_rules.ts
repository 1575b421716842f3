import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";

/** What the platform asks of tips, as administrators see it: a part in percent, 0 to 50, and bounds in EUR. */
export const tipRulesSchema = z.object({
  rules: z.object({
    fee_percent: decimalSchema,
    minimum_eur: decimalSchema,
    maximum_eur: decimalSchema,
    updated_at: z.string(),
  }),
});

/** See {@link tipRulesSchema}. */
export type TipRules = z.infer<typeof tipRulesSchema>["rules"];

/** Rules that administrators set; those left out stay. */
export const TIP_RULES = ["fee_percent", "minimum_eur", "maximum_eur"] as const;

/** Decimal strings by the name of their rule. */
export type TipRuleChanges = { [Name in (typeof TIP_RULES)[number]]?: string | undefined };
