import { CleverLakeError } from "../basics/errors";
import { pseudoTable } from "./layout";
import type { Report } from "./reports";

/**
 * The error about a `_pseudo` table that does not exist although its lookup table does: people are committed before
 * their rows.
 */
export function tableGone(report: Report): CleverLakeError {
  return new CleverLakeError("corrupt", "The table is gone, but its lookup table is there.", {
    subject: pseudoTable(report),
    hint: "The next run rebuilds it from the landed files.",
  });
}
