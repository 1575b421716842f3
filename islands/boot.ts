import type { PageConfig } from "../lib/realtime/client/page_config.ts";

/** An island's module exports a function of the island's name, which brings it to life. */
type IslandModule = Record<string, (element: HTMLElement, props: unknown) => void>;

async function mountIsland(element: HTMLElement, islands: Record<string, string>): Promise<void> {
  const name = element.dataset.island ?? "";
  const url = islands[name];
  const data = element.previousElementSibling;
  if (!url || !(data instanceof HTMLScriptElement)) return;
  const module: IslandModule = await import(url);
  module[name]?.(element, JSON.parse(data.text));
}

/** Ctrl K (or ⌘ K) and "/" go to the search box, as on every trading screen. */
function focusSearch(event: KeyboardEvent): void {
  const isTyping = event.target instanceof Element &&
    event.target.closest("input, textarea, select, [contenteditable]");
  const isHotkey = ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") ||
    (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey);
  if (!isHotkey) return;
  // The header's box is hidden on phones; a page's own one then takes over.
  const box = [...document.querySelectorAll<HTMLInputElement>("input[type=search]")].find((input) =>
    input.offsetParent !== null
  );
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
}

/** Menus close as menus do: Escape, and a click anywhere else. */
function closeMenus(event: Event): void {
  if (event instanceof KeyboardEvent && event.key !== "Escape") return;
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")) {
    const isInside = event.target instanceof Node && menu.contains(event.target);
    if (isInside && !(event instanceof KeyboardEvent)) continue;
    menu.open = false;
    if (event instanceof KeyboardEvent && isInside) menu.querySelector("summary")?.focus();
  }
}

document.addEventListener("keydown", focusSearch);
document.addEventListener("keydown", closeMenus);
document.addEventListener("click", closeMenus);

// Read here once more rather than through a shared chunk, which would cost static pages a request.
const { islands = {} }: Partial<PageConfig> = JSON.parse(document.getElementById("page")?.textContent ?? "{}");
for (const element of document.querySelectorAll<HTMLElement>("[data-island]")) {
  // One island that cannot load must not keep the others from mounting; its server-rendered part stays.
  mountIsland(element, islands).catch((error) => reportError(error));
}
