/** What people ask most; the page answers each with a click. In the order in which they are offered. */
export const questionIds = [
  "levelApps",
  "appUse",
  "gradeResources",
  "licences",
  "lastMonth",
  "neverActive",
] as const;
export type QuestionId = (typeof questionIds)[number];
