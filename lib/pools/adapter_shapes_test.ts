import assert from "node:assert/strict";
import { z } from "zod";
import { httpSettingsSchema, simulatedSettingsSchema, WIRE_SCHEMAS } from "./adapter_shapes.ts";

const DOCUMENT = new URL("../../examples/python-module/openapi.json", import.meta.url);

/** The shapes as JSON Schema, without what only zod's own checks need. */
function wireSchemas(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(WIRE_SCHEMAS).map(([name, schema]) => {
      const { $schema: _, ...rest } = z.toJSONSchema(schema, {
        io: "input",
        override: ({ jsonSchema }) => {
          if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
          if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
        },
      });
      return [name, rest];
    }),
  );
}

Deno.test("the module's OpenAPI document says what the worker sends and accepts", async () => {
  const { components, paths } = JSON.parse(await Deno.readTextFile(DOCUMENT));
  assert.deepEqual(components.schemas, wireSchemas());
  const calls = Object.entries(paths as Record<string, Record<string, Call>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody, responses }]) => [
      `${method} ${path}`,
      nameOf(requestBody),
      nameOf(responses["200"]),
    ])
  );
  assert.deepEqual(calls, [
    ["post /connect", "ConnectRequest", "Acknowledgement"],
    ["get /pnl", undefined, "Pnl"],
    ["get /positions", undefined, "Positions"],
    ["get /metrics", undefined, "Metrics"],
    ["post /pause", "StopRequest", "Acknowledgement"],
    ["post /emergency-stop", "StopRequest", "Acknowledgement"],
  ]);
});

interface Content {
  content: { "application/json": { schema: { $ref: string } } };
}

interface Call {
  requestBody?: Content;
  responses: Record<string, Content>;
}

function nameOf(part: Content | undefined): string | undefined {
  return part?.content["application/json"].schema.$ref.split("/").at(-1);
}

Deno.test("a pool's trading settings are read as administrators give them; what cannot be traded is refused", () => {
  assert.deepEqual(simulatedSettingsSchema.parse({ adapter: "simulated" }), {
    adapter: "simulated",
    symbol: "BTC-USDT",
    exchange: null,
    leverage: "0.5",
  });
  const given = { adapter: "simulated", symbol: "ETH-USDT", exchange: "kraken", leverage: 2 };
  assert.deepEqual(simulatedSettingsSchema.parse(given), { ...given, leverage: "2" });
  for (const leverage of ["0", "-1", "10.01", "NaN", "1e1", 0, -1, 11, 1e309, 1e-7, "0.12345"]) {
    assert.equal(simulatedSettingsSchema.safeParse({ adapter: "simulated", leverage }).success, false, `${leverage}`);
  }
  for (const symbol of ["btc", "BTC USDT", "<b>", ""]) {
    assert.equal(simulatedSettingsSchema.safeParse({ adapter: "simulated", symbol }).success, false, symbol);
  }
  assert.equal(httpSettingsSchema.safeParse({ adapter: "http" }).success, false);
});
