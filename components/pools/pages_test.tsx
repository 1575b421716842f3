import assert from "node:assert/strict";
import type { PoolState } from "../../lib/pools/live_pool.ts";
import { createDetail, createLot, createPool } from "../../lib/pools/testing.ts";
import { renderPart } from "../testing.ts";
import { PoolsPage, type PoolsPageProps } from "./pools_page.tsx";
import { PoolView } from "./pool_view.tsx";

const NOW = Date.parse("2026-10-14T14:32:08Z");
const DAY = 86_400_000;

function createState(overrides: Partial<PoolState> = {}): PoolState {
  return {
    detail: createDetail({ lots: [createLot(), createLot({ id: "2", no: 139, mark: "121.305", new_profit: "0" })] }),
    points: Array.from({ length: 100 }, (_, i) => ({ t: NOW - (100 - i) * DAY, v: 100 + i / 5.4 })),
    settlements: [NOW - 5 * DAY],
    range: "all",
    phase: "snapshot",
    nowMs: NOW,
    ...overrides,
  };
}

function createPage(overrides: Partial<PoolsPageProps> = {}): PoolsPageProps {
  const items = [createPool({ my_value: "34413.41" }), createPool({ id: "2", name: "Low Tide", status: "paused" })];
  return {
    list: { items, nextCursor: null, scope: "all", chosen: items[0]?.id ?? null, isSignedIn: true, nowMs: NOW },
    state: createState(),
    positions: { at: null, items: [] },
    orders: null,
    isPaper: true,
    shows: "pool",
    ...overrides,
  };
}

/** What a reader sees, without the data for the islands. */
function textOf(html: string): string {
  return html.replace(/<script[^]*?<\/script>/g, "").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
}

Deno.test("a pool's figures, next settlement and lots are readable without JavaScript", () => {
  const text = textOf(renderPart(<PoolsPage {...createPage()} />));
  assert.match(text, /Harbour Basis Run by nordlicht since 13 Feb 2026 Simulated strategy BTC\/USDT PAPER/);
  assert.match(text, /Value per unit €118\.4627 Since last settlement \+1\.34% Pool size €14,208,311\.00/);
  assert.match(
    text,
    /no\. 35 2 days 01 hour 27 min 52 sec Settles Fri 16 Oct 16:00 Orders accepted until Fri 16 Oct 12:00/,
  );
  assert.match(text, /L-0131 25 Sep 45\.0000 €116\.9020 €116\.9020 €5,330\.82 \+€70\.23 €70\.23 €10\.53/);
  assert.match(text, /L-0139 .*Needs \+2\.40%/);
  assert.match(text, /Mine €34,413\.41 Settles Fri 16:00/);
  assert.match(text, /Paused: no new money/);
});

Deno.test("the chart is drawn by the server: line, marks and purchases, and told in a sentence", () => {
  const html = renderPart(<PoolView {...createState()} />);
  assert.match(html, /<path class="chart-line" d="M0 \d+L/);
  assert.match(html, /aria-label="Value per unit: €100\.0000 on 6 Jul, €118\.3333 on 13 Oct"/);
  assert.equal(html.match(/class="chart-mark"/g)?.length, 2);
  assert.match(html, /Mark for 0139/);
  assert.equal(html.match(/class="chart-lot"/g)?.length, 2);
  assert.doesNotMatch(html, /NaN|Infinity| style=/);
});

Deno.test("ranges are links, and the one shown is marked", () => {
  const html = renderPart(<PoolView {...createState({ range: "3m" })} />);
  const links = [...html.matchAll(/href="\?range=(\w+)"( aria-current="true")?/g)];
  assert.deepEqual(links.map(([, range]) => range), ["1m", "3m", "6m", "all"]);
  assert.deepEqual(links.filter(([, , current]) => current).map(([, range]) => range), ["3m"]);
});

Deno.test("an old value looks old and says how old, a live one says that", () => {
  const old = renderPart(
    <PoolView
      {...createState({ phase: "stale", nowMs: NOW + 7 * 60_000 })}
    />,
  );
  assert.match(old, /class="old-figure">€118\.4627/);
  assert.match(textOf(old), /7 min old/);
  const live = renderPart(<PoolView {...createState({ phase: "live" })} />);
  assert.doesNotMatch(live, /old-figure/);
  assert.match(live, /chart-now live/);
  assert.match(
    textOf(
      renderPart(<PoolView {...createState({ phase: "reconnecting" })} />),
    ),
    /Reconnecting/,
  );
});

Deno.test("a pool that nobody told anything of reads No data, and never 0", () => {
  const detail = createDetail({
    pool: { change_percent: null, size: null },
    live: {
      at: null,
      equity: null,
      unit_price: null,
      pnl: null,
      exposure: null,
      drawdown: null,
      sharpe: null,
      adapter_status: "unknown",
      adapter_error: null,
      stale: true,
    },
    cycle: null,
    settlements: [],
  });
  const state = createState({ detail, points: [], settlements: [], phase: "stale" });
  const text = textOf(renderPart(<PoolsPage {...createPage({ state })} />));
  assert.ok((text.match(/No data/g)?.length ?? 0) >= 6, text);
  assert.match(text, /No settlement is planned\./);
  assert.match(text, /Not told yet/);
  assert.doesNotMatch(text, /\b0\.00\b|NaN|undefined|null/);
});

Deno.test("the buttons lead to pages of their own, where a script opens dialogs with the same forms", () => {
  const orders = { available: "5000", subscribeId: "s-1", redeemId: "r-1" };
  const html = renderPart(<PoolsPage {...createPage({ orders })} />);
  const { id } = createPool();
  assert.match(html, new RegExp(`href="/pools/${id}/subscribe" data-dialog="subscribe-dialog"`));
  assert.match(html, new RegExp(`href="/pools/${id}/redeem" data-dialog="redeem-dialog"`));
  assert.match(html, new RegExp(`<form action="/pools/${id}/subscribe" method="post"[^]*value="s-1"`));
  assert.match(html, new RegExp(`<form action="/pools/${id}/redeem" method="post"[^]*value="r-1"`));
});

Deno.test("real money is said to be real, and asked about once more", () => {
  const orders = { available: "5000", subscribeId: "s-1", redeemId: "r-1" };
  const text = textOf(renderPart(<PoolsPage {...createPage({ orders, isPaper: false })} />));
  assert.match(
    text,
    /I know that this moves real money\. Hold the button for a second: .* Place subscription REAL Moves real money/,
  );
  assert.doesNotMatch(text, /PAPER|Play money/);
});
