import { CleverLakeError } from "../basics/errors";
import { pseudoTable } from "./layout";
import type { Report } from "./reports";

/** The error about a `_pseudo` table that does not exist although files were pseudonymized into it. */
export function tableGone(report: Report): CleverLakeError {
  return new CleverLakeError("corrupt", "The table is gone.", {
    subject: pseudoTable(report),
    hint: "The next run rebuilds it from the landed files.",
  });
}
