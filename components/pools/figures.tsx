import type { ComponentChildren, JSX } from "preact";
import { directionOf, formatSignedMoney, formatSignedPercent } from "../../lib/pools/format.ts";
import { NoData, Triangle } from "../market/price.tsx";

/** A gain or a loss in money with its triangle. */
export function GainText({ value, currency }: { value: string | null; currency: string }): JSX.Element {
  return <Signed value={value} text={formatSignedMoney(value, currency)} />;
}

/** A gain or a loss in percent with its triangle. */
export function PercentText({ value }: { value: string | null }): JSX.Element {
  return <Signed value={value} text={formatSignedPercent(value)} />;
}

function Signed({ value, text }: { value: string | null; text: string | null }): JSX.Element {
  if (text === null) return <NoData />;
  // What rounds to nothing points nowhere.
  const direction = /[1-9]/.test(text) ? directionOf(value) : "flat";
  return (
    <span class={`change ${direction}`}>
      <Triangle direction={direction} />
      {text}
    </span>
  );
}

/** A figure under its name. */
export function Metric({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A name and its figure in one line. */
export function Line(
  { name, strong = false, children }: { name: string; strong?: boolean; children: ComponentChildren },
): JSX.Element {
  return (
    <div class={strong ? "strong" : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
