/** The questions that people ask most; the page answers each with one click. In the order shown. */
export const questionIds = [
  "levelApps",
  "appUse",
  "gradeResources",
  "licences",
  "lastMonth",
  "neverActive",
] as const;
export type QuestionId = (typeof questionIds)[number];
