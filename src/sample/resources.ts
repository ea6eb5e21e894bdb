import type { UserType } from "../clever/reports";
import { objectId, type Random, randomStream } from "./random";
import { type Changeable, type GradeBand, gradeBands, type SampleSchool } from "./schools";

/** The users of a resource: students of a grade band, or a user type. */
export type Audience = GradeBand | Exclude<UserType, "students">;

export interface SampleResource extends Changeable {
  /** Stays the same when the name changes. */
  readonly id: string;
  readonly name: string;
  /** As in reports: `app`, `district-link`, … */
  readonly type: string;
  readonly audiences: readonly Audience[];
  /** The only school whose people have it, if there is one. */
  readonly school?: SampleSchool;
  /** How much it is used, relative to the others. */
  readonly weight: number;
  /** From `onDay` (`yyyy-MM-dd`) on, reports have the new name. */
  readonly renamed?: { readonly onDay: string; readonly newName: string };
}

const everyone: readonly Audience[] = [...gradeBands, "teachers", "staff"];
const adults: readonly Audience[] = ["teachers", "staff"];

interface Catalogue {
  readonly type: string;
  readonly audiences: readonly Audience[];
  readonly names: readonly string[];
}

/** Fictitious products that are widely used everywhere and renamed during the first year. */
const renames: readonly { readonly name: string; readonly newName: string; readonly schoolDay: number }[] = [
  { name: "Mathlark", newName: "Mathlark Plus", schoolDay: 5 },
  { name: "Wordmeadow", newName: "Wordmeadow: Reading & Writing", schoolDay: 90 },
];

/** Names from a text, separated by semicolons. */
const namesIn = (text: string) => text.trim().split(/;\s+/);

const catalogues: readonly Catalogue[] = [
  {
    type: "app",
    audiences: everyone,
    names: namesIn(`
      Lessonloom; Slidethicket; Notecove; Quizheron; Bookburrow; Videobrook; Langbridge; Typeharbor;
      Codepebble; Atlasroot; Drawfinch; Tuneotter; Calmcreek; The "Maker" Corner; Read, Write & Wonder;
      Libralantern; Testpine; Paperpond`),
  },
  {
    type: "app",
    audiences: ["elementary", "teachers"],
    names: namesIn(`
      Numberfen; Phonicfawn; Storyquill Jr.; Spellbarn; Fractionfox; Blockbarrow; Rhymerabbit;
      Sciencewick; Countcricket; Letterlagoon`),
  },
  // For one grade band only.
  { type: "app", audiences: ["elementary"], names: ["Counting Cove", "Alphabarn"] },
  { type: "app", audiences: ["middle"], names: ["Ratioridge"] },
  { type: "app", audiences: ["high"], names: ["Collegecairn", "Careerkite", "Calcridge"] },
  {
    type: "app",
    audiences: ["middle", "high", "teachers"],
    names: namesIn(`
      Algebrook; Geomoss; Essaykiln; Grammargrove; Historybeam; Civicstem; Labwren; Chemgarden; Biobay;
      Physpond; Statsparrow; Citewell; Debatedell; Vocabvale`),
  },
  {
    type: "app",
    audiences: adults,
    names: namesIn(`
      Gradebriar; Planplover; Formfjord; Devicedell; Helpholly; Busbeacon; Mealmarten; Rosterreed;
      Absencealder; Trainthistle`),
  },
  {
    type: "clever-district-added",
    audiences: everyone,
    names: ["District Library Catalog", "Student Email", "Cloud Drive", "Learning Portal", "Lunch Menu"],
  },
  {
    type: "district-link",
    audiences: everyone,
    names: namesIn(`
      Bell Schedules; Tech Help Desk; Digital Citizenship; Counselor Request;
      https://www.example.org/families/calendar?year=current&view=month;
      https://library.example.org/databases; https://forms.example.org/d/7f3a/viewform`),
  },
  { type: "district-link", audiences: adults, names: ["Staff Handbook", "https://hr.example.org/leave"] },
];

/** The resources that each school's teachers add for their school: a named link, a bare URL and an app. */
function schoolCatalogue(index: number): Catalogue[] {
  return [
    { type: "teacher-link", audiences: everyone, names: [`Class Page ${index + 1}`] },
    { type: "teacher-link", audiences: everyone, names: [`https://sites.example.org/room/${index + 101}`] },
    { type: "clever-teacher-added", audiences: everyone, names: [`Practice Set ${index + 1}`] },
  ];
}

function shuffle<T>(values: readonly T[], random: Random): T[] {
  return values
    .map((value) => ({ value, key: random() }))
    .sort((one, other) => one.key - other.key)
    .map(({ value }) => value);
}

/**
 * The resources of the district, widely used ones first; weights fall as one over the rank (Zipf's law). `schoolDay(n)`
 * is the date of the district's `n`th school day, from 0.
 */
export function sampleResources(
  seed: number,
  schools: readonly SampleSchool[],
  schoolDay: (n: number) => string,
): SampleResource[] {
  const random = randomStream(seed, "resources");
  const spread = ({ names, type, audiences }: Catalogue, school?: SampleSchool) =>
    names.map((name) => ({ name, type, audiences, ...(school ? { school } : {}) }));
  const leading = renames.map(({ name, newName, schoolDay: n }) => ({
    name,
    type: "app",
    audiences: everyone,
    renamed: { onDay: schoolDay(n), newName },
  }));
  const shared = shuffle(
    catalogues.flatMap((catalogue) => spread(catalogue)),
    random,
  );
  const local = schools.flatMap((school, index) =>
    schoolCatalogue(index).flatMap((catalogue) => spread(catalogue, school)),
  );
  const lastRank = leading.length + shared.length;
  return [...leading, ...shared, ...local].map((resource, index) => ({
    ...resource,
    id: objectId(random),
    // All of a school's own resources have the lowest weight: the rank after the last shared resource.
    weight: 1 / (1 + Math.min(index, lastRank)),
  }));
}
