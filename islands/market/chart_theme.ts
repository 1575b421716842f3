/** The palette's roles a canvas draws with; the stylesheet holds the same values for the page. */
export const THEME = {
  panel: "#0C1118",
  grid: "#141B25",
  hairline: "#1A222D",
  text: "#A9B6C8",
  textQuiet: "#8492A6",
  ink: "#05070A",
  crosshair: "#5C6C82",
  raised: "#1B2430",
  up: "#2BD58F",
  down: "#FF6B7C",
  volumeUp: "rgba(43, 213, 143, 0.26)",
  volumeDown: "rgba(255, 107, 124, 0.26)",
  ema20: "#F2C14E",
  ema50: "#B49BFF",
  bollinger: "#5F86B3",
  band: "rgba(95, 134, 179, 0.07)",
  rsi: "#8FB8E8",
  macd: "#3FD9FF",
  macdSignal: "#F2C14E",
} as const;

/** The page's own typeface; canvases do not inherit it. */
export const CHART_FONT = '"Inter Variable", Inter, system-ui, sans-serif';
