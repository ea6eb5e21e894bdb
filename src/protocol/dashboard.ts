import * as z from "zod";
import type { DashboardAnswer, NoAnswer } from "../dashboard/answer";
import type { DashboardTexts } from "../dashboard/export/texts";
import { dashboardView } from "../dashboard/export/view";
import type { LinkedView } from "../dashboard/export/viewLink";
import { type DashboardFilter, dashboardFilterSchema } from "../dashboard/filter";
import { keptWhole } from "../dashboard/opening";
import { questionIds } from "../dashboard/questions";
import { type Saved, savedChangeSchema } from "../dashboard/saved";

/**
 * The longest file that a page may send to be saved, in characters. An image of every school and resource is far
 * smaller.
 */
const maxFileLength = 50_000_000;

/** A file that a page sends to be saved; `png` in base64, all others as text. */
export const pageFile = z.object({
  kind: z.enum(["png", "svg", "csv"]),
  /** Without a folder; suggested in the dialog. */
  name: z.string().regex(/^[\w.-]{1,120}$/),
  content: z.string().max(maxFileLength),
});
export type PageFile = z.infer<typeof pageFile>;

/** The state that the page saves for a later one of the same tab. */
export const pageState = z.object({
  filter: dashboardFilterSchema,
  view: dashboardView,
  scrollTop: z.number().nonnegative(),
});
export type PageState = z.infer<typeof pageState>;

/** What the page sends to the extension. */
export const fromPage = z.discriminatedUnion("type", [
  /**
   * The page is running and listening; it restarts whenever its tab becomes visible. Its saved state may be damaged, or from
   * another version: `init` returns it if it is valid.
   */
  z.object({ type: z.literal("ready"), state: pageState.optional().catch(undefined) }),
  /** A new question, which cancels the previous one; messages about it repeat its `question` number. */
  z.object({ type: z.literal("ask"), question: z.int().nonnegative(), filter: dashboardFilterSchema }),
  z.object({ type: z.literal("retry") }),
  /** Executes a command, here without `clever.`. */
  z.object({
    type: z.literal("command"),
    command: z.enum(["connect", "run", "showLog", "reports.focus"]),
  }),
  /** A change to the reader's saved items; answered by `given`. */
  z.object({ type: z.literal("keepSaved"), change: savedChangeSchema }),
  z.object({
    type: z.literal("copyFilter"),
    filter: dashboardFilterSchema,
    question: z.enum(questionIds).nullable(),
  }),
  z.object({ type: z.literal("pasteFilter") }),
  z.object({ type: z.literal("save"), file: pageFile }),
  /** Divides people the other way, offered when this division leaves everything out. */
  z.object({ type: z.literal("keepWhole"), keep: z.enum(keptWhole) }),
  /** The whole dashboard as shown, as one HTML file. */
  z.object({ type: z.literal("saveDashboard"), view: dashboardView }),
]);
export type FromPage = z.infer<typeof fromPage>;

/** What the extension sends to the page. */
export type ToPage =
  | {
      readonly type: "init";
      readonly texts: DashboardTexts;
      /** The district's name; empty where none is set. */
      readonly district: string;
      readonly saved: Saved;
      readonly filter: DashboardFilter;
      readonly question: number;
      /** The page's saved state. */
      readonly before: PageState | undefined;
      /** The question of a link, if the page does not know it yet. */
      readonly asked?: LinkedView["question"];
    }
  /** An answer is being computed; `forget` if the connection changed, so that the shown one is of another lake. */
  | { readonly type: "loading"; readonly question: number; readonly forget?: true }
  /** The tables changed and are being read again: how many of the months are ready. */
  | { readonly type: "progress"; readonly question: number; readonly ready: number; readonly months: number }
  | { readonly type: "answer"; readonly question: number; readonly answer: DashboardAnswer }
  /** The tables are still empty. */
  | ({ readonly type: "empty"; readonly question: number } & Pick<NoAnswer, "noLakeAt">)
  | {
      readonly type: "failed";
      readonly question: number;
      readonly message: string;
      /** What the page offers. */
      readonly fix: "retry" | "connect";
    }
  /** As in `init`, after a change. */
  | { readonly type: "given"; readonly district: string; readonly saved: Saved }
  /** What a link opens; the page asks it. */
  | ({ readonly type: "pasted" } & LinkedView)
  /** A message for the user, such as that the clipboard holds no filter. */
  | { readonly type: "notice"; readonly text: string };
