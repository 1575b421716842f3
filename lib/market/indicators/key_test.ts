import assert from "node:assert/strict";
import {
  indicatorKeySchema,
  indicatorReferenceSchema,
  KEY_LENGTH_MAX,
  keyOf,
  paramSchema,
  parseKey,
  parseReference,
} from "./key.ts";
import { INDICATORS } from "./registry.ts";

function key(text: string): string {
  const read = parseKey(text);
  assert.ok(read.ok, read.ok ? "" : read.error);
  return read.value.key;
}

function error(read: { ok: true } | { ok: false; error: string }): string {
  assert.ok(!read.ok);
  return read.error;
}

Deno.test("keys that mean the same are one key", () => {
  for (const text of ["ema", "ema()", "EMA(20)", " ema ( 20 ) ", "ema(20.0)", "ema(020)"]) {
    assert.equal(key(text), "ema(20)");
  }
  assert.equal(key("macd(12, 26,9)"), key("MACD"));
  assert.equal(key("bb(20,2.50)"), "bb(20,2.5)");
  assert.equal(key("vwap"), "vwap()");
});

Deno.test("every indicator's canonical key reads back as itself and fits the limit with its longest parameters", () => {
  for (const { id, params, outputs } of INDICATORS.values()) {
    const { key: canonical } = keyOf(id);
    assert.equal(key(canonical), canonical);
    const widest = id === "macd"
      ? [999, 1_000, 1_000]
      : params.map(({ kind, max }) => kind === "candles" ? max : 1.2345);
    for (const { name } of outputs) {
      const text = `${keyOf(id, ...widest).key}.${name}`;
      assert.ok(text.length < KEY_LENGTH_MAX - 10, text);
      assert.ok(parseReference(text).ok, text);
    }
  }
});

Deno.test("keys that cannot be computed are refused with what would do", () => {
  assert.match(error(parseKey("foo(1)")), /Cannot find indicator "foo": there are sma, ema, /);
  assert.match(error(parseKey("ema(20")), /write it like "ema\(20\)"/);
  assert.match(error(parseKey("ema(20,3)")), /Too many parameters of "ema": it takes period/);
  assert.match(error(parseKey("vwap(1)")), /it takes none/);
  assert.match(error(parseKey("ema(0)")), /Cannot use period 0 of "ema": it takes 1 to 1000/);
  assert.match(error(parseKey("ema(1001)")), /1 to 1000/);
  assert.match(error(parseKey("ema(2.5)")), /whole numbers/);
  assert.match(error(parseKey("bb(20,1.23456)")), /4 digits/);
  assert.match(error(parseKey("macd(26,12,9)")), /fast 26 of "macd": it must be below slow 12/);
  assert.match(error(parseKey("macd(12,,9)")), /Cannot read ""/);
  for (const text of ["ema(NaN)", "ema(1e2)", "ema(-1)", "ema(Infinity)", "ema(0x10)"]) {
    assert.match(error(parseKey(text)), /plain numbers/, text);
  }
  assert.match(error(parseKey("ema(20).value")), /Leave out/);
  assert.match(error(parseKey("e".repeat(KEY_LENGTH_MAX + 1))), /limit is 80/);
  assert.throws(() => keyOf("ema", NaN), RangeError);
  assert.throws(() => keyOf("__proto__"), RangeError);
});

Deno.test("a reference names one output, and may leave it out where there is but one", () => {
  const read = parseReference("macd( 12,26 , 9 ).Signal");
  assert.ok(read.ok);
  assert.equal(read.value.reference, "macd(12,26,9).signal");
  assert.equal(read.value.output, 1);
  const single = parseReference("rsi(14).value");
  assert.ok(single.ok);
  assert.equal(single.value.reference, "rsi(14)");
  assert.match(error(parseReference("macd")), /Name an output of "macd": line, signal, histogram/);
  assert.match(error(parseReference("macd.foo")), /Cannot find output "foo"/);
});

Deno.test("the schemas give canonical text, and parameters their defaults", () => {
  assert.equal(indicatorKeySchema.parse("EMA"), "ema(20)");
  assert.equal(indicatorReferenceSchema.parse("bb.upper"), "bb(20,2).upper");
  const refused = indicatorKeySchema.safeParse("ema(0)");
  assert.match(refused.error?.issues[0]?.message ?? "", /1 to 1000/);
  for (const { params } of INDICATORS.values()) {
    for (const param of params) {
      const schema = paramSchema(param);
      assert.equal(schema.parse(undefined), param.default);
      assert.ok(schema.safeParse(param.max).success && schema.safeParse(param.min).success);
      assert.ok(!schema.safeParse(param.max + 1).success && !schema.safeParse(NaN).success);
    }
  }
});
