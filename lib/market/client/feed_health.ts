import { computed, signal } from "@preact/signals";
import type { LinkPhase } from "../../realtime/client/link.ts";
import { pageConnection } from "../../realtime/client/connection.ts";
import { formatAge, type Freshness, freshnessOf } from "../format.ts";
import { type ExchangeClock, exchangeNow, observeClock } from "./exchange_clock.ts";

/** How often ages and clocks on the page are redrawn. */
const REDRAW_MS = 250;

/** What the page says about its prices. */
export type HealthPhase = Freshness | "connecting" | "reconnecting";

/** Wall time of the newest event on this page, whatever its topic; 0 before the first. */
const lastArrivalMs = signal(0);

/** Time of the newest event of the exchange whose clock is shown, Unix ms. */
let newestMs = 0;

/** Wall time as last drawn, Unix ms. */
export const nowMs = signal(0);

/** Id of the exchange that speaks; empty before the first event. */
export const exchangeId = signal("");

/** The exchange's clock as told by this page's events. */
export const exchangeClock = signal<ExchangeClock | null>(null);

/** Notes that an event arrived. The clock shown is that of the exchange that spoke first, where a page has several. */
export function noteEvent(from: string, eventMs: number): void {
  exchangeId.value ||= from;
  const now = Date.now();
  if (exchangeId.value === from) {
    // A feed that has lost its exchange may tell once more what it knows: that makes no price younger.
    if (eventMs <= newestMs) return;
    newestMs = eventMs;
    exchangeClock.value = observeClock(exchangeClock.value, eventMs, now);
  }
  lastArrivalMs.value = nowMs.value = now;
}

/** The phase the page shows: a link that is up says nothing about prices that no longer come. */
export function healthOf(link: LinkPhase, lastMs: number, now: number): HealthPhase {
  if (link === "reconnecting") return "reconnecting";
  if (lastMs === 0) return "connecting";
  return freshnessOf(now - lastMs);
}

/** The page's {@link HealthPhase}. */
export const health = computed(() => healthOf(pageConnection().phase.value, lastArrivalMs.value, nowMs.value));

/** Age of the newest event, as text. */
export const ageText = computed(() => formatAge(nowMs.value - lastArrivalMs.value));

/** What the exchange's clock shows, Unix ms; null before the first event. */
export const exchangeTime = computed(() => {
  const clock = exchangeClock.value;
  return clock === null ? null : exchangeNow(clock, nowMs.value);
});

/** Starts redrawing ages; returns a function that stops. */
export function startHealthTimer(): () => void {
  nowMs.value = Date.now();
  const timer = setInterval(() => {
    if (document.visibilityState === "visible") nowMs.value = Date.now();
  }, REDRAW_MS);
  return () => clearInterval(timer);
}
