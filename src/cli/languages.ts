/** The languages that the exported dashboard speaks. */
export const languages = ["en", "es"] as const;
export type Language = (typeof languages)[number];
