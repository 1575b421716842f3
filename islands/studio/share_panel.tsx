import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useTexts } from "../../components/layout/texts.ts";
import { TimeframeNav } from "../../components/market/timeframe_nav.tsx";
import { marketText } from "../../components/studio/room_text.ts";
import { loadSettings } from "../../lib/market/client/chart_settings.ts";
import type { MarketModel } from "../../lib/market/client/market_model.ts";
import { DRAWING_TEXT_MAX, type DrawnPoint, typedPrice } from "../../lib/rooms/client/drawing.ts";
import type { ShareModel, Tool } from "../../lib/rooms/client/share_model.ts";
import type { Drawing } from "../../lib/rooms/shapes.ts";
import { ChartArea } from "../market/chart_area.tsx";
import type { ChartPen, DrawingsPrimitive } from "./chart_pen.ts";

const TOOLS = ["move", "trend", "level", "note"] as const satisfies Tool[];

/** The streamer's chart, and what is drawn on it. */
export function SharePanel({ share, markets }: { share: ShareModel; markets: readonly string[] }): JSX.Element {
  const { t } = useTexts();
  const model = share.model.value;
  return (
    <section class="panel share-panel" aria-label={t("studio_live.tools")}>
      <div class="share-bar">
        <select
          aria-label={t("studio_live.market")}
          value={share.market.value}
          onChange={(event) => void share.pickMarket(event.currentTarget.value)}
        >
          {markets.map((market) => <option key={market} value={market}>{marketText(market)}</option>)}
        </select>
        {model && (
          <TimeframeNav
            timeframe={model.timeframe.value}
            onPick={(timeframe) => share.pickTimeframe(timeframe)}
          />
        )}
        <SharingState share={share} />
      </div>
      <DrawBar share={share} />
      {model ? <Chart key={share.market.value} share={share} model={model} /> : (
        <div class="chart-area">
          {share.isUnknown.value && <p class="chart-note" role="status">{t("studio_live.unknown_market")}</p>}
        </div>
      )}
      <DrawingList share={share} />
    </section>
  );
}

function SharingState({ share }: { share: ShareModel }): JSX.Element {
  const { t } = useTexts();
  const isSharing = share.isSharing.value;
  const state = !isSharing ? "paused" : share.state.value === "told" ? "sharing" : share.state.value;
  return (
    <div class="sharing">
      <span class={`sharing-state ${state}`} role="status" data-sharing={state}>{t(`studio_live.${state}`)}</span>
      <button type="button" class="button secondary" onClick={() => share.setSharing(!isSharing)}>
        {t(isSharing ? "studio_live.pause" : "studio_live.resume")}
      </button>
    </div>
  );
}

function DrawBar({ share }: { share: ShareModel }): JSX.Element {
  const { t } = useTexts();
  const price = useSignal("");
  const tool = share.tool.value;
  const hasDrawings = share.drawings.value.length > 0;
  const addLevel = () => {
    const text = typedPrice(price.value);
    if (text === null) return;
    share.addLevel(text);
    price.value = "";
  };
  return (
    <div class="draw-bar">
      <div class="draw-tools" role="group" aria-label={t("studio_live.tools")}>
        {TOOLS.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === tool}
            onClick={() => share.pickTool(each)}
          >
            {t(`studio_live.${each}`)}
          </button>
        ))}
      </div>
      <input
        type="text"
        class="draw-words"
        maxLength={DRAWING_TEXT_MAX}
        value={share.words.value}
        placeholder={t(tool === "note" ? "studio_live.words_note" : "studio_live.words")}
        aria-label={t(tool === "note" ? "studio_live.words_note" : "studio_live.words")}
        autocomplete="off"
        onInput={(event) => share.words.value = event.currentTarget.value}
      />
      <form
        class="draw-level"
        onSubmit={(event) => {
          event.preventDefault();
          addLevel();
        }}
      >
        <input
          type="text"
          inputMode="decimal"
          maxLength={30}
          value={price.value}
          placeholder={t("studio_live.price")}
          aria-label={t("studio_live.price")}
          autocomplete="off"
          onInput={(event) => price.value = event.currentTarget.value}
        />
        <button type="submit" class="button secondary" disabled={typedPrice(price.value) === null}>
          {t("studio_live.add_level")}
        </button>
      </form>
      <button type="button" class="button outline" disabled={!hasDrawings} onClick={() => share.removeDrawing()}>
        {t("studio_live.undo")}
      </button>
      <button type="button" class="button outline" disabled={!hasDrawings} onClick={() => share.clear()}>
        {t("studio_live.clear")}
      </button>
    </div>
  );
}

function Chart({ share, model }: { share: ShareModel; model: MarketModel }): JSX.Element {
  const settings = useSignal(loadSettings());
  const pen = useSignal<ChartPen | null>(null);
  const layer = useSignal<DrawingsPrimitive | null>(null);
  const drawings = share.drawings.value;
  const candles = model.candles.value;
  useEffect(() => {
    const times = share.times();
    if (times) layer.value?.setDrawings(drawings, times);
  }, [layer.value, drawings, candles]);
  return (
    <ChartArea
      model={model}
      settings={settings.value}
      onView={(chart) => {
        // With the chart's library, which the page loads once it has something to show.
        void import("./chart_pen.ts").then(({ ChartPen, DrawingsPrimitive }) => {
          const primitive = new DrawingsPrimitive();
          chart.attach(primitive);
          chart.attach(
            new ChartPen((opened) => {
              pen.value = opened;
              opened.onBars((bars) => share.setBars(bars));
            }),
          );
          layer.value = primitive;
        });
      }}
    >
      {share.tool.value !== "move" && pen.value && <Pen share={share} pen={pen.value} layer={layer.value} />}
    </ChartArea>
  );
}

/** Takes the pointer while something is drawn. */
function Pen(
  { share, pen, layer }: { share: ShareModel; pen: ChartPen; layer: DrawingsPrimitive | null },
): JSX.Element {
  const { t } = useTexts();
  const hint = useSignal<"" | "note" | "unusable">("");
  const tool = share.tool.value === "move" ? "level" : share.tool.value;
  useEffect(() => () => layer?.setDraft(null), [layer]);
  const placeOf = (event: PointerEvent & { currentTarget: HTMLElement }): DrawnPoint | null => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return share.pointAt(pen.placeAt(event.clientX - left, event.clientY - top));
  };
  return (
    <>
      <div
        class="pen"
        onPointerDown={(event) => {
          event.preventDefault();
          const point = placeOf(event);
          hint.value = point === null ? "unusable" : share.putMark(point) ? "" : "note";
        }}
        onPointerMove={(event) => {
          const from = share.mark.value;
          const to = from && placeOf(event);
          layer?.setDraft(from && to ? { from, to } : null);
        }}
      />
      <p class="pen-hint" role="status">
        {t(hint.value === "unusable" ? "studio_live.hint_unusable" : `studio_live.hint_${tool}`)}
      </p>
    </>
  );
}

function DrawingList({ share }: { share: ShareModel }): JSX.Element | null {
  const { t } = useTexts();
  const nameOf = ({ kind, text, points }: Drawing) =>
    [t(`studio_live.${kind}`), text, kind === "level" ? points[0]?.p : ""].filter(Boolean).join(" · ");
  if (share.drawings.value.length === 0) return null;
  return (
    <ul class="drawing-list" aria-label={t("studio_live.drawings")}>
      {share.drawings.value.map((drawing) => (
        <li key={drawing.id}>
          <span dir="auto">{nameOf(drawing)}</span>
          <button
            type="button"
            aria-label={t("studio_live.delete", { name: nameOf(drawing) })}
            onClick={() => share.removeDrawing(drawing.id)}
          >
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}
