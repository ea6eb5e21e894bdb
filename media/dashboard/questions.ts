import type { DashboardFilter } from "../../src/dashboard/filter";
import { openingFilterFor } from "../../src/dashboard/opening";
import type { QuestionId } from "../../src/dashboard/questions";
import { breakName, isWinterBreak } from "./breakNames";
import { breakPatch } from "./comparisonWords";
import { fill } from "./formats";
import { isChosen } from "./MultiSelect";
import { type FilterPatch, nameIn, type Words } from "./model";
import { schoolGroups } from "./schoolGroups";

/** A choice that a question offers. */
export interface QuestionChoice {
  readonly name: string;
  readonly patch: FilterPatch;
  /** Whether a filter has exactly this choice. */
  readonly isMade: (filter: DashboardFilter) => boolean;
}

export interface Question {
  /** The parts of the page that answer it. */
  readonly panels: readonly string[];
  /**
   * The subjects to choose from, one of which is required; empty if the data has none. `undefined` if there is
   * nothing to choose.
   */
  readonly choices: readonly QuestionChoice[] | undefined;
  /** The periods that the question can compare. */
  readonly periods: readonly QuestionChoice[];
  /** The initial filter of the question. */
  readonly filter: DashboardFilter;
}

/** The grade that is selected at first, if the data has it and it can be shown alone. */
const firstGrade = "7";

/** A question, with choices from a district's data. Each starts from the dashboard's opening filter. */
export function questionOf(id: QuestionId, words: Words): Question {
  const { texts, answer } = words;
  const { options } = answer;
  const questionView = (
    panels: readonly string[],
    patch: FilterPatch = {},
    choices?: readonly QuestionChoice[],
    periods: readonly QuestionChoice[] = [],
  ): Question => ({
    panels,
    choices,
    periods,
    filter: { ...openingFilterFor(options), ...patch, ...periods[0]?.patch },
  });
  const named = (list: "resources" | "grades", values: readonly (string | null)[]) =>
    [...new Set(values)].map(
      (value): QuestionChoice => ({
        name: nameIn(texts, list, value),
        patch: { [list]: [value] },
        isMade: (filter) => isChosen([value], filter[list]),
      }),
    );
  switch (id) {
    case "levelApps": {
      const choices = schoolGroups(texts, options).map(({ name, values }) => ({
        name,
        patch: { schools: [...values] },
        isMade: ({ schools }: DashboardFilter) => isChosen(values, schools),
      }));
      return questionView(["table"], choices[0]?.patch, choices);
    }
    case "appUse": {
      const choices = named(
        "resources",
        options.resources.map(({ name }) => name),
      );
      const panels = ["periods", "periodsSchool", "periodsGrade", "time", "changes"];
      // The resources of an answer begin with the most used one.
      const [most] = answer.resources;
      const first = choices.find(({ patch }) => patch.resources?.[0] === most?.resource) ?? choices[0];
      return questionView(panels, first?.patch, choices, periodChoices(words));
    }
    case "gradeResources": {
      const choices = named("grades", options.grades);
      const isShown = (grade: string | null | undefined) =>
        answer.byGrade.some((each) => each.grade === grade && each.users !== null);
      const gradeOf = ({ patch }: QuestionChoice) => patch.grades?.[0];
      const usual = choices.find((choice) => gradeOf(choice) === firstGrade);
      const shown = usual && isShown(firstGrade) ? usual : choices.find((choice) => isShown(gradeOf(choice)));
      const first = shown ?? usual ?? choices[0];
      return questionView(["distinctSchool"], first?.patch, choices);
    }
    case "licences":
      return questionView(["licences"], { userTypes: [] });
    case "lastMonth":
      return questionView(["changes"], { range: { preset: "last30" } });
    case "neverActive":
      return questionView(["neverSchool", "neverGrade"]);
  }
}

/**
 * Before and after each break: winter breaks first, then the others, newest first; finally the last 30 days compared
 * with the days before them.
 */
function periodChoices(words: Words): QuestionChoice[] {
  const { texts, answer } = words;
  const newestFirst = [...answer.options.breaks].reverse();
  return [
    ...[...newestFirst.filter(isWinterBreak), ...newestFirst.filter((each) => !isWinterBreak(each))].map(
      (each): QuestionChoice => ({
        name: fill(texts.aroundBreak, breakName(words, each)),
        patch: breakPatch(words, each),
        isMade: ({ compare, range }) =>
          compare?.from === each.before.from && "from" in range && range.from === each.after.from,
      }),
    ),
    {
      name: texts.last30AndBefore,
      patch: { range: { preset: "last30" }, compare: undefined },
      isMade: ({ compare, range }) => compare === undefined && "preset" in range && range.preset === "last30",
    },
  ];
}

/** The question in words, with its subject. */
export function questionText(id: QuestionId, words: Words, filter: DashboardFilter): string {
  const { choices = [], periods } = questionOf(id, words);
  const made = [choices, periods].flatMap((list) => list.find(({ isMade }) => isMade(filter))?.name ?? []);
  return `${words.texts.questions[id]} ${made.join(" · ")}`.trim();
}
