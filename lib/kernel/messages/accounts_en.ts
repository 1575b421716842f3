/** The accounts pages in English: the language the keys' types come from. */
export const ACCOUNTS_EN = {} as const;
