/** How long a button that moves real money is pressed before its form goes off. */
const HOLD_ms = 1_000;

const BUTTON = 'form[data-hold] button[type="submit"]';

let isListening = false;

/**
 * Lets forms marked `data-hold` go off only while their button is pressed for a second, by pointer or by key, in place of
 * the box that is ticked without a script. Whoever can do neither still finds the box: focused, it shows itself.
 */
export function hold_confirm(): void {
  // For the whole document: a page may renew its forms.
  if (isListening) return;
  isListening = true;
  document.documentElement.dataset.holds = "";
  let stop = () => {};
  const begin = (button: HTMLButtonElement) => {
    stop();
    if (!isFilledIn(button)) return;
    button.dataset.held = "";
    const timer = setTimeout(() => {
      stop();
      withBox(button, () => button.form?.requestSubmit(button));
    }, HOLD_ms);
    stop = () => {
      clearTimeout(timer);
      delete button.dataset.held;
    };
  };
  document.addEventListener("pointerdown", (event) => {
    const button = buttonOf(event);
    if (button && event.isPrimary && event.button === 0) begin(button);
  });
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => stop());
  for (const name of ["pointerout", "focusout"]) {
    document.addEventListener(name, (event) => {
      // Moving on to what stands inside the button is no end of pressing it, nor is leaving the field before.
      const to = event instanceof PointerEvent ? event.relatedTarget : null;
      if (buttonOf(event) && !(to instanceof Element && to.closest(BUTTON))) stop();
    });
  }
  for (const name of ["keydown", "keyup"] as const) {
    document.addEventListener(name, (event) => {
      const button = buttonOf(event);
      if (!button || (event.key !== "Enter" && event.key !== " ")) return;
      // No click comes of it.
      event.preventDefault();
      if (name === "keyup") stop();
      else if (!event.repeat) begin(button);
    });
  }
  document.addEventListener("focusin", ({ target }) => {
    const box = target instanceof Element ? target.closest(".real-check") : null;
    // From then on it stays: a button must not move while it is pressed.
    if (box) box.classList.add("shown");
  });
  document.addEventListener("contextmenu", (event) => {
    if (buttonOf(event)?.dataset.held !== undefined) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const button = buttonOf(event);
    const box = boxOf(button);
    if (!box || box.checked) return;
    event.preventDefault();
    // Of no pointer: an assistive device, or Enter in a field.
    if (event.detail === 0) box.focus();
  });
}

function buttonOf({ target }: Event): HTMLButtonElement | null {
  return target instanceof Element ? target.closest<HTMLButtonElement>(BUTTON) : null;
}

function boxOf(button: HTMLButtonElement | null): HTMLInputElement | null {
  return button?.form?.querySelector<HTMLInputElement>(".real-check input") ?? null;
}

/** Acts while the box counts as ticked, and no longer: the next time takes another press. */
function withBox<T>(button: HTMLButtonElement, act: () => T): T {
  const box = boxOf(button);
  const before = box?.checked ?? false;
  if (box) box.checked = true;
  const result = act();
  if (box) box.checked = before;
  return result;
}

/** Whether all but the box is filled in; tells what is not. */
function isFilledIn(button: HTMLButtonElement): boolean {
  return withBox(button, () => button.form?.reportValidity() ?? false);
}
