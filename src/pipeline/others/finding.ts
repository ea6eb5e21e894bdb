import * as z from "zod";

export const findingSchema = z.object({
  /** The table's folder in the lake. */
  table: z.string(),
  /** The months whose rows are in doubt, `yyyy-MM`; empty for the table as a whole. */
  months: z.array(z.string()),
  /** As sentences. */
  problem: z.string(),
});

/** What another program did to a table, so that its rows are not those of the landed files any more. */
export type Finding = z.infer<typeof findingSchema>;
