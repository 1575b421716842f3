import { strToU8, zipSync } from "fflate";

/** Packs texts by file name into a ZIP. */
export function zipTexts(files: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const entries = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)]));
  return new Uint8Array(zipSync(entries, { level: 6 }));
}
