/** The languages of the exported dashboard. */
export const languages = ["en", "es"] as const;
export type Language = (typeof languages)[number];
