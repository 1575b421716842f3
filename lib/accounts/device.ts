/** What a browser or program says of itself, coarse enough to stay the same over its updates. */
export interface DeviceTraits {
  /** Such as "Firefox". */
  family: string;
  /** Such as "Linux". */
  platform: string;
  /** The languages it asks for, as sent. */
  languages: string;
}

/** Request headers that tell a device; any may be missing. */
export interface DeviceHeaders {
  userAgent: string;
  languages: string;
  /** Client hint `Sec-CH-UA`. */
  brands: string;
  /** Client hint `Sec-CH-UA-Platform`. */
  platform: string;
}

/** Characters of a header that are looked at. */
const HEADER_LENGTH_MAX = 512;

/** First match wins: most browsers name the ones they descend from as well. */
const FAMILIES: readonly [RegExp, string][] = [
  [/\bEdgA?\/|EdgiOS|Microsoft Edge/, "Edge"],
  [/\bOPR\/|\bOpera\b/, "Opera"],
  [/Vivaldi/, "Vivaldi"],
  [/SamsungBrowser/, "Samsung Internet"],
  [/Firefox\/|FxiOS/, "Firefox"],
  [/Brave/, "Brave"],
  [/Chrome\/|CriOS|Chromium|Google Chrome/, "Chrome"],
  [/Safari\//, "Safari"],
  [/curl\//i, "curl"],
  [/python|aiohttp|httpx/i, "Python"],
  [/Deno\//, "Deno"],
  [/node|undici|axios/i, "Node.js"],
];

const PLATFORMS: readonly [RegExp, string][] = [
  [/iPhone|\biOS\b/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/CrOS|Chrome ?OS/, "ChromeOS"],
  [/Windows/, "Windows"],
  [/Mac ?OS|Macintosh|macOS/, "macOS"],
  [/Linux/, "Linux"],
];

/** Sorts what the headers say into a few families; what is not known is "Unknown". */
export function deviceTraits(headers: DeviceHeaders): DeviceTraits {
  const text = (value: string) => value.slice(0, HEADER_LENGTH_MAX);
  return {
    family: firstOf(FAMILIES, `${text(headers.brands)} ${text(headers.userAgent)}`),
    platform: firstOf(PLATFORMS, `${text(headers.platform)} ${text(headers.userAgent)}`),
    languages: text(headers.languages).toLowerCase().replaceAll(/[^a-z,-]/g, ""),
  };
}

/** How a device is shown to its owner: "Firefox · Linux". */
export function deviceName({ family, platform }: DeviceTraits): string {
  return `${family} · ${platform}`;
}

function firstOf(table: readonly [RegExp, string][], text: string): string {
  return table.find(([pattern]) => pattern.test(text))?.[1] ?? "Unknown";
}
