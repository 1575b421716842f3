/** Time a page may take that brings new parts. */
const PAGE_ms_MAX = 15_000;

/**
 * Forms and links of the desk do not leave the page: the answer's parts take the place of this page's. The chart, the
 * video and the chat live on meanwhile. What is marked `data-navigate` leaves as ever.
 */
export class SoftParts {
  #isBusy = false;
  /** What the page was changed into last: an older answer must not undo it. */
  #turn = 0;

  /** Takes over the document's forms and links; returns a function that gives them back. */
  start(): () => void {
    const onSubmit = (event: SubmitEvent) => this.#onSubmit(event);
    const onClick = (event: MouseEvent) => this.#onClick(event);
    document.addEventListener("submit", onSubmit);
    document.addEventListener("click", onClick);
    return () => {
      document.removeEventListener("submit", onSubmit);
      document.removeEventListener("click", onClick);
    };
  }

  /** Reads the numbers anew, unless somebody is at work with them. */
  async renew(): Promise<void> {
    const desk = document.querySelector('[data-part="desk"]');
    const isAtWork = desk?.contains(document.activeElement) ||
      desk?.querySelector("input:not([type=hidden]), select, textarea") !== null;
    if (this.#isBusy || isAtWork || document.visibilityState !== "visible") return;
    await this.#load(location.href, {}, ["desk"]).catch(() => {});
  }

  #onSubmit(event: SubmitEvent): void {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return;
    if (form.dataset.navigate !== undefined || !form.closest("[data-part]")) return;
    event.preventDefault();
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form, event.submitter)) fields.append(name, String(value));
    const { submitter } = event;
    void this.#load(form.action, { method: "POST", body: fields }, null).catch(() => {
      // Whatever cannot be done in place is done the old way.
      form.dataset.navigate = "";
      form.requestSubmit(submitter);
    });
  }

  #onClick(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("[data-soft] a") : null;
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void this.#load(link.href, {}, null).then(() => history.replaceState(null, "", link.href))
      .catch(() => location.assign(link.href));
  }

  /** @param names the parts to take; null for all. */
  async #load(url: string, init: RequestInit, names: readonly string[] | null): Promise<void> {
    const turn = ++this.#turn;
    this.#isBusy = true;
    try {
      const response = await fetch(url, {
        headers: { accept: "text/html" },
        signal: AbortSignal.timeout(PAGE_ms_MAX),
        ...init,
      });
      // A sign-in, a second factor, or a stream that is gone: that is another page.
      if (new URL(response.url).pathname !== location.pathname) return location.assign(response.url);
      if (!response.ok) throw new Error(`Cannot load the desk: status is ${response.status}`);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (turn === this.#turn) replaceParts(page, names);
    } finally {
      this.#isBusy = false;
    }
  }
}

function replaceParts(page: Document, names: readonly string[] | null): void {
  for (const part of page.querySelectorAll<HTMLElement>("[data-part]")) {
    const name = part.dataset.part ?? "";
    if (names === null || names.includes(name)) {
      document.querySelector(`[data-part="${name}"]`)?.replaceChildren(...part.childNodes);
    }
  }
}
