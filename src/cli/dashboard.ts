import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { unwritable } from "../basics/errors";
import { writeOutput } from "../basics/outputFile";
import type { ConfigFile, Secrets } from "../config";
import type { DashboardAnswer } from "../dashboard/answer";
import { withCaveats } from "../dashboard/caveats";
import { readDistrictFiles } from "../dashboard/districtFiles";
import { dashboardHtml } from "../dashboard/export/dashboardHtml";
import { regionalLocale } from "../dashboard/export/regionalLocale";
import { type DashboardTexts, dashboardTexts } from "../dashboard/export/texts";
import { openingView } from "../dashboard/export/view";
import type { ParticipationIndex } from "../dashboard/index/participationIndex";
import { defaultSchoolYearStart } from "../dashboard/opening";
import { answer, optionsOf } from "../dashboard/query/answer";
import { nothingYet } from "../pipeline/nothingYet";
import { openLake } from "./connect";
import { type Language, languages } from "./languages";
import { caveatsIn, countingOf, withIndex } from "./participation";
import { districtFilesOf, filterOf, type QuestionOptions, requireDays, warnOfUnknownNames } from "./question";

export interface DashboardOptions extends QuestionOptions {
  readonly out: string;
  /** A file that lists the paid resources. */
  readonly licences?: string;
  readonly percent?: true;
  readonly schoolYearStart?: string;
  readonly language?: Language;
}

/**
 * Computes the dashboard for a filter and writes it as one HTML file that opens offline.
 * @param folders the folders of the page's bundle and of the translations
 * @throws CleverLakeError with `notFound` if the tables are empty, with `config` for an invalid option, with `io` if
 *   the file cannot be written (an existing file is then kept)
 * @returns the file, its range of days, and the first and the last day in the tables
 */
export async function writeDashboard(
  config: ConfigFile,
  secrets: Secrets,
  options: DashboardOptions,
  folders: { readonly media: string; readonly l10n: string },
  signal: AbortSignal,
) {
  const read = (name: string) => readFile(path.join(folders.media, name), "utf8");
  const bundle = { script: await read("dashboard.js"), styles: await read("dashboard.css") };
  const answered = await ask(config, secrets, options, signal);
  const view = { ...openingView, units: options.percent ? ("percent" as const) : ("absolute" as const) };
  const texts = await textsIn(options.language ?? languageOf(process.env), folders.l10n);
  const html = dashboardHtml(bundle, { answer: answered, view, texts, district: config.districtName ?? "" });
  await writeOutput("The dashboard", options.out, (unfinished) =>
    writeFile(unfinished, html, { flag: "wx" }).catch((cause: unknown) => {
      throw unwritable("The dashboard", options.out, cause);
    }),
  );
  const { from, to } = answered;
  const { firstDay, lastDay } = answered.options;
  return { file: options.out, from, to, firstDay, lastDay, bytes: Buffer.byteLength(html) };
}

/**
 * The language of the process's locale; on Windows, where no variable has it, the system's. English if the page does
 * not support the language.
 */
export function languageOf(environment: NodeJS.ProcessEnv, system: string = systemLocale()): Language {
  const locale = localeOf(environment, system);
  return languages.find((language) => locale.split(/[-_.@]/, 1)[0] === language) ?? "en";
}

function systemLocale(): string {
  return process.platform === "win32" ? Intl.DateTimeFormat().resolvedOptions().locale : "";
}

function localeOf({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv, system = systemLocale()): string {
  return LC_ALL || LC_MESSAGES || LANG || system;
}

/** The page's texts, from the extension's translations. */
async function textsIn(language: Language, l10nFolder: string): Promise<DashboardTexts> {
  const locale = regionalLocale(language, localeOf(process.env));
  if (language === "en") return dashboardTexts((text) => text, language, locale);
  const file = await readFile(path.join(l10nFolder, `bundle.l10n.${language}.json`), "utf8");
  const translations = z.record(z.string(), z.string()).parse(JSON.parse(file));
  return dashboardTexts((text) => translations[text] ?? text, language, locale);
}

async function ask(
  config: ConfigFile,
  secrets: Secrets,
  options: DashboardOptions,
  signal: AbortSignal,
): Promise<DashboardAnswer> {
  requireDays(options);
  const schoolYearStart = options.schoolYearStart ?? defaultSchoolYearStart;
  const files = {
    ...districtFilesOf(config, options),
    licencesFile: options.licences ?? config.licencesFile,
  };
  const { levels, licences } = await readDistrictFiles(files);
  const answerOptions = {
    ...countingOf(config, options),
    schoolYearStart,
    now: new Date(),
    levels,
    licences,
  };
  const lake = await openLake(config, secrets);
  const compute = async (index: ParticipationIndex | undefined) => {
    if (index === undefined) throw nothingYet(lake);
    const filter = filterOf(options, files.schoolLevelsFile, optionsOf(index, answerOptions));
    const answered = await answer(index, filter, answerOptions, signal);
    if ("empty" in answered) throw nothingYet(lake);
    return answered;
  };
  const answered = await withIndex(lake, options, compute, signal);
  const unknown = (answered.licences ?? []).filter(({ isKnown }) => !isKnown);
  const names = unknown.map(({ resource }) => resource);
  warnOfUnknownNames(files.licencesFile, "resource", names, () => unknown[0]?.nearest ?? []);
  const { waiting, changedByOthers } = await caveatsIn(lake, config, signal);
  return withCaveats(answered, waiting, changedByOthers && changedByOthers.size > 0);
}
