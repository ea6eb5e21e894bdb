import * as z from "zod";

export const findingSchema = z.object({
  /** The table's folder in the lake. */
  table: z.string(),
  /** The months with doubtful rows, `yyyy-MM`; empty for the whole table. */
  months: z.array(z.string()),
  /** As sentences. */
  problem: z.string(),
});

/** What another program did to a table, so that its rows no longer match the landed files. */
export type Finding = z.infer<typeof findingSchema>;
