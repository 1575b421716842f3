/** Themes a page can wear; dark is the house's own. */
export const THEMES = ["dark", "light", "contrast"] as const;

/** One of {@link THEMES}. */
export type Theme = (typeof THEMES)[number];

/** What a visitor sees who has chosen nothing. A system's wish for more contrast is met by the stylesheet. */
export const DEFAULT_THEME: Theme = "dark";

/** Whether a text from outside names a theme of ours. */
export function isTheme(value: unknown): value is Theme {
  return THEMES.some((theme) => theme === value);
}
