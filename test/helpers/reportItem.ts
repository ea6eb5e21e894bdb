import type { ReportItem } from "../../src/engine/messages/messages";

/** A new report in the reports view, without its path. */
export const newReport: Omit<ReportItem, "path"> = {
  state: "new",
  acceptable: false,
  report: "daily_participation",
  userType: "students",
  size: 1,
};
