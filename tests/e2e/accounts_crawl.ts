import type { Page } from "playwright-core";

/** Pages a crawl visits at most: a mistake in what tells pages apart must not go round for ever. */
const PAGES_MAX = 80;

/** Addresses that are the same page with other rows, and those that are files or leave something behind. */
function isSkipped(path: string): boolean {
  return path.startsWith("/assets/") || path.startsWith("/api/") || path.startsWith("/session") ||
    path.endsWith(".csv") ||
    (path.startsWith("/markets/") && !/^\/markets\/sim\/BTC-USDT$/.test(path)) ||
    (path.includes("?") && !/[?&](done|error|q|token_hash)=/.test(path));
}

/** Every page the seeds lead to, themselves first, by following links as a visitor could. */
export async function crawl(page: Page, webUrl: string, seeds: readonly string[]): Promise<string[]> {
  // By what they are pages of: one user's is as good as another's.
  const found = new Map(seeds.map((path) => [path, path]));
  for (const path of found.values()) {
    if (found.size > PAGES_MAX) {
      throw new Error(`Cannot crawl: more than ${PAGES_MAX}: ${[...found.values()].join(" ")}`);
    }
    const html = await (await page.request.get(`${webUrl}${path}`, { maxRedirects: 0 })).text();
    for (const [, href = ""] of html.matchAll(/<a\s[^>]*?href="(\/[^"#]*)(?:#[^"]*)?"/g)) {
      const next = href.replaceAll("&amp;", "&").replace(/\?next=.*/, "").replace(/\?q=[0-9a-f-]{36}$/, "");
      const kind = next.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, ":id");
      if (!isSkipped(next) && !found.has(kind)) found.set(kind, next);
    }
  }
  return [...found.values()];
}

/**
 * What a page says, shown or spoken, its closed menus and dialogs included: the page that is open, or `html` read by the
 * browser without showing it, which takes a tenth of the time and is as good where no script adds to it.
 */
export async function textsOf(page: Page, html: string | null): Promise<string[]> {
  return await page.evaluate((html) => {
    const document = html === null ? globalThis.document : new DOMParser().parseFromString(html, "text/html");
    const found: string[] = [document.title.replace(/ · Outcry$/, "")];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      // Names of zones, and what programs are called, are nobody's language.
      if (!node.parentElement?.closest("script, style, code, kbd, select[name=time_zone]")) {
        found.push(node.nodeValue ?? "");
      }
    }
    for (
      const element of document.querySelectorAll("[aria-label], [title], [placeholder], [alt], [data-label], meta")
    ) {
      for (const name of ["aria-label", "title", "placeholder", "alt", "data-label"]) {
        found.push(element.getAttribute(name) ?? "");
      }
      if (element.getAttribute("name") === "description") found.push(element.getAttribute("content") ?? "");
    }
    return found.map((text) => text.replace(/\s+/g, " ").trim()).filter((text) => text !== "");
  }, html);
}

/** Reached by Tab, or not, and how what has the focus looks. */
export interface Reach {
  /** Controls a person sees and Tab never came to. */
  missed: string[];
  /** Controls that look alike with and without the focus. */
  unmarked: string[];
  reached: number;
}

/** Presses Tab through the whole page. */
export async function tabThrough(page: Page): Promise<Reach> {
  await page.evaluate(() => {
    const isShown = (element: Element) =>
      element.checkVisibility({ visibilityProperty: true }) && !element.closest("dialog");
    const look = (element: Element | null) => {
      if (!element) return "";
      const { outlineStyle, outlineColor, boxShadow, borderColor, top } = getComputedStyle(element);
      return [outlineStyle, outlineStyle === "none" ? "" : outlineColor, boxShadow, borderColor, top].join("|");
    };
    const looks = (element: Element) => `${look(element)} ${look(element.parentElement)}`;
    const nameOf = (element: Element) => element.outerHTML.slice(0, 120);
    const controls = [
      ...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary"),
    ]
      .filter((element) => isShown(element) && !(element as HTMLButtonElement).disabled);
    const before = new Map(controls.map((element) => [element, looks(element)]));
    const reached = new Set<Element>();
    const unmarked = new Set<string>();
    document.addEventListener("focusin", ({ target }) => {
      if (!(target instanceof Element) || reached.has(target)) return;
      reached.add(target);
      if (before.has(target) && before.get(target) === looks(target)) unmarked.add(nameOf(target));
    });
    Object.assign(globalThis, {
      reach: () => ({
        missed: controls.filter((element) => !reached.has(element)).map(nameOf),
        unmarked: [...unmarked],
        reached: reached.size,
      }),
      tabs: controls.length,
    });
    (document.activeElement as HTMLElement | null)?.blur();
  });
  const count = await page.evaluate(() => (globalThis as unknown as { tabs: number }).tabs);
  for (let i = 0; i < count + 3; i++) await page.keyboard.press("Tab");
  return await page.evaluate(() => (globalThis as unknown as { reach(): Reach }).reach());
}

/** Controls a finger would miss: lower or narrower than 44 pixels. What only a keyboard or a script reaches is left out. */
export async function smallTargets(page: Page): Promise<string[]> {
  return await page.evaluate(() =>
    [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
      // The bar's mark is a short cut: the menu has the same way at full size.
      .filter((element) =>
        element.checkVisibility({ visibilityProperty: true }) && !element.matches(".skip, .status-feed")
      )
      // A box is ticked by its words as well.
      .map((element) => ({
        element,
        box: (element.matches("[type=checkbox]") && element.closest("label") || element).getBoundingClientRect(),
      }))
      // Half a pixel is the rounding of a line's height.
      .filter(({ box }) => box.width < 43.5 || box.height < 43.5)
      .map(({ element, box }) =>
        `${Math.round(box.width)}×${Math.round(box.height)} ${element.outerHTML.slice(0, 100)}`
      )
  );
}
