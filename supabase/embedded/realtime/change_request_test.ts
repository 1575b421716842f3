import assert from "node:assert/strict";
import { isAnswer } from "./change_reader.ts";
import { type Condition, idOfParams, namesMatch, parseChangeRequest, parseFilter } from "./change_request.ts";

function shortOf(filter: string): unknown {
  const parsed = parseFilter(filter);
  if (typeof parsed === "string") return parsed;
  return parsed.map(({ column, op, value, negate }: Condition) => `${column} ${negate ? "not " : ""}${op} ${value}`);
}

Deno.test("parseFilter() splits at commas outside quotes and parentheses, and takes values out of quotes", () => {
  assert.deepEqual(shortOf('a=eq.1,b=not.in.(1,"2,3"),c=like."x,\\"(y"'), [
    "a eq 1",
    'b not in {1,"2,3"}',
    'c like x,"(y',
  ]);
  assert.deepEqual(shortOf("a=eq.x=y.z"), ["a eq x=y.z"]);
  assert.deepEqual(shortOf("a=eq."), ["a eq "]);
  assert.deepEqual(shortOf('a=eq.it"s'), ['a eq it"s']);
  assert.deepEqual(shortOf('a=eq."open'), ['a eq "open']);
  assert.deepEqual(shortOf("  "), []);
});

Deno.test("parseFilter() words what is wrong as hosted Realtime does", () => {
  assert.equal(shortOf("wrong"), '["wrong"]');
  assert.equal(shortOf("a=5"), '["5"]');
  assert.equal(shortOf("a=foo.b"), '["foo", "b"]');
  assert.equal(shortOf("a=in.1"), "`in` filter value must be wrapped by parentheses");
  assert.equal(shortOf("a=eq.1,"), "filter must not contain empty segments (check for extra commas)");
  assert.equal(shortOf("a=eq.\0"), "a filter must not contain NUL");
  assert.match(String(shortOf("a=eq.1,".repeat(21) + "a=eq.1")), /at most 20 conditions/);
  assert.match(String(shortOf("a=eq." + "x".repeat(9_000))), /at most 8192 characters/);
});

Deno.test("parseChangeRequest() fills in schema, table and event", () => {
  const read = (params: Record<string, unknown>) => {
    const parsed = parseChangeRequest(params);
    return parsed.ok ? [parsed.request.event, parsed.request.schema, parsed.request.table] : parsed.message;
  };
  assert.deepEqual(read({ event: "insert", schema: "a", table: "b" }), ["INSERT", "a", "b"]);
  assert.deepEqual(read({ event: "TRUNCATE", schema: "a" }), ["*", "a", "*"]);
  assert.deepEqual(read({ table: "b" }), ["*", "public", "b"]);
  for (const bad of [{}, { schema: 1 }, { schema: "a", table: "b", filter: 5 }, { schema: "a", filter: "x=eq.1" }]) {
    assert.match(String(read(bad)), /^No subscription params provided/);
  }
});

Deno.test("namesMatch() takes a name for itself, * for all, and % for any characters", () => {
  assert.ok(namesMatch("*", "a") && namesMatch("a_b", "a_b") && namesMatch("a%", "abc") && namesMatch("%b%", "abc"));
  assert.ok(namesMatch("a%b%c", "a1b2c") && namesMatch("%", ""));
  assert.ok(
    !namesMatch("a_b", "axb") && !namesMatch("ab%ba", "aba") && !namesMatch("a%b%c", "acb") && !namesMatch("", "a"),
  );
});

Deno.test("idOfParams() is the same for the same entry, whatever the order, and never zero", () => {
  assert.equal(idOfParams({ event: "*", schema: "a" }), idOfParams({ schema: "a", event: "*" }));
  assert.notEqual(idOfParams({ event: "*", schema: "a" }), idOfParams({ event: "*", schema: "b" }));
  assert.ok(idOfParams({}) > 0);
});

Deno.test("parseFilter() survives 100,000 mutated filters", () => {
  const seed = 11;
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 4_294_967_296 * below);
  };
  const base = 'id=gt.0,title=not.like."a,\\"b%",tags=in.(1,"2,3"),x=is.null';
  const pieces = ['"', "\\", "(", ")", ",", ".", "=", "not.", "in.", "é", "\0", ""];
  for (let round = 0; round < 100_000; round++) {
    let filter = base;
    for (let i = random(4); i >= 0; i--) {
      const at = random(filter.length);
      filter = filter.slice(0, at) + pieces[random(pieces.length)] + filter.slice(at + random(4));
    }
    const parsed = parseFilter(filter);
    assert.ok(typeof parsed === "string" || Array.isArray(parsed), `round ${round} of seed ${seed}`);
  }
});

Deno.test("a lost socket is no answer of the database, though its code looks like one", () => {
  assert.equal(isAnswer(Object.assign(new Error("write EPIPE"), { code: "EPIPE" })), false);
  assert.equal(isAnswer(Object.assign(new Error("x"), { name: "PostgresError", code: "57P01" })), false);
  assert.equal(isAnswer(Object.assign(new Error("x"), { name: "PostgresError", code: "42703" })), true);
  assert.equal(isAnswer(null), false);
});
