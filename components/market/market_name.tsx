import type { JSX } from "preact";

/** A pair as "BTC /USDT", the quote quieter. */
export function PairName({ base, quote }: { base: string; quote: string }): JSX.Element {
  return (
    <span class="pair">
      {base}
      <span class="pair-quote">/{quote}</span>
    </span>
  );
}
