import type { DashboardAnswer } from "../../src/dashboard/answer";
import { formerNamesOf } from "../../src/dashboard/currentSchools";
import type { DashboardTexts } from "../../src/dashboard/export/texts";
import type { DashboardView } from "../../src/dashboard/export/view";
import type { LinkedView } from "../../src/dashboard/export/viewLink";
import type { DashboardFilter } from "../../src/dashboard/filter";
import type { QuestionId } from "../../src/dashboard/questions";
import type { Saved } from "../../src/dashboard/saved";
import type { FromPage, PageFile } from "../../src/protocol/dashboard";
import type { ImageKind } from "./charts/exportImage";
import type { Look } from "./charts/look";
import { type Formats, fill, isolated, type Language } from "./formats";

export type Phase =
  | { readonly name: "loading" }
  | { readonly name: "empty"; readonly noLakeAt: string | undefined }
  | { readonly name: "failed"; readonly message: string; readonly fix: "retry" | "connect" }
  | { readonly name: "ready" };

/** Everything that the page shows. */
export interface Model {
  readonly texts: DashboardTexts;
  /** The district's name, or empty. */
  district: string;
  /** Depends on the answer's minimum group size. */
  formats: Formats;
  /** The reader's saved items. */
  saved: Saved;
  /** Whether this is an exported page: its filters are fixed, and it gets no answers. */
  readonly frozen: boolean;
  readonly actions: Actions;
  filter: DashboardFilter;
  view: DashboardView;
  phase: Phase;
  /** The latest answer; it stays visible, dimmed, while the next one is computed. */
  answer: DashboardAnswer | undefined;
  busy: boolean;
  look: Look;
  /** Progress of reading the lake, in words. */
  progress: string;
  /** For screen readers. */
  announcement: string;
  /** For all users, until their next action. */
  notice: string;
}

/** A model with an answer: the basis of all charts. */
export interface Ready extends Model {
  readonly answer: DashboardAnswer;
}

/** What sentences about an answer are made of. */
export type Words = Language & Pick<Ready, "answer">;

/** The filter change of a click on a mark. */
export type FilterPatch = Partial<{ -readonly [Key in keyof DashboardFilter]: DashboardFilter[Key] }>;

/** Whether two filters ask the same, in whatever order their parts are. */
export function isSameFilter(one: DashboardFilter, other: DashboardFilter): boolean {
  const parts = Object.keys({ ...one, ...other }) as (keyof DashboardFilter)[];
  return parts.every((part) => JSON.stringify(one[part]) === JSON.stringify(other[part]));
}

/** The filter's lists of names. */
export const nameLists = ["schools", "resources", "resourceTypes", "grades"] as const;
export type NameList = (typeof nameLists)[number];

/** The actions on the page. */
export interface Actions {
  setFilter(patch: FilterPatch): void;
  setView(patch: Partial<DashboardView>): void;
  /** Shows a saved or linked view, replacing the current one. */
  showView(view: LinkedView): void;
  /** Asks one of the listed questions; its answer appears at the top of the page. */
  ask(question: QuestionId): void;
  /** Shows a part's table instead of its chart, or its chart again. */
  toggleTable(id: string): void;
  post(message: FromPage): void;
  save(file: PageFile): void;
  /** Saves the whole page as an image. */
  savePage(kind: ImageKind): void;
  /** Tells screen readers. */
  announce(text: string): void;
  /** Redraws in the next frame. */
  changed(): void;
}

/** The list with a name added, or removed if it is present. */
export function toggled<T>(list: readonly T[], name: T): T[] {
  return list.includes(name) ? list.filter((each) => each !== name) : [...list, name];
}

/**
 * The change for a click on a name's mark: filters by that name alone, or removes this filter if it is already set.
 */
export function pickName(filter: DashboardFilter, list: NameList, name: string | null): FilterPatch {
  return { [list]: isOnly(filter, list, name) ? [] : [name] };
}

/** The change for a click on a day: only that day, or back to the school year if it is already set. */
export function pickDay(filter: DashboardFilter, date: string): FilterPatch {
  return { range: isDay(filter, date) ? { preset: "schoolYear" } : { from: date, to: date } };
}

export function isDay({ range }: DashboardFilter, date: string): boolean {
  return "from" in range && range.from === date && range.to === date;
}

/** Whether a list of the filter contains exactly this name. */
export function isOnly(filter: DashboardFilter, list: NameList, name: string | null): boolean {
  return filter[list].length === 1 && filter[list][0] === name;
}

const typeTexts = {
  app: "typeApp",
  "clever-district-added": "typeDistrictAdded",
  "clever-teacher-added": "typeTeacherAdded",
  "district-link": "typeDistrictLink",
  "teacher-link": "typeTeacherLink",
} as const satisfies Record<string, keyof DashboardTexts>;

/** A resource type in words; unknown types are not translated. */
export function typeName(texts: DashboardTexts, type: string | null): string {
  if (type === null || type === "") return texts.noType;
  return Object.hasOwn(typeTexts, type) ? texts[typeTexts[type as keyof typeof typeTexts]] : type;
}

/** A school's former names, in words; undefined if it has none. */
export function formerSchoolNames(language: Ready, school: string | null): string | undefined {
  const names = formerNamesOf(language.answer.options.renamedSchools, school);
  return names.length > 0 ? formerNames(language, { formerNames: names }) : undefined;
}

/** A resource's former names, in words. */
export function formerNames(
  { texts, formats }: Language,
  { formerNames: names }: { readonly formerNames?: readonly string[] },
): string | undefined {
  return names && fill(texts.formerly, formats.list(names.map(isolated)));
}

/** Whether a grade is a number, before which a text says “grade”. */
export const isNumbered = (grade: string): boolean => /^\d+$/.test(grade);

/** The display name of a value that may have no name. */
export function nameIn(texts: DashboardTexts, list: NameList, name: string | null): string {
  if (list === "resourceTypes") return typeName(texts, name);
  if (name === null || name === "")
    return { schools: texts.noSchool, resources: texts.noResource, grades: texts.noGrade }[list];
  const translated = list === "grades" && Object.hasOwn(texts.gradeNames, name) && texts.gradeNames[name];
  return translated || name;
}
