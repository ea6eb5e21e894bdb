import { type DashboardFilter, dashboardFilterSchema } from "../filter";

/** In base64url, since programs through which a link goes differ over what they escape. */
const parameter = "filter";
/** Longer than the link of a filter with a thousand schools. */
const longestText = 200_000;

/**
 * A link that opens the dashboard with a filter. It holds no number.
 *
 * @param page the address of the dashboard, such as `vscode://publisher.extension/dashboard`
 */
export function filterLink(page: string, filter: DashboardFilter): string {
  return `${page}?${parameter}=${Buffer.from(JSON.stringify(filter)).toString("base64url")}`;
}

/** The filter of a link, whatever text stands around it; undefined where there is none. */
export function parseFilterLink(text: string): DashboardFilter | undefined {
  const encoded = new RegExp(`[?&]${parameter}=([\\w-]+)`).exec(text.slice(0, longestText))?.[1];
  if (encoded === undefined) return undefined;
  try {
    const parsed = dashboardFilterSchema.safeParse(JSON.parse(Buffer.from(encoded, "base64url").toString()));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
