/** The admin pages in English: the language the keys' types come from. */
export const ADMIN_EN = {} as const;
