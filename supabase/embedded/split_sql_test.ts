import assert from "node:assert/strict";
import { splitSql } from "./split_sql.ts";

const texts = (script: string) => splitSql(script).map(({ text }) => text);

Deno.test("splitSql() splits at semicolons and drops what holds comments alone", () => {
  assert.deepEqual(texts("select 1; select 2 ;\n-- the end\n/* really */"), ["select 1", "select 2"]);
});

Deno.test("splitSql() keeps semicolons inside strings, quoted names, dollar quotes and comments", () => {
  const statements = [
    "select 'a;b''c;', e'it\\'s;', \"odd;name\"",
    "create function f() returns void language plpgsql as $body$ begin perform 1; perform $$x;y$$; end $body$",
    "-- not; here\nselect /* nor; /* nested; */ here; */ 2",
  ];
  assert.deepEqual(texts(`${statements.join(";\n")};`), statements);
});

Deno.test("splitSql() does not take a dollar sign within a name for a quote", () => {
  assert.deepEqual(texts("select a$b$ from t; select $1"), ["select a$b$ from t", "select $1"]);
});

Deno.test("splitSql() keeps a body of begin atomic … end whole", () => {
  const body =
    "create function f(a int) returns int begin atomic select case when a > 1 then 1 else 2 end; select 3; end";
  assert.deepEqual(texts(`${body}; select 4`), [body, "select 4"]);
});

Deno.test("splitSql() tells the line a statement begins on", () => {
  assert.deepEqual(splitSql("select 1;\n\n\nselect\n2;").map(({ line }) => line), [1, 4]);
});

Deno.test("splitSql() survives quotes that never close", () => {
  for (const script of ["select 'open; x", "select $$open; x", "/* open; x", 'select "open; x']) {
    assert.ok(texts(script).length <= 2);
  }
});
