/** Hash digits in a file's name: enough that no two builds of one file share a name. */
const HASH_LENGTH = 10;

/** Sheets in the order they cascade. */
const SHEETS = [
  "tokens",
  "themes",
  "base",
  "layout",
  "components",
  "market",
  "depth",
  "alerts",
  "monitor",
  "markets",
  "landing",
  "notices",
  "dialog",
  "accounts",
  "admin",
  "wallet",
  "pools",
  "pools_narrow",
  "rooms",
  "rooms_chat",
  "rooms_list",
  "studio",
  "rooms_narrow",
  "market_narrow",
  "pages_narrow",
];

/** Faces the page loads; the rest of each family stays in its package. */
const FACES = [
  { family: "Inter Variable", file: "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2", preload: true },
  {
    family: "JetBrains Mono Variable",
    file: "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2",
    preload: false,
  },
];

/** `name-<hash>.ext` for this content. */
export async function hashedName(name: string, extension: string, content: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return `${name}-${digest.toHex().slice(0, HASH_LENGTH)}.${extension}`;
}

/** Copies the fonts: `fonts` are those worth preloading, `files` all of them, and `rules` declares them. */
export async function buildFonts(
  root: string,
  dist: string,
): Promise<{ fonts: string[]; files: string[]; rules: string }> {
  const fonts: string[] = [];
  const files: string[] = [];
  let rules = "";
  for (const { family, file, preload } of FACES) {
    const content = await Deno.readFile(`${root}node_modules/${file}`);
    const base = (file.split("/").at(-1) ?? file).replace(/\.woff2$/, "");
    const name = await hashedName(base, "woff2", content);
    await writeWhole(`${dist}/${name}`, content);
    files.push(name);
    if (preload) fonts.push(name);
    rules += `@font-face{font-family:"${family}";font-weight:100 900;font-display:swap;` +
      `src:url("/assets/${name}") format("woff2")}\n`;
  }
  return { fonts, files, rules };
}

/** Copies the icon. */
export async function buildIcon(root: string, dist: string): Promise<string> {
  const content = await Deno.readFile(`${root}static/icons/icon.svg`);
  const name = await hashedName("icon", "svg", content);
  await writeWhole(`${dist}/${name}`, content);
  return name;
}

/** Joins the style sheets behind `rules` into one small file. */
export async function buildStyles(root: string, dist: string, rules: string): Promise<string> {
  const sheets = await Promise.all(SHEETS.map((sheet) => Deno.readTextFile(`${root}static/css/${sheet}.css`)));
  const content = encode(minifyCss(withContrast([rules, ...sheets].join("\n"))));
  const name = await hashedName("app", "css", content);
  await writeWhole(`${dist}/${name}`, content);
  return name;
}

/**
 * Says the contrast theme again for who asks the system for more contrast without asking us; the light theme has it
 * where it is needed. CSS itself cannot share one rule between a selector and a media query.
 */
export function withContrast(css: string): string {
  const [, rule] = /:root\[data-theme="contrast"\]\s*(\{[^}]*\})/.exec(css) ?? [];
  if (rule === undefined) throw new Error("Cannot build the styles: the contrast theme is missing");
  return `${css}\n@media (prefers-contrast: more) {\n:root:not([data-theme="light"]) ${rule}\n}\n`;
}

/** Drops comments and needless space. Our sheets hold no strings in which either would matter. */
export function minifyCss(css: string): string {
  return css.replace(/\/\*[^]*?\*\//g, "").replace(/\s+/g, " ").replace(/\s*([{};,])\s*/g, "$1").replace(/;}/g, "}")
    .trim();
}

/** Writes a file so that whoever reads it meanwhile sees all of it or what was there before. */
export async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const draft = `${path}.${Deno.pid}.tmp`;
  await Deno.writeFile(draft, content);
  await Deno.rename(draft, path);
}

/** Text as UTF-8. */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Bytes of a file once gzipped, as a server would send it. */
export async function gzipSize(path: string): Promise<number> {
  const stream = new Blob([await Deno.readFile(path)]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).arrayBuffer()).byteLength;
}
