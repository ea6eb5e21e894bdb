import { jsonIn } from "../../basics/json";
import { type DashboardFilter, dashboardFilterSchema } from "../filter";
import { type QuestionId, questionIds } from "../questions";

/** What a link opens: a filter, and the question to answer with it, if any. */
export interface LinkedView {
  readonly filter: DashboardFilter;
  readonly question: QuestionId | null;
}

/** In base64url, because programs that handle links differ in what they escape. */
const parameter = "filter";
/** Longer than the link of a filter with a thousand schools. */
const maxTextLength = 200_000;

/**
 * A link that opens the dashboard with a filter and a question. It contains no number.
 *
 * @param page the address of the dashboard, such as `vscode://publisher.extension/dashboard`
 */
export function viewLink(page: string, { filter, question }: LinkedView): string {
  const encoded = Buffer.from(JSON.stringify(filter)).toString("base64url");
  return `${page}?${parameter}=${encoded}${question ? `&question=${question}` : ""}`;
}

/** What a link opens, whatever text surrounds it; undefined if there is no link. */
export function parseViewLink(text: string): LinkedView | undefined {
  const found = new RegExp(`[?&]${parameter}=([\\w-]+)(?:&question=(\\w+))?`).exec(
    text.slice(0, maxTextLength),
  );
  const [, encoded, questionName] = found ?? [];
  if (encoded === undefined) return undefined;
  const parsed = dashboardFilterSchema.safeParse(jsonIn(Buffer.from(encoded, "base64url").toString()));
  if (!parsed.success) return undefined;
  // Another version may know other questions; its filter is still valid.
  return { filter: parsed.data, question: questionIds.find((id) => id === questionName) ?? null };
}
