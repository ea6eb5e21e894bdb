import type { FilterOptions } from "../../src/dashboard/answer";
import type { DashboardTexts } from "../../src/dashboard/export/texts";
import type { DashboardFilter } from "../../src/dashboard/filter";
import { openingFilter } from "../../src/dashboard/opening";
import type { QuestionId } from "../../src/dashboard/questions";
import { isChosen } from "./MultiSelect";
import { nameIn } from "./model";
import { schoolGroups } from "./schoolGroups";

/** A choice that a question leaves, with the filter that it makes. */
export interface QuestionChoice {
  readonly name: string;
  readonly filter: DashboardFilter;
  /** Whether a filter is just about this. */
  readonly isMade: (filter: DashboardFilter) => boolean;
}

export interface Question {
  /** The parts of the page that answer it. */
  readonly panels: readonly string[];
  /** What it is about, one of which must be chosen; empty where the data has none. `undefined`: nothing to choose. */
  readonly choices: readonly QuestionChoice[] | undefined;
  /** The filter that it is asked with at first. */
  readonly filter: DashboardFilter;
}

/** The grade that is asked about at first, where the data has it. */
const firstGrade = "7";

/** What a question is in a district. Each starts from the filter that the dashboard opens with. */
export function questionOf(id: QuestionId, texts: DashboardTexts, options: FilterOptions): Question {
  const asked = (panels: readonly string[], patch: Partial<DashboardFilter> = {}): Question => ({
    panels,
    choices: undefined,
    filter: { ...openingFilter, ...patch },
  });
  const choosing = (
    panels: readonly string[],
    choices: readonly QuestionChoice[],
    first = choices[0],
  ): Question => ({ panels, choices, filter: first?.filter ?? openingFilter });
  const named = (list: "resources" | "grades", values: readonly (string | null)[]) =>
    [...new Set(values)].map(
      (value): QuestionChoice => ({
        name: nameIn(texts, list, value),
        filter: { ...openingFilter, [list]: [value] },
        isMade: (filter) => isChosen([value], filter[list]),
      }),
    );
  switch (id) {
    case "levelApps":
      return choosing(
        ["table"],
        schoolGroups(texts, options).map(({ name, values }) => ({
          name,
          filter: { ...openingFilter, schools: [...values] },
          isMade: ({ schools }) => isChosen(values, schools),
        })),
      );
    case "appUse":
      return choosing(
        ["time", "schools", "changes", "table"],
        named(
          "resources",
          options.resources.map(({ name }) => name),
        ),
      );
    case "gradeResources": {
      const choices = named("grades", options.grades);
      const first = choices.find(({ filter }) => filter.grades[0] === firstGrade);
      return choosing(["distinctSchool"], choices, first);
    }
    case "licences":
      return asked(["licences"], { userTypes: [] });
    case "lastMonth":
      return asked(["changes"], { range: { preset: "last30" } });
    case "neverActive":
      return asked(["neverSchool", "neverGrade"]);
  }
}

/** The question in words, with what it is about. */
export function questionText(
  id: QuestionId,
  texts: DashboardTexts,
  options: FilterOptions,
  filter: DashboardFilter,
): string {
  const made = questionOf(id, texts, options).choices?.find(({ isMade }) => isMade(filter));
  return made ? `${texts.questions[id]} ${made.name}` : texts.questions[id];
}
