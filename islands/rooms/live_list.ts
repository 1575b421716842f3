import { durationText } from "../../components/rooms/room_state.ts";
import { whileSeen } from "../../lib/realtime/client/while_seen.ts";

/** While the list is seen it is read anew this often. */
const LIVE_EVERY_ms = 15_000;

/** Time a page may take that brings the new list. */
const PAGE_ms_MAX = 10_000;

const TICK_ms = 1_000;

/** Brings the list of rooms to life: who is live, how many watch, since when. */
export function live_list(element: HTMLElement): void {
  const state = { readMs: performance.now() };
  whileSeen(async () => {
    if (await renew(element)) state.readMs = performance.now();
  }, LIVE_EVERY_ms);
  setInterval(() => {
    if (document.visibilityState === "visible") tick(element, (performance.now() - state.readMs) / 1_000);
  }, TICK_ms);
}

/** Takes the list from a fresh page; one that cannot be had leaves it as it is. */
async function renew(element: HTMLElement): Promise<boolean> {
  try {
    const response = await fetch(location.href, {
      headers: { accept: "text/html" },
      signal: AbortSignal.timeout(PAGE_ms_MAX),
    });
    if (!response.ok || new URL(response.url).pathname !== location.pathname) return false;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = page.querySelector('[data-island="live_list"]');
    if (!fresh) return false;
    dropStrangers(fresh, element);
    patch(element, fresh);
    return true;
  } catch {
    return false;
  }
}

/** The page's policy names the servers of its first pictures: those of others would only be refused. */
function dropStrangers(fresh: Element, element: HTMLElement): void {
  const { pictures = "" } = element.dataset;
  const known = new Set(pictures.split(" "));
  for (const picture of fresh.querySelectorAll<HTMLImageElement>("img")) {
    if (!known.has(new URL(picture.src).origin)) picture.remove();
  }
}

/** Makes a part of the page what the fresh one is, and touches nothing that is the same: pictures, focus and places stay. */
function patch(old: Element, fresh: Element): void {
  if (old.isEqualNode(fresh)) return;
  if (old.tagName !== fresh.tagName || (old as HTMLElement).dataset.key !== (fresh as HTMLElement).dataset.key) {
    old.replaceWith(fresh);
    return;
  }
  // The island's own element holds what this script needs.
  if (!(old as HTMLElement).dataset.island) copyAttributes(old, fresh);
  if (old instanceof HTMLUListElement && old.dataset.list !== undefined) return patchList(old, fresh);
  const [olds, freshes] = [[...old.childNodes], [...fresh.childNodes]];
  const isAlike = olds.length === freshes.length && olds.every((node, i) => node.nodeType === freshes[i]?.nodeType);
  if (!isAlike) return old.replaceChildren(...freshes);
  for (const [i, node] of olds.entries()) {
    const next = freshes[i];
    if (node instanceof Element && next instanceof Element) patch(node, next);
    else if (next && node.nodeValue !== next.nodeValue) node.nodeValue = next.nodeValue;
  }
}

/** Who is there keeps the place; who is new comes last; who is gone goes, unless a reader is about to choose. */
function patchList(old: HTMLElement, fresh: Element): void {
  const left = new Map([...fresh.children].map((item) => [(item as HTMLElement).dataset.key, item]));
  const isInUse = old.matches(":hover, :focus-within");
  for (const item of [...old.children] as HTMLElement[]) {
    const next = left.get(item.dataset.key);
    left.delete(item.dataset.key);
    if (next) patch(item, next);
    else if (!isInUse) item.remove();
  }
  old.append(...left.values());
}

function copyAttributes(old: Element, fresh: Element): void {
  for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const name of fresh.getAttributeNames()) old.setAttribute(name, fresh.getAttribute(name) ?? "");
}

/** Moves the times since when rooms are live on. */
function tick(element: HTMLElement, elapsed_s: number): void {
  for (const note of element.querySelectorAll<HTMLElement>("[data-seconds]")) {
    note.textContent = durationText(Number(note.dataset.seconds) + elapsed_s);
  }
}
