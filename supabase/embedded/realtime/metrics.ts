/** Counters since start, and gauges read when asked. */
export interface RealtimeMetrics {
  connections: number;
  channels: number;
  topics: number;
  messages_in: number;
  messages_out: number;
  bytes_out: number;
  queue_bytes: number;
  conflated: number;
  dropped_in: number;
  slow_closed: number;
  join_refusals: number;
  probes: number;
  probe_cache_hits: number;
  reauthorized: number;
  revoked: number;
  database_messages: number;
  database_reconnects: number;
  changes_in: number;
  changes_out: number;
}

/** The counters every part adds to; gauges are filled in by the server. */
export type Counters = Omit<RealtimeMetrics, "connections" | "channels" | "topics" | "queue_bytes">;

/** All zero. */
export function newCounters(): Counters {
  return {
    messages_in: 0,
    messages_out: 0,
    bytes_out: 0,
    conflated: 0,
    dropped_in: 0,
    slow_closed: 0,
    join_refusals: 0,
    probes: 0,
    probe_cache_hits: 0,
    reauthorized: 0,
    revoked: 0,
    database_messages: 0,
    database_reconnects: 0,
    changes_in: 0,
    changes_out: 0,
  };
}

const GAUGES: Record<string, string> = {
  connections: "Open sockets",
  channels: "Joined channels",
  topics: "Topics with a subscriber",
  queue_bytes: "Bytes queued behind slow sockets",
};

const COUNTERS: Record<keyof Counters, string> = {
  messages_in: "Messages received from sockets, REST and the database",
  messages_out: "Frames queued for sockets",
  bytes_out: "Bytes written to sockets",
  conflated: "Frames a newer one replaced for a slow socket",
  dropped_in: "Client frames dropped as malformed, too many or not permitted",
  slow_closed: "Sockets closed because their send queue was full",
  join_refusals: "Joins answered with an error",
  probes: "Permission checks run in the database",
  probe_cache_hits: "Permission checks answered from the short cache",
  reauthorized: "Channels checked again on a signal or a new token",
  revoked: "Channels cut because they lost permission",
  database_messages: "Messages delivered from realtime.messages",
  database_reconnects: "Times the database listener connected again",
  changes_in: "Changes of tables that somebody subscribed to",
  changes_out: "Frames of postgres_changes queued for sockets",
};

/** Prometheus text exposition. */
export function formatMetrics(metrics: RealtimeMetrics): string {
  const lines: string[] = [];
  for (const [name, value] of Object.entries(metrics)) {
    const gauge = GAUGES[name];
    const full = gauge === undefined ? `realtime_${name}_total` : `realtime_${name}`;
    lines.push(`# HELP ${full} ${gauge ?? COUNTERS[name as keyof Counters]}`);
    lines.push(`# TYPE ${full} ${gauge === undefined ? "counter" : "gauge"}`);
    lines.push(`${full} ${value}`);
  }
  return lines.join("\n") + "\n";
}
