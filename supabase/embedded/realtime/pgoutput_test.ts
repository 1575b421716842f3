import assert from "node:assert/strict";
import { PgoutputDecoder } from "./pgoutput.ts";

const text = (value: string) => [...new TextEncoder().encode(value)];
const int16 = (value: number) => [value >> 8, value & 255];
const int32 = (value: number) => [...int16(value >>> 16), ...int16(value & 65535)];
const field = (value: string | null) =>
  value === null ? text("n") : [...text("t"), ...int32(text(value).length), ...text(value)];
const column = (key: boolean, name: string) => [key ? 1 : 0, ...text(name), 0, ...int32(25), ...int32(-1)];
const RELATION = [
  ...text("R"),
  ...int32(7),
  ...[...text("public"), 0, ...text("t"), 0, 100],
  ...int16(2),
  ...column(true, "id"),
  ...column(false, "größe"),
];

function decoderWithRelation(): PgoutputDecoder {
  const decoder = new PgoutputDecoder();
  assert.equal(decoder.decode(new Uint8Array(RELATION)), null);
  return decoder;
}

Deno.test("an update without an old tuple tells its key, and keeps unchanged values out of line unknown", () => {
  const bytes = new Uint8Array([...text("U"), ...int32(7), ...text("N"), ...int16(2), ...field("1"), ...text("u")]);
  const message = decoderWithRelation().decode(bytes);
  assert.ok(message?.type === "change");
  assert.deepEqual([message.change.kind, message.change.after, message.change.before], ["UPDATE", ["1", undefined], [
    "1",
    undefined,
  ]]);
  assert.deepEqual(message.change.relation.columns.map(({ name }) => name), ["id", "größe"]);
});

Deno.test("an update with a full old tuple fills in what did not change", () => {
  const old = [...text("O"), ...int16(2), ...field("1"), ...field("\ufeffold")];
  const bytes = new Uint8Array([
    ...text("U"),
    ...int32(7),
    ...old,
    ...text("N"),
    ...int16(2),
    ...field("2"),
    ...text("u"),
  ]);
  const message = decoderWithRelation().decode(bytes);
  assert.ok(message?.type === "change");
  assert.deepEqual([message.change.after, message.change.before], [["2", "\ufeffold"], ["1", "\ufeffold"]]);
});

Deno.test("a deletion by key tells nothing but the key", () => {
  const bytes = new Uint8Array([...text("D"), ...int32(7), ...text("K"), ...int16(2), ...field("1"), ...field(null)]);
  const message = decoderWithRelation().decode(bytes);
  assert.ok(message?.type === "change");
  assert.deepEqual([message.change.after, message.change.before], [null, ["1", undefined]]);
});

Deno.test("a message cut short, or about a table never described, throws rather than invents", () => {
  const insert = [...text("I"), ...int32(7), ...text("N"), ...int16(2), ...field("1"), ...field("x")];
  const decoder = decoderWithRelation();
  assert.equal(decoder.decode(new Uint8Array(insert))?.type, "change");
  for (let length = 6; length < insert.length; length++) {
    assert.throws(() => decoder.decode(new Uint8Array(insert.slice(0, length))), `cut to ${length}`);
  }
  assert.throws(() => new PgoutputDecoder().decode(new Uint8Array(insert)), /never described/);
});
