/** The palette's roles a canvas draws with, and the custom property of the stylesheet that holds each. */
const ROLES = {
  panel: "panel",
  grid: "grid",
  hairline: "hairline",
  text: "text-2",
  flat: "text-3",
  ink: "ink",
  crosshair: "edge",
  raised: "selected",
  up: "up",
  down: "down",
  volumeUp: "volume-up",
  volumeDown: "volume-down",
  ema20: "ema20",
  ema50: "ema50",
  bollinger: "bollinger",
  band: "band",
  rsi: "rsi",
  macd: "accent",
  macdSignal: "ema20",
} as const;

/** A colour for each role. */
export type ChartTheme = Readonly<Record<keyof typeof ROLES, string>>;

/** The page's colours, read once: a theme is changed by loading the page anew. */
export const THEME: ChartTheme = readTheme();

function readTheme(): ChartTheme {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    Object.entries(ROLES).map(([role, name]) => [role, style.getPropertyValue(`--${name}`).trim()]),
  ) as Record<keyof typeof ROLES, string>;
}

/** The page's own typeface; canvases do not inherit it. */
export const CHART_FONT = '"Inter Variable", Inter, system-ui, sans-serif';
