import * as z from "zod";
import type { DashboardAnswer } from "../dashboard/answer";
import type { DashboardTexts } from "../dashboard/export/texts";
import { type DashboardView, dashboardView } from "../dashboard/export/view";
import type { LinkedView } from "../dashboard/export/viewLink";
import { type DashboardFilter, dashboardFilterSchema } from "../dashboard/filter";
import { keptWhole } from "../dashboard/opening";
import { questionIds } from "../dashboard/questions";
import { type Saved, savedSchema } from "../dashboard/saved";

/** Longest file that a page may hand over to be saved, in characters: a picture of every school and resource is far below. */
const longestFile = 50_000_000;

/** What a page hands over to be saved; `png` in base64, all others as text. */
export const pageFile = z.object({
  kind: z.enum(["png", "svg", "csv"]),
  /** Without a folder; the dialog's proposal. */
  name: z.string().regex(/^[\w.-]{1,120}$/),
  content: z.string().max(longestFile),
});
export type PageFile = z.infer<typeof pageFile>;

/** What the page sends to the extension. */
export const fromPage = z.discriminatedUnion("type", [
  /** The page runs and listens; it starts again whenever its tab comes to the front. */
  z.object({ type: z.literal("ready") }),
  /** A new question, which calls off the one before; `question` comes back with what is said about it. */
  z.object({ type: z.literal("ask"), question: z.int().nonnegative(), filter: dashboardFilterSchema }),
  z.object({ type: z.literal("retry") }),
  /** All that the reader keeps under names, as it is from now on. */
  z.object({ type: z.literal("keepSaved"), saved: savedSchema }),
  z.object({ type: z.literal("run") }),
  z.object({ type: z.literal("openLog") }),
  z.object({ type: z.literal("showReports") }),
  z.object({
    type: z.literal("copyFilter"),
    filter: dashboardFilterSchema,
    question: z.enum(questionIds).nullable(),
  }),
  z.object({ type: z.literal("pasteFilter") }),
  z.object({ type: z.literal("save"), file: pageFile }),
  /** To divide people the other way, where this one leaves everything out. */
  z.object({ type: z.literal("keepWhole"), keep: z.enum(keptWhole) }),
  /** The whole dashboard as it is shown, as one HTML file. */
  z.object({ type: z.literal("saveDashboard"), view: dashboardView }),
]);
export type FromPage = z.infer<typeof fromPage>;

/** What the extension sends to the page. */
export type ToPage =
  | {
      readonly type: "init";
      readonly texts: DashboardTexts;
      /** The district's name; empty where it has not said it. */
      readonly district: string;
      readonly saved: Saved;
      readonly filter: DashboardFilter;
      readonly question: number;
      /** The question of a link that the page has not heard of yet. */
      readonly asked?: LinkedView["question"];
    }
  | { readonly type: "loading"; readonly question: number }
  /** The tables changed and are read again: months of them that are ready, of all. */
  | { readonly type: "progress"; readonly question: number; readonly ready: number; readonly months: number }
  | { readonly type: "answer"; readonly question: number; readonly answer: DashboardAnswer }
  /** The tables hold nothing yet. */
  | { readonly type: "empty"; readonly question: number }
  | { readonly type: "failed"; readonly question: number; readonly message: string }
  /** What a link opens, to be asked. */
  | ({ readonly type: "pasted" } & LinkedView)
  /** For the user to hear, such as that the clipboard holds no filter. */
  | { readonly type: "notice"; readonly text: string };

/** What the page leaves for a later one of the same tab. */
export const pageState = z.object({
  filter: dashboardFilterSchema,
  view: dashboardView,
  scrollTop: z.number().nonnegative(),
});
export interface PageState {
  readonly filter: DashboardFilter;
  readonly view: DashboardView;
  readonly scrollTop: number;
}
