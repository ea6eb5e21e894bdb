import * as z from "zod";
import { dashboardFilterSchema } from "./filter";
import { questionIds } from "./questions";

const name = z.string().trim().min(1).max(100);

/** What a reader saves under names, for one lake: groups of schools, and views. It contains no numbers. */
export const savedSchema = z
  .strictObject({
    groups: z.array(z.strictObject({ name, schools: dashboardFilterSchema.unwrap().shape.schools })).max(200),
    views: z
      .array(
        z.strictObject({
          name,
          filter: dashboardFilterSchema,
          question: z.enum(questionIds).nullable(),
        }),
      )
      .max(200),
  })
  .readonly();
export type Saved = z.infer<typeof savedSchema>;
