/** How a page's realtime link is doing. */
export type LinkPhase = "connecting" | "live" | "reconnecting";

/** How one topic is doing: asked for, joined, or lost after or before it was joined. */
export type TopicPhase = "joining" | "joined" | "lost";

/** What a page knows of its link: each topic's phase. */
export type LinkState = ReadonlyMap<string, TopicPhase>;

/** Something that happened to a topic, or to the network under all of them. */
export type LinkEvent =
  | { kind: "asked" | "joined" | "lost" | "left"; topic: string }
  | { kind: "offline" };

/** The state after `event`. Events of topics nobody asked for change nothing: they come late. */
export function nextLink(state: LinkState, event: LinkEvent): LinkState {
  const next = new Map(state);
  if (event.kind === "offline") {
    for (const topic of next.keys()) next.set(topic, "lost");
  } else if (event.kind === "asked") {
    if (!next.has(event.topic)) next.set(event.topic, "joining");
  } else if (event.kind === "left") {
    next.delete(event.topic);
  } else if (next.has(event.topic)) {
    next.set(event.topic, event.kind);
  }
  return next;
}

/** One word for the whole link: one lost topic is enough to say so. */
export function phaseOf(state: LinkState): LinkPhase {
  const phases = [...state.values()];
  if (phases.includes("lost")) return "reconnecting";
  return phases.includes("joined") ? "live" : "connecting";
}

const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 15_000;

/**
 * How long to wait before try number `tries` (from 1): doubling, bounded, and spread over half its
 * length so that a restarted server is not met by everyone at once.
 * @param random from 0 to 1.
 */
export function retryDelayMs(tries: number, random: number): number {
  const base = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(10, Math.max(0, tries - 1)));
  return Math.round(base * (0.5 + random / 2));
}
