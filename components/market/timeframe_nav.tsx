import type { JSX } from "preact";
import { type Timeframe, TIMEFRAMES } from "../../lib/market/timeframe.ts";
import { useTexts } from "../layout/texts.ts";

/** Real links, so that a timeframe can be opened, shared and reached without script. */
export function TimeframeNav(
  { timeframe, onPick }: { timeframe: Timeframe; onPick?: (timeframe: Timeframe) => void },
): JSX.Element {
  const { t } = useTexts();
  return (
    <nav class="timeframes" aria-label={t("chart.timeframe")}>
      {TIMEFRAMES.map((choice) => (
        <a
          key={choice}
          href={`?timeframe=${choice}`}
          aria-current={choice === timeframe ? "true" : undefined}
          onClick={(event) => pick(event, choice, onPick)}
        >
          {choice}
        </a>
      ))}
    </nav>
  );
}

function pick(event: MouseEvent, choice: Timeframe, onPick?: (timeframe: Timeframe) => void): void {
  // A click that asks for a new tab or window stays the browser's.
  if (!onPick || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  onPick(choice);
}
