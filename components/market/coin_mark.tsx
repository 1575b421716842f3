import type { JSX } from "preact";

/** How many hues the stylesheet has for coins. */
const HUES = 6;

/** A disc with the coin's initial; its hue depends on the name alone. */
export function CoinMark({ base, large = false }: { base: string; large?: boolean }): JSX.Element {
  return <span class={`coin hue-${hueOf(base)}${large ? " large" : ""}`} aria-hidden="true">{[...base][0]}</span>;
}

function hueOf(base: string): number {
  if (base === "BTC") return 0;
  let sum = 0;
  for (let i = 0; i < base.length; i++) sum = (sum * 31 + base.charCodeAt(i)) % 9973;
  return 1 + (sum % (HUES - 1));
}
