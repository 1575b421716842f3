import { z } from "zod";
import type { Logger } from "../../kernel/log.ts";
import { Limiter } from "../../kernel/worker/limiter.ts";
import { marketTopic } from "../../realtime/topic.ts";
import type { AdapterResult, TradingAdapter } from "../adapter.ts";
import { httpSettingsSchema, simulatedSettingsSchema } from "../adapter_shapes.ts";
import { moduleUrl } from "../adapter_url.ts";
import { AdapterSigner } from "./adapter_signing.ts";
import { HttpAdapter } from "./http_adapter.ts";
import type { PriceReader } from "./price_reader.ts";
import { SimulatedAdapter } from "./simulated_adapter.ts";

/** How often a pool's metrics are asked for. */
export const METRICS_EVERY_ms = 5_000;

/** Any width has a market streamed; this one is what the feed folds the others from. */
const WATCHED_TIMEFRAME = "1m";

/** Calls on their way to one host at once. */
const HOST_CALLS_MAX = 8;

/** Hosts remembered at once: as many as an operator can name secrets. */
const HOSTS_MAX = 1_000;

/** What adapters are made with. */
export interface AdapterFactoryOptions {
  mode: "local" | "production";
  /** What a pool without an exchange of its own follows: the worker's first one. */
  exchange: string;
  secrets: ReadonlyMap<string, string>;
  prices: PriceReader;
  logger: Logger;
  wallMs: () => number;
  random: () => number;
  metricsEvery_ms?: number;
  tryMs?: number;
}

const namedSchema = z.object({ adapter: z.string() });

/** Makes pools' adapters from `pools.metadata.trading`. */
export class AdapterFactory {
  readonly #options: AdapterFactoryOptions;
  readonly #signers = new Map<string, AdapterSigner>();
  readonly #limiters = new Map<string, Limiter>();

  constructor(options: AdapterFactoryOptions) {
    this.#options = options;
  }

  /**
   * @param trading a pool's settings, as an administrator gave them.
   * @param state what the pool's adapter has kept in the database.
   * @param signal ends whatever the adapter does.
   */
  make(trading: unknown, state: unknown, signal: AbortSignal): AdapterResult<TradingAdapter> {
    const named = namedSchema.safeParse(trading);
    if (!named.success) return { ok: false, code: "invalid_config" };
    if (named.data.adapter === "simulated") return this.#simulated(trading, state, signal);
    if (named.data.adapter === "http") return this.#http(trading, signal);
    return { ok: false, code: "unknown_adapter" };
  }

  /** The topic of the market whose prices value a pool; null where its module knows for itself. */
  topicOf(trading: unknown): string | null {
    const parsed = simulatedSettingsSchema.safeParse(trading);
    if (!parsed.success) return null;
    return marketTopic(parsed.data.exchange ?? this.#options.exchange, parsed.data.symbol, WATCHED_TIMEFRAME);
  }

  #simulated(trading: unknown, state: unknown, signal: AbortSignal): AdapterResult<TradingAdapter> {
    const parsed = simulatedSettingsSchema.safeParse(trading);
    if (!parsed.success) return { ok: false, code: "invalid_config" };
    const { prices, wallMs, metricsEvery_ms = METRICS_EVERY_ms, exchange } = this.#options;
    const settings = { ...parsed.data, exchange: parsed.data.exchange ?? exchange };
    return { ok: true, value: new SimulatedAdapter({ settings, prices, state, metricsEvery_ms, wallMs, signal }) };
  }

  #http(trading: unknown, signal: AbortSignal): AdapterResult<TradingAdapter> {
    const parsed = httpSettingsSchema.safeParse(trading);
    if (!parsed.success) return { ok: false, code: "invalid_config" };
    const { mode, secrets, metricsEvery_ms = METRICS_EVERY_ms, ...rest } = this.#options;
    const url = moduleUrl(parsed.data.url, { mode, secretNames: new Set(secrets.keys()) });
    if (url === null) return { ok: false, code: "url_refused" };
    const name = parsed.data.secret_name ?? url.host;
    const secret = secrets.get(name);
    if (secret === undefined) return { ok: false, code: "secret_missing" };
    const signer = this.#signers.get(name) ?? new AdapterSigner(secret);
    this.#signers.set(name, signer);
    return {
      ok: true,
      value: new HttpAdapter({ ...rest, url, signer, limiter: this.#limiter(url.host), metricsEvery_ms, signal }),
    };
  }

  #limiter(host: string): Limiter {
    const limiter = this.#limiters.get(host) ?? new Limiter(HOST_CALLS_MAX);
    this.#limiters.delete(host);
    this.#limiters.set(host, limiter);
    if (this.#limiters.size > HOSTS_MAX) this.#limiters.delete(this.#limiters.keys().next().value ?? "");
    return limiter;
  }
}
