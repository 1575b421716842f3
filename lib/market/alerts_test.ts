import assert from "node:assert/strict";
import { type ActiveAlert, ALERT_CONDITIONS, type AlertCondition, isMet, PriceAlerts } from "./alerts.ts";
import { seeded } from "../kernel/seeded.ts";

function alert(
  id: string,
  condition: AlertCondition,
  value: string,
  restingUntilMs: number | null = null,
): ActiveAlert {
  return { id, symbol: "BTC-USDT", timeframe: null, indicator: null, condition, value, restingUntilMs };
}

function ids(alerts: PriceAlerts, price: string, nowMs = 0): string[] {
  return alerts.price("BTC-USDT", price, 1, nowMs).map(({ id }) => id).sort();
}

Deno.test("PriceAlerts fires above and below at once when the price is there already, crossings only when passed", () => {
  const alerts = new PriceAlerts();
  alerts.set([alert("a", "above", "100"), alert("b", "below", "100"), alert("c", "crosses_above", "100")]);
  assert.deepEqual(ids(alerts, "101"), ["a"]);
  assert.deepEqual(ids(alerts, "99"), ["b"]);
  assert.deepEqual(ids(alerts, "100"), ["c"], "reaching the value is passing it");
  assert.deepEqual(ids(alerts, "90"), [], "each fires once");
});

Deno.test("PriceAlerts does not fire a crossing for a price that stays on the value", () => {
  const alerts = new PriceAlerts();
  alerts.set([alert("c", "crosses_above", "100"), alert("d", "crosses_below", "100")]);
  assert.deepEqual(ids(alerts, "100"), []);
  assert.deepEqual(ids(alerts, "100"), []);
  assert.deepEqual(ids(alerts, "101"), [], "it did not come from below");
  assert.deepEqual(ids(alerts, "100"), ["d"]);
});

Deno.test("PriceAlerts keeps what it has seen when the list of alerts comes again", () => {
  const alerts = new PriceAlerts();
  alerts.set([alert("c", "crosses_above", "100")]);
  assert.deepEqual(ids(alerts, "99"), []);
  alerts.set([alert("c", "crosses_above", "100"), alert("new", "crosses_above", "99.5")]);
  assert.deepEqual(ids(alerts, "101"), ["c", "new"]);
});

Deno.test("PriceAlerts lets a repeating alert rest, and looks at it again when the rest is over", () => {
  const alerts = new PriceAlerts();
  alerts.set([alert("a", "above", "100", 1_000)]);
  assert.deepEqual(ids(alerts, "101", 999), []);
  assert.deepEqual(ids(alerts, "101", 1_000), ["a"], "though the price has not moved");
});

Deno.test("PriceAlerts looks at an alert that is armed again like at a new one", () => {
  const alerts = new PriceAlerts();
  alerts.set([alert("a", "above", "100")]);
  assert.deepEqual(ids(alerts, "101"), ["a"]);
  alerts.set([alert("a", "above", "100")]);
  assert.deepEqual(ids(alerts, "102"), ["a"]);
});

Deno.test("PriceAlerts forgets alerts and symbols that are gone", () => {
  const alerts = new PriceAlerts();
  alerts.set([alert("a", "above", "100")]);
  alerts.set([]);
  assert.deepEqual(ids(alerts, "101"), []);
  assert.deepEqual([...alerts.symbols], []);
});

Deno.test("PriceAlerts agrees with looking at every alert on every price", () => {
  const seed = 20261120;
  const random = seeded(seed);
  const list: ActiveAlert[] = [];
  for (let i = 0; i < 500; i++) {
    const condition = ALERT_CONDITIONS[Math.floor(random() * ALERT_CONDITIONS.length)] as AlertCondition;
    list.push(alert(`a${i}`, condition, (80 + Math.floor(random() * 40)).toString()));
  }
  const alerts = new PriceAlerts();
  const open = new Set(list);
  let before: number | null = null;
  for (let step = 0; step < 2_000; step++) {
    // Alerts arrive while prices move.
    alerts.set([...open].filter((each) => Number(each.id.slice(1)) <= step));
    const price = 80 + Math.floor(random() * 40);
    const expected: string[] = [];
    for (const each of open) {
      if (Number(each.id.slice(1)) > step || !isMet(each.condition, Number(each.value), before, price)) continue;
      expected.push(each.id);
      open.delete(each);
    }
    assert.deepEqual(ids(alerts, String(price)), expected.sort(), `seed ${seed}, step ${step}`);
    before = price;
  }
});
