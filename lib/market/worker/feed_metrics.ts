import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** What the feeds of a process show to Prometheus. Labels are exchange ids and names of ours, so they stay few. */
export class FeedMetrics {
  readonly sockets: Gauge<"exchange">;
  readonly streams: Gauge<"exchange">;
  readonly held: Gauge<"exchange">;
  readonly lastEventAge: Gauge<"exchange">;
  readonly queuedRows: Gauge<"exchange">;
  readonly ticks: Counter<"exchange">;
  readonly reconnects: Counter<"exchange">;
  readonly replacements: Counter<"exchange">;
  readonly badFrames: Counter<"exchange" | "reason">;
  readonly gapsFound: Counter<"exchange">;
  readonly gapsFilled: Counter<"exchange">;
  readonly candlesStored: Counter<"exchange">;
  readonly staleSymbols: Gauge<"exchange">;
  readonly foldsChecked: Counter<"exchange">;
  readonly foldsDiffering: Counter<"exchange">;
  readonly repairs: Counter<"exchange">;
  readonly broadcasts: Counter;
  readonly broadcastFailures: Counter;
  readonly broadcastsReplaced: Counter;
  readonly rpcSeconds: Histogram<"name" | "outcome">;

  constructor(registry: Registry) {
    const gauge = (name: string, help: string) =>
      new Gauge({ name, help, labelNames: ["exchange"] as const, registers: [registry] });
    const counter = (name: string, help: string) =>
      new Counter({ name, help, labelNames: ["exchange"] as const, registers: [registry] });
    const plain = (name: string, help: string) => new Counter({ name, help, registers: [registry] });
    this.sockets = gauge("feed_sockets", "Sockets open to the exchange");
    this.streams = gauge("feed_streams", "Streams the exchange has confirmed");
    this.held = gauge("feed_lease_held", "1 while this process feeds the exchange, 0 while it stands by");
    this.lastEventAge = gauge("feed_last_event_age_seconds", "Seconds since the exchange last sent a candle");
    this.queuedRows = gauge("feed_queued_rows", "Closed candles not stored yet");
    this.ticks = counter("feed_ticks_total", "Candle frames taken from the exchange");
    this.reconnects = counter("feed_reconnects_total", "Times the socket was lost");
    this.replacements = counter("feed_planned_reconnects_total", "Sockets replaced as planned, without a gap");
    this.badFrames = new Counter({
      name: "feed_bad_frames_total",
      help: "Frames that could not be used",
      labelNames: ["exchange", "reason"] as const,
      registers: [registry],
    });
    this.gapsFound = counter("feed_gaps_found_total", "Candles found missing");
    this.gapsFilled = counter("feed_gaps_filled_total", "Missing candles filled from the exchange's history");
    this.staleSymbols = gauge("feed_stale_symbols", "Symbols whose prices are too old to be trusted");
    this.foldsChecked = counter("feed_folds_checked_total", "Folded candles compared with the exchange's own");
    this.foldsDiffering = counter("feed_folds_differing_total", "Folded candles that differed from the exchange's own");
    this.repairs = counter("feed_repairs_total", "Stored candles replaced by the exchange's own");
    this.candlesStored = counter("candles_stored_total", "Closed candles newly stored");
    this.broadcasts = plain("broadcasts_total", "Messages broadcast");
    this.broadcastFailures = plain("broadcast_failures_total", "Messages given up");
    this.broadcastsReplaced = plain("broadcasts_replaced_total", "Messages that gave way to a newer one");
    this.rpcSeconds = new Histogram({
      name: "rpc_duration_seconds",
      help: "Duration of database function calls",
      labelNames: ["name", "outcome"] as const,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [registry],
    });
  }
}
