import { alertText, exactText, pairText, readAlertWords } from "../../components/market/alert_text.ts";
import { createTexts } from "../../components/layout/texts.ts";
import type { Connection } from "../../lib/realtime/client/connection.ts";
import { readPageConfig } from "../../lib/realtime/client/page_config.ts";

// Bundled by itself, without Preact: signed-in visitors alone load it, and sharing chunks would make every live page
// larger. The page's connection is found in the module that holds its feed's status.

/** Toasts on the screen; older ones make room. */
const TOASTS_MAX = 4;

/** Told on the document when an alert has fired, so that lists of alerts are read again. */
const FIRED_EVENT = "outcry:alert";

interface FeedModule {
  pageConnection(): Connection;
}

/** Shows a toast when one of the user's alerts fires. */
export async function alert_toast(element: HTMLElement, { userId }: { userId: string }): Promise<void> {
  const { islands, texts } = readPageConfig();
  const { pageConnection }: FeedModule = await import(islands.feed_status ?? "");
  const { t } = createTexts(texts);
  const list = element.querySelector("[role=status]");
  pageConnection().subscribe(`user:${userId}`, "notification", {
    onJoined() {},
    onPayload(payload) {
      const { kind, data } = (payload ?? {}) as { kind?: unknown; data?: Record<string, unknown> };
      const words = kind === "alert" && data ? readAlertWords(data) : null;
      if (words === null || !data) return;
      const { exchange, fired_value: fired, note } = data;
      const toast = make("div", "toast", "");
      const title = make("a", "toast-title", `${pairText(words.symbol)}: ${alertText({ t }, words)}`);
      title.setAttribute(
        "href",
        `/markets/${encodeURIComponent(String(exchange))}/${encodeURIComponent(words.symbol)}`,
      );
      const close = make("button", "toast-close", "×");
      close.setAttribute("aria-label", t("alert_notice.close_notice"));
      close.addEventListener("click", () => toast.remove());
      const reached = typeof fired === "string" ? t("alert_notice.reached", { value: exactText(fired) }) : "";
      toast.append(title, make("p", "sub", [reached, String(note ?? "")].filter(Boolean).join(" · ")), close);
      list?.append(toast);
      while (list && list.children.length > TOASTS_MAX) list.firstElementChild?.remove();
      document.dispatchEvent(new Event(FIRED_EVENT));
    },
  });
}

/** Sends the forms of alerts without leaving the page: the answer's parts take the place of this page's. */
export function alert_forms(element: HTMLElement): void {
  element.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (form.dataset.navigate !== undefined) return;
    event.preventDefault();
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form)) fields.append(name, String(value));
    const isGet = form.method === "get";
    const init: RequestInit = isGet ? {} : { method: "POST", body: fields };
    send(element, isGet ? `${form.action}?${fields}` : form.action, init).catch(() => {
      // The browser's own way tells what is wrong, as without a script.
      form.submit();
    });
  });
  element.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLSelectElement && target.dataset.submit !== undefined) target.form?.requestSubmit();
  });
  document.addEventListener(FIRED_EVENT, () => {
    send(element, location.href, {}, "alert-list").catch(() => {
      // The list is old until it is next looked at; the toast has said what matters.
    });
  });
}

/** Fetches a page and takes over its parts; one without any, such as the sign-in, is gone to. */
async function send(element: HTMLElement, url: string, init: RequestInit, only?: string): Promise<void> {
  const response = await fetch(url, { ...init, headers: { accept: "text/html" }, signal: AbortSignal.timeout(10_000) });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const parts = page.querySelectorAll(only === undefined ? "[data-part]" : `[data-part="${only}"]`);
  if (parts.length === 0) return location.assign(response.url);
  for (const part of parts) {
    const old = element.querySelector(`[data-part="${part.getAttribute("data-part")}"]`);
    old?.replaceChildren(...part.childNodes);
  }
  const said = element.querySelector<HTMLElement>(".alert");
  if (said && only === undefined) said.scrollIntoView({ block: "nearest" });
  else if (only === undefined) element.querySelector<HTMLElement>("select[data-submit]")?.focus();
}

function make(tag: string, className: string, text: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
