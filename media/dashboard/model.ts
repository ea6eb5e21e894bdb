import type { DashboardAnswer } from "../../src/dashboard/answer";
import type { DashboardTexts } from "../../src/dashboard/export/texts";
import type { DashboardView } from "../../src/dashboard/export/view";
import type { DashboardFilter } from "../../src/dashboard/filter";
import type { Saved } from "../../src/dashboard/saved";
import type { FromPage, PageFile } from "../../src/protocol/dashboard";
import type { Look } from "./charts/look";
import { type Formats, fill, isolated } from "./formats";

export type Phase =
  | { readonly name: "loading" }
  | { readonly name: "empty" }
  | { readonly name: "failed"; readonly message: string }
  | { readonly name: "ready" };

/** All that the page shows. */
export interface Model {
  readonly texts: DashboardTexts;
  /** The district's name, or nothing. */
  readonly district: string;
  /** Follows the answer's minimum group size. */
  formats: Formats;
  readonly opening: DashboardFilter;
  /** What the reader keeps under names. */
  saved: Saved;
  /** An exported page: its filters are what they were, and nobody answers it. */
  readonly frozen: boolean;
  filter: DashboardFilter;
  view: DashboardView;
  phase: Phase;
  /** The newest answer; it stays in sight, dimmed, while the next one is under way. */
  answer: DashboardAnswer | undefined;
  busy: boolean;
  look: Look;
  /** How far the reading of the lake is, in words. */
  progress: string;
  /** For screen readers. */
  announcement: string;
  /** For everybody, until the next thing is done. */
  notice: string;
}

/** A model with an answer: what pictures are made from. */
export interface Ready {
  readonly texts: DashboardTexts;
  readonly district: string;
  readonly formats: Formats;
  readonly filter: DashboardFilter;
  readonly view: DashboardView;
  readonly answer: DashboardAnswer;
}

/** What a click on a mark changes of the filter. */
export type FilterPatch = Partial<{ -readonly [Key in keyof DashboardFilter]: DashboardFilter[Key] }>;

export type NameList = "schools" | "resources" | "resourceTypes" | "grades";

/** What can be done on the page. */
export interface Actions {
  setFilter(patch: FilterPatch): void;
  setView(patch: Partial<DashboardView>): void;
  post(message: FromPage): void;
  keepSaved(saved: Saved): void;
  /** Hands a file to the extension, or to the browser where there is none. */
  save(file: PageFile): void;
  /** The whole page as a picture. */
  savePage(kind: "png" | "svg"): void;
  changed(): void;
}

/** The list with a name added, or taken out where it is in. */
export function toggled<T>(list: readonly T[], name: T): T[] {
  return list.includes(name) ? list.filter((each) => each !== name) : [...list, name];
}

/** A click on a name's mark: filters by it alone, and no longer where that is so already. */
export function pickName(filter: DashboardFilter, list: NameList, name: string | null): FilterPatch {
  const now = filter[list];
  return { [list]: now.length === 1 && now[0] === name ? [] : [name] };
}

/** A click on a day: only that one, and back to the school year where that is so already. */
export function pickDay(filter: DashboardFilter, date: string): FilterPatch {
  return { range: isDay(filter, date) ? { preset: "schoolYear" } : { from: date, to: date } };
}

export function isDay({ range }: DashboardFilter, date: string): boolean {
  return "from" in range && range.from === date && range.to === date;
}

/** Whether a list of the filter names exactly this. */
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

/** A resource type in words; one that Clever adds later stays as it is. */
export function typeName(texts: DashboardTexts, type: string | null): string {
  if (type === null || type === "") return texts.noType;
  return Object.hasOwn(typeTexts, type) ? texts[typeTexts[type as keyof typeof typeTexts]] : type;
}

/** The names that a resource had before, in words. */
export function formerNames(
  { texts, formats }: Pick<Ready, "texts" | "formats">,
  { formerNames: names }: { readonly formerNames?: readonly string[] },
): string | undefined {
  return names && fill(texts.formerly, formats.list(names.map(isolated)));
}

/** The name of something that may have none. */
export function nameIn(texts: DashboardTexts, list: NameList, name: string | null): string {
  if (list === "resourceTypes") return typeName(texts, name);
  if (name !== null && name !== "") return name;
  return { schools: texts.noSchool, resources: texts.noResource, grades: texts.noGrade }[list];
}
