import { z } from "zod";
import { isDecimal } from "./decimal.ts";

/** Money, a quantity or a price on its way between programs: a decimal string. */
export const decimalSchema = z.string().refine(isDecimal, "must be a decimal string");
