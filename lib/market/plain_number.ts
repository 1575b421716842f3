// @ts-types="npm:@types/big.js@7.0.0"
import Big from "big.js";

/** The shortest decimal that names a float, without an exponent: 1e-8 becomes "0.00000001". Throws for no number. */
export function plainDecimal(value: number): string {
  return new Big(value).toFixed();
}

/** The step of a number of decimal places: 2 becomes "0.01", −1 becomes "10". */
export function stepOfPlaces(places: number): string {
  return new Big(10).pow(-places).toFixed();
}
