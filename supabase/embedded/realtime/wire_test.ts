import assert from "node:assert/strict";
import { bytesBroadcast, decodeBinary, decodeText, textBroadcast } from "./wire.ts";

const encoder = new TextEncoder();

/** A kind 3 frame as stock clients push it. */
function push(fields: string[], json: boolean, payload: string): Uint8Array {
  const parts = fields.map((field) => encoder.encode(field));
  return new Uint8Array([
    3,
    ...parts.map((part) => part.length),
    json ? 1 : 0,
    ...parts.flatMap((part) => [...part]),
    ...encoder.encode(payload),
  ]);
}

function bodyOf(frame: { bytes: Uint8Array } | null): string {
  assert.ok(frame);
  const header = (frame.bytes[1] as number) < 126 ? 2 : 4;
  return new TextDecoder().decode(frame.bytes.subarray(header));
}

Deno.test("decodeText() takes each version's shape and nothing else", () => {
  const array = '["1","2","realtime:a","broadcast",{"x":1}]';
  const object = '{"topic":"realtime:a","event":"broadcast","payload":{"x":1},"ref":"2","join_ref":"1"}';
  const message = { joinRef: "1", ref: "2", topic: "realtime:a", event: "broadcast", payload: { x: 1 }, binary: null };
  assert.deepEqual(decodeText(2, array), message);
  assert.deepEqual(decodeText(1, object), message);
  for (const bad of ["", "{", "null", "1", '"x"', "[]", '["1","2",3,"e",{}]', '[{},"2","t","e",{}]']) {
    assert.equal(decodeText(2, bad), null, bad);
    assert.equal(decodeText(1, bad), null, bad);
  }
  assert.equal(decodeText(1, array), null);
  assert.equal(decodeText(2, object), null);
});

Deno.test("decodeBinary() reads kind 3 with multi-byte names", () => {
  const decoded = decodeBinary(push(["1", "2", "realtime:räum", "ereignis-ü", ""], true, '{"a":1}'));
  assert.equal(decoded?.topic, "realtime:räum");
  assert.equal(decoded?.binary?.event, "ereignis-ü");
  assert.equal(new TextDecoder().decode(decoded?.binary?.payload), '{"a":1}');
});

Deno.test("decodeBinary() drops wrong lengths, encodings, UTF-8 and JSON", () => {
  const good = push(["1", "2", "realtime:a", "e", ""], true, "{}");
  for (let length = 0; length < good.length; length++) {
    assert.equal(decodeBinary(good.subarray(0, length)), null, `cut to ${length}`);
  }
  const longName = good.slice();
  longName[3] = 200;
  const encoding = good.slice();
  encoding[6] = 7;
  const kind = good.slice();
  kind[0] = 4;
  const utf8 = good.slice();
  utf8[9] = 0xff;
  for (const bad of [longName, encoding, kind, utf8]) assert.equal(decodeBinary(bad), null);
  assert.equal(decodeBinary(push(["1", "2", "realtime:a", "e", ""], true, "{no json")), null);
});

Deno.test("decodeBinary() and decodeText() survive 100,000 mutated frames without throwing", () => {
  const seed = 42;
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 4_294_967_296 * below);
  };
  const bases = [
    push(["1", "22", "realtime:room", "event", '{"x":1}'], true, '{"a":[1,2,3]}'),
    encoder.encode('["1","2","realtime:a","broadcast",{"type":"broadcast","event":"e","payload":{}}]'),
    encoder.encode('{"topic":"realtime:a","event":"phx_join","payload":{"config":{}},"ref":"1"}'),
  ];
  let read = 0;
  for (let round = 0; round < 100_000; round++) {
    const base = bases[random(bases.length)] as Uint8Array;
    const bytes = base.slice(0, 1 + random(base.length * 2));
    for (let i = random(3); i >= 0; i--) bytes[random(bytes.length)] = random(256);
    const text = new TextDecoder().decode(bytes);
    try {
      for (const decoded of [decodeBinary(bytes), decodeText(1, text), decodeText(2, text)]) {
        if (decoded !== null) read++;
      }
    } catch (error) {
      throw new Error(`Threw in round ${round} of seed ${seed}`, { cause: error });
    }
  }
  assert.ok(read > 1_000, `only ${read} mutated frames were still readable`);
});

Deno.test("bytesBroadcast() is kind 4 for version 2 and JSON for version 1", () => {
  const payload = encoder.encode('{"a":1}');
  const outgoing = bytesBroadcast("realtime:a", "e", true, payload, { id: "7" });
  const binary = outgoing?.frame(2)?.bytes ?? new Uint8Array();
  const meta = '{"id":"7"}';
  assert.equal(binary[0], 0x82);
  assert.deepEqual([...binary.subarray(2, 7)], [4, 10, 1, meta.length, 1]);
  assert.equal(new TextDecoder().decode(binary.subarray(7)), `realtime:ae${meta}{"a":1}`);
  assert.deepEqual(JSON.parse(bodyOf(outgoing?.frame(1) ?? null)), {
    topic: "realtime:a",
    event: "broadcast",
    payload: { type: "broadcast", event: "e", payload: { a: 1 }, meta: { id: "7" } },
    ref: null,
  });
});

Deno.test("bytesBroadcast() spares version 1 what it cannot carry, and refuses names over 255 bytes", () => {
  assert.equal(bytesBroadcast("realtime:a", "e", false, new Uint8Array([1]))?.frame(1), null);
  assert.equal(bytesBroadcast("realtime:a", "é".repeat(128), true, new Uint8Array()), null);
});

Deno.test("a broadcast is encoded once a version", () => {
  const outgoing = textBroadcast("realtime:a", "e", '{"a":1}');
  assert.equal(outgoing.frame(2), outgoing.frame(2));
  assert.equal(outgoing.frame(1), outgoing.frame(1));
  assert.equal(
    bodyOf(outgoing.frame(2)),
    '[null,null,"realtime:a","broadcast",{"type":"broadcast","event":"e","payload":{"a":1}}]',
  );
});
