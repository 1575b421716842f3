import { effect } from "@preact/signals";
import { hydrate, type JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { PoolView } from "../../components/pools/pool_view.tsx";
import { PoolModel } from "../../lib/pools/client/pool_model.ts";
import { countdownTo } from "../../lib/pools/pool_dates.ts";
import { two } from "../../lib/market/format.ts";
import type { PoolState } from "../../lib/pools/live_pool.ts";
import type { ChartRange } from "../../lib/pools/value_chart.ts";
import "../texts.ts";

/** Time a page may take that renews the parts around this one. */
const PAGE_ms_MAX = 10_000;

/** A pool: as the server rendered it, then live. */
function LivePool(state: PoolState): JSX.Element {
  const [isReady, setReady] = useState(false);
  const model = useMemo(() => new PoolModel(state, () => void renewParts()), []);
  useEffect(() => {
    setReady(true);
    const stopCounting = effect(() => countDown(model.state.value.nowMs));
    const stop = model.start();
    return () => {
      stopCounting();
      stop();
    };
  }, []);
  const onRange = (range: ChartRange) => {
    const { href } = location;
    const url = new URL(href);
    url.searchParams.set("range", range);
    history.replaceState(null, "", url);
    void model.show(range);
  };
  if (!isReady) return <PoolView {...state} />;
  return <PoolView {...model.state.value} onRange={onRange} />;
}

/** Takes the parts that only the server renders from a fresh page; those that cannot be had stay as they are. */
async function renewParts(): Promise<void> {
  try {
    const response = await fetch(location.href, {
      headers: { accept: "text/html" },
      signal: AbortSignal.timeout(PAGE_ms_MAX),
    });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of page.querySelectorAll<HTMLElement>("[data-part]")) {
      const old = document.querySelector(`[data-part="${part.dataset.part}"]`);
      // A form somebody is filling in stays theirs.
      if (old && !old.querySelector("dialog[open]")) old.replaceChildren(...part.childNodes);
    }
  } catch {
    // The figures above are live all the same.
  }
}

/** "1 day", and in French "0 jour". */
const forms = new Intl.PluralRules(document.documentElement.lang);

/** Moves the countdown to the next settlement, which the server rendered. */
function countDown(nowMs: number): void {
  const element = document.querySelector<HTMLElement>("[data-ends]");
  const left = countdownTo(Date.parse(element?.dataset.ends ?? ""), nowMs);
  const counts = [left.days, left.hours, left.minutes, left.seconds];
  element?.querySelectorAll("strong").forEach((figure, i) => {
    const count = counts[i] ?? 0;
    figure.textContent = i === 0 ? String(count) : two(count);
    const unit = figure.nextElementSibling as HTMLElement;
    const { one, other } = unit.dataset;
    if (other) unit.textContent = forms.select(count) === "one" ? one ?? other : other;
  });
}

/** Opens an order's form over the page; without a script, or where there is none, its link leads to a page. */
function openDialog(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest<HTMLElement>("a[data-dialog]") : null;
  const dialog = document.getElementById(link?.dataset.dialog ?? "");
  if (!(dialog instanceof HTMLDialogElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  dialog.showModal();
}

/** Brings a pool's page to life. */
export function pool_view(element: HTMLElement, props: PoolState): void {
  hydrate(<LivePool {...props} />, element);
  document.addEventListener("click", openDialog);
}
