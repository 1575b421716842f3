import { createPseudonym } from "./pseudonym.ts";

/** What the edge says about a caller's address, and the proof that the edge says so. */
export interface Vouched {
  /** 16 hexadecimal digits that stand for the address. */
  address: string;
  /** 64 hexadecimal digits; good for this minute and the ones beside it. */
  proof: string;
}

/** Addresses remembered at once: each costs two hashes a minute to be told again. */
export const VOUCHED_MAX = 10_000;

const MINUTE_ms = 60_000;

/** What a voucher is made of. */
export interface VoucherOptions {
  /** `EDGE_HMAC_KEY`, which the database checks proofs with (set_edge_hmac_key). */
  hmacKey: string;
  nowMs: () => number;
}

/**
 * Makes a function that vouches for addresses to the database: HMAC-SHA256 of the address, cut, and of that pseudonym
 * with the minute (see the migration create_caller_key). Anyone can claim an address, only the edge can prove one.
 */
export function createVoucher({ hmacKey, nowMs }: VoucherOptions): (address: string) => Promise<Vouched> {
  const pseudonym = createPseudonym(hmacKey);
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = crypto.subtle.importKey("raw", encoder.encode(hmacKey), algorithm, false, ["sign"]);
  const made = new Map<string, { minute: number; vouched: Promise<Vouched> }>();
  const make = async (address: string, minute: number): Promise<Vouched> => {
    const name = await pseudonym(address);
    const mac = await crypto.subtle.sign("HMAC", await key, encoder.encode(`${name}|${minute}`));
    return { address: name, proof: new Uint8Array(mac).toHex() };
  };
  return (address) => {
    const minute = Math.floor(nowMs() / MINUTE_ms);
    const known = made.get(address);
    if (known?.minute === minute) return known.vouched;
    const vouched = make(address, minute);
    // Taken out first, so that the longest unused stand in front.
    made.delete(address);
    made.set(address, { minute, vouched });
    if (made.size > VOUCHED_MAX) made.delete(made.keys().next().value ?? "");
    return vouched;
  };
}
