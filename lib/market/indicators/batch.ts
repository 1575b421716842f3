import type { CheckedColumns } from "./bar.ts";
import { barAt } from "./bar.ts";
import type { IndicatorKey } from "./key.ts";
import { atrSeries, bollingerSeries, emaSeries, macdSeries, rsiSeries, smaSeries } from "./kernels.ts";

/** Fills `out`, one column an output, from whole columns. */
type Kernel = (columns: CheckedColumns, params: readonly number[], out: readonly Float64Array[]) => void;

/** Loops of their own for what most strategies ask for; they give what stepping gives, to the last bit. */
const KERNELS: Readonly<Record<string, Kernel>> = {
  sma: ({ close }, [period], [out]) => smaSeries(close, period as number, out as Float64Array),
  ema: ({ close }, [period], [out]) => emaSeries(close, period as number, out as Float64Array),
  rsi: ({ close }, [period], [out]) => rsiSeries(close, period as number, out as Float64Array),
  macd: ({ close }, params, out) => macdSeries(close, params as [number, number, number], out),
  bb: ({ close }, params, out) => bollingerSeries(close, params as [number, number], out),
  atr: (columns, [period], [out]) => atrSeries(columns, period as number, out as Float64Array),
};

/**
 * An indicator over a whole history: one column for each output, as long as the candles; NaN until a window has filled.
 * The value at a candle depends on it and those before it alone, and is what the live indicator gave there.
 * @param out columns to fill, for callers that compute often; new ones unless given.
 * @throws {RangeError} of columns that do not fit.
 */
export function computeSeries(
  { spec, params, key }: IndicatorKey,
  columns: CheckedColumns,
  out: readonly Float64Array[] = spec.outputs.map(() => new Float64Array(columns.t.length)),
): readonly Float64Array[] {
  const length = columns.t.length;
  if (out.length !== spec.outputs.length || out.some((column) => column.length !== length)) {
    throw new RangeError(`Cannot fill ${out.length} columns with ${key}: it takes ${spec.outputs.length} of ${length}`);
  }
  const kernel = KERNELS[spec.id];
  if (kernel !== undefined) {
    kernel(columns, params, out);
    return out;
  }
  const indicator = spec.create(...params);
  const { values } = indicator;
  for (let i = 0; i < length; i++) {
    indicator.next(barAt(columns, i), true);
    for (let j = 0; j < out.length; j++) (out[j] as Float64Array)[i] = values[j] as number;
  }
  return out;
}
