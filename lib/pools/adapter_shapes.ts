import { z } from "zod";

/** Digits money may have before the point: far more than there is of any currency, and what settle_pool() takes. */
export const MONEY_DIGITS_MAX = 15;

/** Positions an answer may have: more is no list that anybody reads. */
export const POSITIONS_MAX = 200;

const DIGITS = `(0|[1-9]\\d{0,${MONEY_DIGITS_MAX - 1}})(\\.\\d{1,18})?`;
const signed = z.string().regex(new RegExp(`^-?${DIGITS}$`));
const unsigned = z.string().regex(new RegExp(`^${DIGITS}$`));
const time = z.iso.datetime({ offset: false });

/** Symbols are shown on pages: no spaces, nothing that could be markup. */
const symbol = z.string().regex(/^[A-Z0-9][A-Z0-9./:-]{0,39}$/);

const subject = {
  pool_id: z.uuid().describe("The pool that the call is about"),
  cycle_no: z.int().min(1).describe("The pool's open cycle: profit and loss are counted from its start"),
};
const capital = unsigned.describe("Money the cycle began with, in `currency`; 0 before anybody has invested");
const currency = z.string().regex(/^[A-Z0-9]{2,10}$/).describe("What all money of the pool is counted in");
const asOf = time.describe("The time the numbers are of, in UTC; five seconds ahead of ours at most");

/** `POST /connect`: what to trade. */
export const connectRequestSchema = z.object({
  ...subject,
  capital,
  currency,
  scale: z.int().min(0).max(18).describe("Digits behind the point that money may have"),
  opened_at: time.describe("When the cycle began"),
  trading: z.boolean().describe("False while the pool is paused: be ready, open no positions"),
}).describe("A cycle to trade. Told again after a restart of either side, and to resume after a pause or a stop");

/** `POST /pause` and `POST /emergency-stop`. */
export const stopRequestSchema = z.object({
  ...subject,
  reason: z.string().min(1).max(200).describe("For people"),
});

/** What every POST answers: what it was about, so that an answer cannot be taken for another's. */
export const acknowledgementSchema = z.object({
  ...subject,
  state: z.enum(["trading", "paused", "stopped"]),
});

const pnlMembers = {
  ...subject,
  capital: capital.describe("As it was connected: another amount is refused"),
  equity: unsigned.describe("What the pool is worth: capital and pnl together, to the digit, and never below zero"),
  pnl: signed.describe("Profit or loss since the cycle began"),
  currency,
  as_of: asOf,
};

/** `GET /pnl`. */
export const pnlAnswerSchema = z.object(pnlMembers);

/** One open position. */
export const positionSchema = z.object({
  symbol,
  side: z.enum(["long", "short"]),
  quantity: unsigned.describe("In units of what is held"),
  entry_price: unsigned,
  mark_price: unsigned,
  pnl: signed.describe("In the pool's currency"),
});

const positions = z.array(positionSchema).max(POSITIONS_MAX);

/** `GET /positions`. */
export const positionsAnswerSchema = z.object({ ...subject, as_of: asOf, positions });

/** `GET /metrics`: what `/pnl` and `/positions` tell, of one moment. */
export const metricsAnswerSchema = z.object({
  ...pnlMembers,
  exposure: unsigned.nullable().describe("Value of all positions over equity; null without equity"),
  positions,
});

/** What a refusal carries; only `not_connected` changes what we do: we connect again. */
export const refusalSchema = z.object({
  code: z.string().max(60).describe("`not_connected` for a pool or cycle that is not known: it is connected again"),
});

/** All that travels, by the names of `examples/python-module/openapi.json`. */
export const WIRE_SCHEMAS = {
  ConnectRequest: connectRequestSchema,
  StopRequest: stopRequestSchema,
  Acknowledgement: acknowledgementSchema,
  Pnl: pnlAnswerSchema,
  Position: positionSchema,
  Positions: positionsAnswerSchema,
  Metrics: metricsAnswerSchema,
  Refusal: refusalSchema,
} as const;

/** `GET /pnl`'s answer. */
export type PnlAnswer = z.infer<typeof pnlAnswerSchema>;

/** Most that a simulated strategy's positions may be worth, as a multiple of the pool's money. */
export const LEVERAGE_MAX = 10;

/** A decimal from a form, or from jsonb, where it may be a number. */
const factor = z.union([z.string(), z.number()])
  .transform((value) => String(value))
  .refine((text) => /^(0|[1-9]\d?)(\.\d{1,4})?$/.test(text) && Number(text) > 0 && Number(text) <= LEVERAGE_MAX);

const exchange = z.string().regex(/^[a-z][a-z0-9]{0,31}$/);

/** `pools.metadata.trading` of the simulated adapter. */
export const simulatedSettingsSchema = z.object({
  adapter: z.literal("simulated"),
  symbol: z.string().regex(/^[A-Z0-9.-]{1,40}$/).nullish().transform((value) => value ?? "BTC-USDT"),
  /** Null takes the worker's first one. */
  exchange: exchange.nullish().transform((value) => value ?? null),
  leverage: factor.nullish().transform((value) => value ?? "0.5"),
});

/** `pools.metadata.trading` of the HTTP adapter. */
export const httpSettingsSchema = z.object({
  adapter: z.literal("http"),
  url: z.string().min(1).max(500),
  /** Which of the worker's secrets signs; null takes that of the address's host and port. */
  secret_name: z.string().min(1).max(100).nullish().transform((value) => value ?? null),
});

/** How the simulated strategy trades a pool. */
export type SimulatedSettings = z.infer<typeof simulatedSettingsSchema>;

/** Where a pool's own module is. */
export type HttpSettings = z.infer<typeof httpSettingsSchema>;
