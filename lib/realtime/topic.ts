/** Characters a topic may have; the wire gives it one length byte. */
export const TOPIC_LENGTH_MAX = 255;

/** The parts of a market topic, not yet checked against the listed symbols. */
export interface MarketTopic {
  exchange: string;
  symbol: string;
  timeframe: string;
}

/** Name of the topic that carries a market's candles. */
export function marketTopic(exchange: string, symbol: string, timeframe: string): string {
  return `market:${exchange}:${symbol}:${timeframe}`;
}

/** Takes a market topic apart; null when `topic` is of another kind or malformed. */
export function parseMarketTopic(topic: string): MarketTopic | null {
  if (topic.length > TOPIC_LENGTH_MAX) return null;
  const parts = topic.split(":");
  if (parts.length !== 4 || parts[0] !== "market") return null;
  const [, exchange, symbol, timeframe] = parts;
  if (!exchange || !symbol || !timeframe) return null;
  return { exchange, symbol, timeframe };
}

/** Name of one user's private topic. */
export function userTopic(userId: string): string {
  return `user:${userId}`;
}

/** The topic that wakes the worker; only the secret key may join it. */
export const WORKER_TOPIC = "worker";
