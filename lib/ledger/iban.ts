/**
 * How many letters and digits each country's IBANs have: SWIFT's IBAN registry (ISO 13616), release 100. The database
 * decides by the same table, private.iban_length(); a test compares them.
 */
export const IBAN_LENGTHS: Readonly<Record<string, number>> = Object.fromEntries(
  `
  AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29
  ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20
  LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29
  PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20
  YE30
  `.trim().split(/\s+/).map((each) => [each.slice(0, 2), Number(each.slice(2))]),
);

/** A text as banks write IBANs: in capitals, without spaces. */
export function compactIban(text: string): string {
  return text.replaceAll(" ", "").toUpperCase();
}

/** Whether a text is an IBAN, by its country, its length and its check digits; spaces and small letters are fine. */
export function isIban(text: string): boolean {
  const iban = compactIban(text);
  if (!/^[A-Z]{2}\d{2}[A-Z\d]+$/.test(iban) || IBAN_LENGTHS[iban.slice(0, 2)] !== iban.length) return false;
  // ISO 13616: the first four signs go to the end, letters are 10 to 35, and the number is 1 modulo 97.
  const digits = (iban.slice(4) + iban.slice(0, 4)).replace(/[A-Z]/g, (sign) => String(sign.charCodeAt(0) - 55));
  let rest = 0;
  for (const digit of digits) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1;
}

/** A destination as people read it: an IBAN in groups of four, anything else as it is. */
export function destinationText(destination: string, asset: string): string {
  return asset === "EUR" && isIban(destination) ? compactIban(destination).replace(/(.{4})(?=.)/g, "$1 ") : destination;
}
