/** What a chart can draw beside its candles. */
export const OVERLAYS = ["ema20", "ema50", "bollinger", "volume", "rsi", "macd"] as const;

/** One of {@link OVERLAYS}. */
export type Overlay = (typeof OVERLAYS)[number];

/** Which overlays are drawn. */
export type ChartSettings = Readonly<Record<Overlay, boolean>>;

/** What a browser that has chosen nothing sees. */
export const DEFAULT_SETTINGS: ChartSettings = {
  ema20: true,
  ema50: true,
  bollinger: true,
  volume: true,
  rsi: true,
  macd: false,
};

const STORAGE_KEY = "outcry.chart";

/** Reads settings from their stored text; whatever cannot be read falls back to the default. */
export function parseSettings(text: string | null): ChartSettings {
  try {
    const stored: Record<string, unknown> = JSON.parse(text ?? "{}") ?? {};
    return Object.fromEntries(
      OVERLAYS.map((name) => [name, typeof stored[name] === "boolean" ? stored[name] : DEFAULT_SETTINGS[name]]),
    ) as Record<Overlay, boolean>;
  } catch {
    return DEFAULT_SETTINGS;
  }
}

/** This browser's settings; storage may be forbidden. */
export function loadSettings(): ChartSettings {
  try {
    return parseSettings(localStorage.getItem(STORAGE_KEY));
  } catch {
    return DEFAULT_SETTINGS;
  }
}

/** Keeps settings in this browser, where that is allowed. */
export function saveSettings(settings: ChartSettings): void {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(settings));
  } catch {
    // A full or forbidden storage costs the choice at the next visit, nothing else.
  }
}
