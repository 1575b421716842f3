/** Time an answer may take before the form goes off as it would without a script. */
const ANSWER_ms_MAX = 10_000;

interface Parts {
  dialog: HTMLDialogElement;
  form: HTMLFormElement;
  code: HTMLInputElement;
  error: HTMLElement;
  offline: string;
}

/**
 * Asks for a code of the authenticator in a dialog, where a form marked `data-step-up` would be refused without one,
 * and then lets the form go. Whatever goes another way than foreseen leaves the form to the server, which has a page
 * for this.
 */
export function step_up(element: HTMLElement, { offline }: { offline: string }): void {
  const dialog = element.querySelector("dialog");
  const form = dialog?.querySelector("form");
  const code = form?.querySelector<HTMLInputElement>("input[name=code]");
  const error = form?.querySelector<HTMLElement>("[data-error]");
  if (!dialog || !form || !code || !error) return;
  form.querySelector("[data-cancel]")?.addEventListener("click", () => dialog.close());
  let isBusy = false;
  document.addEventListener("submit", async (event) => {
    const held = event.target;
    if (!(held instanceof HTMLFormElement) || held.dataset.stepUp === undefined) return;
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    const isAllowed = !await isNeeded(held.dataset.stepUp) || await ask({ dialog, form, code, error, offline });
    isBusy = false;
    // Not requestSubmit(): the form was checked when it was held back.
    if (isAllowed) held.submit();
    else if (event.submitter instanceof HTMLElement) event.submitter.focus();
  });
}

async function isNeeded(kind: string): Promise<boolean> {
  try {
    const response = await send(`/step-up/needed?${new URLSearchParams({ for: kind })}`);
    return response.ok && (await response.json()).needed === true;
  } catch {
    return false;
  }
}

/** Whether the held form may go: a code was accepted, or only the server can tell what is wrong. */
function ask(parts: Parts): Promise<boolean> {
  const { dialog, form, code } = parts;
  const ended = new AbortController();
  return new Promise((resolve) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (form.ariaBusy === "true") return;
      form.ariaBusy = "true";
      const refusal = await show(form, parts.offline);
      form.ariaBusy = null;
      // Cancelled meanwhile.
      if (!dialog.open) return;
      if (refusal !== null) return tell(parts, refusal);
      resolve(true);
      dialog.close();
    }, ended);
    // Escape, the button, and what was resolved above.
    dialog.addEventListener("close", () => {
      ended.abort();
      resolve(false);
    }, { once: true });
    code.value = "";
    tell(parts, "");
    dialog.showModal();
  });
}

/** Sends the code; the sentence to show where it was refused, null where the form may go. */
async function show(form: HTMLFormElement, offline: string): Promise<string | null> {
  try {
    const response = await send(form.action, new URLSearchParams(new FormData(form) as unknown as [string, string][]));
    // 401 and 403: the session or the authenticator is gone, for which the server has pages.
    if (response.ok || response.type === "opaqueredirect" || response.status === 401 || response.status === 403) {
      return null;
    }
    return String((await response.json()).detail);
  } catch {
    return offline;
  }
}

function tell({ code, error }: Parts, refusal: string): void {
  const line = document.createElement("p");
  line.id = "step-up-error";
  line.className = "alert";
  line.textContent = refusal;
  error.replaceChildren(...refusal === "" ? [] : [line]);
  code.setAttribute("aria-invalid", String(refusal !== ""));
  if (refusal === "") code.removeAttribute("aria-describedby");
  else code.setAttribute("aria-describedby", line.id);
  code.focus();
  code.select();
}

function send(url: string, body?: URLSearchParams): Promise<Response> {
  return fetch(url, {
    method: body ? "POST" : "GET",
    headers: { accept: "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(ANSWER_ms_MAX),
    ...(body ? { body } : {}),
  });
}
