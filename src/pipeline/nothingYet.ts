import { CleverLakeError } from "../basics/errors";
import type { Lake } from "../lake/lake";

/** The error for a question about a lake that has no rows. */
export function nothingYet({ url: subject }: Lake): CleverLakeError {
  return new CleverLakeError("notFound", "There are no rows in this lake's tables.", {
    subject,
    hint: "If it is new, fill it first: clever-lake run. Files in quarantine are in no table: see clever-lake status. Otherwise check its address, and whether its disk is mounted.",
  });
}
