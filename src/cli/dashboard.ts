import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { UserType } from "../clever/reports";
import type { Config, Secrets } from "../config";
import type { DashboardAnswer } from "../dashboard/answer";
import { dashboardHtml } from "../dashboard/export/dashboardHtml";
import { dashboardTexts } from "../dashboard/export/texts";
import { openingView } from "../dashboard/export/view";
import {
  type DashboardFilter,
  dashboardFilterSchema,
  openingFilter,
  type RangePreset,
} from "../dashboard/filter";
import { IndexKeeper } from "../dashboard/index/indexKeeper";
import { answer } from "../dashboard/query/answer";
import { preparation } from "../dashboard/release/prepared";
import { CleverLakeError } from "../errors";
import { openLake } from "./connect";

export interface DashboardOptions {
  readonly out: string;
  readonly range?: RangePreset;
  readonly from?: string;
  readonly to?: string;
  readonly school?: string[];
  readonly resource?: string[];
  readonly resourceType?: string[];
  readonly grade?: string[];
  readonly userType?: UserType[];
  readonly percent?: true;
  readonly minimumGroupSize?: number;
  readonly schoolYearStart?: string;
  readonly cache?: string;
}

/** What was written. */
export interface WrittenDashboard {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
}

/**
 * Computes the dashboard for a filter and writes it as one HTML file that opens offline.
 * @param mediaFolder where the page's bundle is
 * @throws CleverLakeError with `notFound` where the tables hold no row, with `config` for an option that cannot be used
 */
export async function writeDashboard(
  config: Config,
  secrets: Secrets,
  options: DashboardOptions,
  mediaFolder: string,
  signal: AbortSignal,
): Promise<WrittenDashboard> {
  const read = (name: string) => readFile(path.join(mediaFolder, name), "utf8");
  const bundle = { script: await read("dashboard.js"), styles: await read("dashboard.css") };
  const answered = await ask(config, secrets, options, signal);
  const view = { ...openingView, units: options.percent ? ("percent" as const) : ("absolute" as const) };
  const texts = dashboardTexts((text) => text, "en");
  const html = dashboardHtml(bundle, { answer: answered, view, texts });
  await writeFile(options.out, html);
  return { file: options.out, from: answered.from, to: answered.to, bytes: Buffer.byteLength(html) };
}

async function ask(
  config: Config,
  secrets: Secrets,
  options: DashboardOptions,
  signal: AbortSignal,
): Promise<DashboardAnswer> {
  const lake = await openLake(config, secrets);
  const ownFolder =
    options.cache === undefined ? await mkdtemp(path.join(tmpdir(), "clever-lake-")) : undefined;
  const cacheFolder = options.cache ?? ownFolder ?? "";
  try {
    await using keeper = new IndexKeeper({ cacheFolder });
    const minimumGroupSize = options.minimumGroupSize ?? config.minimumGroupSize;
    const prepared = await keeper.derived(lake, preparation(minimumGroupSize), signal);
    if (prepared === undefined) throw nothingYet();
    const answerOptions = {
      minimumGroupSize,
      schoolYearStart: options.schoolYearStart ?? "08-01",
      now: new Date(),
    };
    const answerTo = async (filter: DashboardFilter) => {
      const answered = await answer(prepared, prepared.value, filter, answerOptions, signal);
      if ("empty" in answered) throw nothingYet();
      return answered;
    };
    const { from, to } = options;
    if (from === undefined && to === undefined) return await answerTo(filterOf(options, options.range));
    // One end is given: the other is the data's.
    const { firstDay, lastDay } =
      from !== undefined && to !== undefined
        ? { firstDay: from, lastDay: to }
        : (await answerTo({ ...openingFilter, range: { preset: "last7" } })).options;
    return await answerTo(filterOf(options, { from: from ?? firstDay, to: to ?? lastDay }));
  } finally {
    if (ownFolder !== undefined) await rm(ownFolder, { recursive: true, force: true });
  }
}

function filterOf(
  options: DashboardOptions,
  range: RangePreset | { readonly from: string; readonly to: string } = "schoolYear",
): DashboardFilter {
  const parsed = dashboardFilterSchema.safeParse({
    range: typeof range === "string" ? { preset: range } : range,
    schools: options.school ?? [],
    resources: options.resource ?? [],
    resourceTypes: options.resourceType ?? [],
    userTypes: options.userType ?? openingFilter.userTypes,
    grades: options.grade ?? [],
  });
  if (parsed.success) return parsed.data;
  throw new CleverLakeError("config", "The days must be given as yyyy-MM-dd, the first one before the last.");
}

function nothingYet(): CleverLakeError {
  return new CleverLakeError("notFound", "The lake's tables hold nothing yet.", {
    hint: "Fill them first: clever-lake run.",
  });
}
