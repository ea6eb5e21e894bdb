import type { Comparison, FilterOptions } from "../../src/dashboard/answer";
import type { DashboardTexts } from "../../src/dashboard/export/texts";
import type { DashboardFilter, RangePreset } from "../../src/dashboard/filter";
import type { Saved } from "../../src/dashboard/saved";
import { periodDays, periodNames } from "./comparisonWords";
import { fill, type Language } from "./formats";
import { groupOf } from "./MultiSelect";
import { completenessSentences, missingSentences } from "./missingWords";
import {
  type FilterPatch,
  isNumbered,
  type NameList,
  nameIn,
  nameLists,
  type Ready,
  type Words,
} from "./model";
import { questionText } from "./questions";
import { schoolGroups } from "./schoolGroups";
import { suppressionSentences } from "./suppressionWords";

/** An active part of the filter, and how to remove it. */
export interface FilterPart {
  readonly text: string;
  readonly without: FilterPatch;
}

/** The parts of a filter other than its dates. Each user type is a part, because no choice of user types is neutral. */
export function filterParts(
  texts: DashboardTexts,
  filter: DashboardFilter,
  options: FilterOptions | undefined,
  saved: Saved["groups"] = [],
): readonly FilterPart[] {
  const group = options && groupOf(schoolGroups(texts, options, saved), filter.schools);
  return [
    ...filter.userTypes.map((type) => ({
      text: texts[type],
      without: { userTypes: filter.userTypes.filter((each) => each !== type) },
    })),
    ...(group ? [{ text: group.name, without: { schools: [] } }] : []),
    ...nameLists.flatMap((list) =>
      (list === "schools" && group ? [] : filter[list]).map((name) => ({
        text: chipName(texts, list, name),
        without: { [list]: filter[list].filter((each) => each !== name) },
      })),
    ),
  ];
}

function chipName(texts: DashboardTexts, list: NameList, name: string | null): string {
  const text = nameIn(texts, list, name);
  return list === "grades" && name !== null && isNumbered(name) ? fill(texts.gradeOf, text) : text;
}

export function presetName(texts: DashboardTexts, preset: RangePreset): string {
  return { last7: texts.last7, last30: texts.last30, schoolYear: texts.schoolYear, all: texts.allData }[
    preset
  ];
}

/** The requested dates, in words. */
export function rangeName({ texts, formats }: Language, { range }: DashboardFilter): string {
  return "preset" in range ? presetName(texts, range.preset) : formats.range(range.from, range.to);
}

/** The facts that a reader must know about an exported chart, one line each. */
export function provenance({ texts, formats, district, filter, view, answer }: Ready): readonly string[] {
  const parts = filterParts(texts, filter, answer.options).map(({ text }) => text);
  const { question } = view;
  return [
    ...(district === "" ? [] : [`${texts.district}: ${district}`]),
    ...(question ? [`${texts.question}: ${questionText(question, { texts, formats, answer }, filter)}`] : []),
    `${texts.period}: ${formats.range(answer.from, answer.to)}`,
    `${texts.filters}: ${parts.length === 0 ? texts.none : parts.join(", ")}`,
    `${texts.privacy}: ${groupRule(texts, answer.minimumGroupSize)}`,
    ...suppressionSentences({ texts, formats, answer }),
    // With one kind of people, the sentences about completeness say the same.
    ...(filter.userTypes.length === 1 ? [] : missingSentences({ texts, formats }, answer.missing)),
    ...completenessSentences({ texts, formats, answer }).map((text) => `${texts.completeness}: ${text}`),
    ...comparedPeriods({ texts, formats, answer }, answer.comparison),
    fill(texts.exportedOn, formats.moment(answer.computed)),
    texts.source,
  ];
}

/** The two compared periods, one line each. */
function comparedPeriods(words: Words, comparison: Comparison | null): string[] {
  if (comparison === null) return [];
  const names = periodNames(words, comparison);
  return [comparison.before, comparison.now].map(
    (period, at) => `${names[at]}: ${periodDays(words, period)}`,
  );
}

export function groupRule(texts: DashboardTexts, minimum: number): string {
  return fill(minimum > 1 ? texts.groupRule : texts.noGroups, minimum);
}
