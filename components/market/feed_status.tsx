import type { JSX } from "preact";
import { formatClock } from "../../lib/kernel/clock.ts";
import type { Freshness } from "../../lib/market/format.ts";
import { useTexts } from "../layout/texts.ts";
import { exchangeText } from "./exchange_text.ts";

/**
 * What is known about the prices on the page. "snapshot" is what the server rendered, before or
 * without a live connection.
 */
export type FeedPhase = Freshness | "snapshot" | "connecting" | "reconnecting";

const DISC = "M1.5 5a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0Z";
const HALF_DISC = `${DISC}M5 1.5a3.5 3.5 0 0 1 0 7Z`;

const SHAPES: Partial<Record<FeedPhase, string>> = {
  late: HALF_DISC,
  reconnecting: HALF_DISC,
  stale: "M5 .8 9.2 5 5 9.2.8 5Z",
};

/** Disc, half disc or hollow diamond: the age of the prices without colour. */
export function AgeMark({ state }: { state: FeedPhase }): JSX.Element {
  return (
    <svg class={`age-mark ${state}`} viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
      <path d={SHAPES[state] ?? DISC} />
    </svg>
  );
}

function isFreshness(state: FeedPhase): state is Freshness {
  return ["fresh", "late", "stale"].includes(state);
}

/** Age of the prices as mark and text; the text is the age, or what is being done about it. */
export function FeedAge({ state, text }: { state: FeedPhase; text: string }): JSX.Element {
  const { t } = useTexts();
  return (
    <span class={`feed-age ${state}`}>
      <AgeMark state={state} />
      <span class="feed-age-text">{isFreshness(state) ? text : t(`live.${state}`)}</span>
    </span>
  );
}

/** The status bar's right end: which feed, how old, and the exchange's own clock (Unix ms; null before it spoke). */
export function FeedStatus(
  { state, text, clock, exchange }: { state: FeedPhase; text: string; clock: number | null; exchange: string },
): JSX.Element {
  const texts = useTexts();
  const { t, locale, timeZone } = texts;
  return (
    <>
      <span class="visually-hidden" role="status">{t("live.prices_state", { state: t(`live.${state}`) })}</span>
      {exchange !== "" && <span class="feed-exchange">{exchangeText(texts, exchange)}</span>}
      <FeedAge state={state} text={text} />
      {clock !== null && <span class="feed-clock">{formatClock(clock, locale, timeZone)}</span>}
    </>
  );
}
