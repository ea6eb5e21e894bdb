import * as z from "zod";
import { dashboardFilterSchema } from "./filter";
import { questionIds } from "./questions";

/** How many groups, and how many views, are saved for a lake. */
export const maxSaved = 200;

const name = z.string().trim().min(1).max(100);

/** What a reader saves under names, for one lake: groups of schools, and views. It contains no numbers. */
export const savedSchema = z
  .strictObject({
    groups: z
      .array(z.strictObject({ name, schools: dashboardFilterSchema.unwrap().shape.schools }))
      .max(maxSaved),
    views: z
      .array(
        z.strictObject({ name, filter: dashboardFilterSchema, question: z.enum(questionIds).nullable() }),
      )
      .max(maxSaved),
  })
  .readonly();
export type Saved = z.infer<typeof savedSchema>;

const names = z.array(name).max(maxSaved);

/** A change of what is saved: entries to store under their names, and names to forget. */
export const savedChangeSchema = savedSchema
  .unwrap()
  .partial()
  .extend({ forget: z.strictObject({ groups: names, views: names }).partial().optional() })
  .readonly();
export type SavedChange = z.infer<typeof savedChangeSchema>;

/** The names of saved entries that a change replaces. */
export function replacedNames(saved: Saved, { groups = [], views = [] }: SavedChange): string[] {
  const inBoth = (put: readonly { readonly name: string }[], entries: readonly { readonly name: string }[]) =>
    put.map(({ name }) => name).filter((name) => entries.some((each) => each.name === name));
  return [...inBoth(groups, saved.groups), ...inBoth(views, saved.views)];
}

/** What is saved once a change is made to it. */
export function withChange(saved: Saved, { groups = [], views = [], forget }: SavedChange): Saved {
  return {
    groups: withEntries(saved.groups, groups, forget?.groups),
    views: withEntries(saved.views, views, forget?.views),
  };
}

/** The entries after adding others, which replace those with the same name, and without those to forget. */
function withEntries<T extends { readonly name: string }>(
  entries: readonly T[],
  put: readonly T[],
  forget: readonly string[] = [],
): T[] {
  const left = entries.filter(
    ({ name }) => !forget.includes(name) && put.every((each) => each.name !== name),
  );
  return [...left, ...put].sort((a, b) => a.name.localeCompare(b.name));
}
