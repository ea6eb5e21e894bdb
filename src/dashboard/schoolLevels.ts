import { CleverLakeError } from "../basics/errors";
import type { NamedSchools } from "./answer";

/** Levels of schools, youngest students first; `other` is for schools of several levels or an unknown one. */
export const schoolLevels = ["elementary", "middle", "high", "other"] as const;
export type SchoolLevel = (typeof schoolLevels)[number];

/** Levels by school name, where they are known better than from the name. */
export type LevelsByName = ReadonlyMap<string, SchoolLevel>;

/**
 * Words for levels in school names, in English and Spanish, without accents and in lower case. `secundaria` has
 * Mexico's meaning (grades 7 to 9); `elemental`, `intermedia` and `superior` are used in Puerto Rico.
 */
const words: readonly (readonly [SchoolLevel, string])[] = [
  ["elementary", "elementary elem primary kindergarten preschool primaria elemental preescolar jardin es"],
  ["middle", "middle intermediate juniorhigh secundaria intermedia ms jhs"],
  ["high", "high seniorhigh secondary preparatoria bachillerato superior hs"],
];
const levelOfWord = new Map(
  words.flatMap(([level, list]) => list.split(" ").map((word) => [word, level] as const)),
);
/** Abbreviations mean levels only at the end of a name: `es` is a Spanish word. */
const abbreviations = new Set(["es", "ms", "jhs", "hs"]);
const joiners = new Set(["and", "&", "/", "-", "y", "e"]);

/** A range of grades such as K-5 or 9-12, and the first and last grade of each level. */
const span = /\b(?:grades? )?(pk|prek|pre-k|tk|k|\d{1,2}) ?(?:-|–|to|through) ?(\d{1,2})\b/;
const lastGrade: readonly (readonly [SchoolLevel, number, number])[] = [
  ["elementary", 0, 6],
  ["middle", 5, 9],
  ["high", 9, 13],
];

/**
 * The level of a school by its name: the last word that names one (High Point Elementary), else a range of grades.
 * Two levels joined in the name (Elementary and Middle School) are `other`.
 */
export function levelOfName(name: string): SchoolLevel {
  const tokens = tokensOf(name);
  let found: { level: SchoolLevel; at: number } | undefined;
  let joined = false;
  tokens.forEach((token, at) => {
    const level = levelOfWord.get(token);
    if (level === undefined || (abbreviations.has(token) && at !== tokens.length - 1)) return;
    const between = found ? tokens.slice(found.at + 1, at) : [];
    const isJoined = between.length > 0 && between.every((each) => joiners.has(each) || each === "school");
    if (found && found.level !== level && isJoined) joined = true;
    found = { level, at };
  });
  if (joined) return "other";
  return found?.level ?? levelOfSpan(name) ?? "other";
}

function tokensOf(name: string): string[] {
  const plain = plainName(name)
    .replaceAll(/\bj(?:unio)?r\.?[ -]*(?:\/|-|and|&)[ -]*s(?:enio)?r\.?[ -]*high\b/g, "middle and high")
    .replaceAll(/\bj(?:unio)?r\.?[ -]*high\b/g, "juniorhigh")
    .replaceAll(/\bs(?:enio)?r\.?[ -]*high\b/g, "seniorhigh");
  return plain.match(/[a-z0-9]+|[&/-]/g) ?? [];
}

const plainName = (name: string) => name.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();

function levelOfSpan(name: string): SchoolLevel | undefined {
  const [, first, last] = span.exec(plainName(name)) ?? [];
  if (first === undefined || last === undefined) return undefined;
  const from = /^\d/.test(first) ? Number(first) : 0;
  return lastGrade.find(([, low, high]) => from >= low && Number(last) <= high)?.[0];
}

/** The schools of each level that has any, in the order of levels. Rows without a school have no level. */
export function schoolsByLevel(
  schools: readonly (string | null)[],
  known: LevelsByName = new Map(),
): (NamedSchools & { readonly name: SchoolLevel })[] {
  const levels = schools.map((school) => school && (known.get(school) ?? levelOfName(school)));
  return schoolLevels.flatMap((name) => {
    const ofLevel = schools.filter((_, at) => levels[at] === name);
    return ofLevel.length === 0 ? [] : [{ name, schools: ofLevel }];
  });
}

/** The schools of some levels; rejects with `config` if a requested level has none. */
export function schoolsOfLevels(
  asked: readonly SchoolLevel[],
  byLevel: readonly (NamedSchools & { readonly name: SchoolLevel })[],
): (string | null)[] {
  return asked.flatMap((level) => {
    const found = byLevel.find(({ name }) => name === level);
    if (found) return [...found.schools];
    throw new CleverLakeError("config", `No school in the tables has the level "${level}".`, {
      hint: "Levels are inferred from words in school names. For other schools, list the levels in a CSV file with the columns school and level: --school-levels FILE.",
    });
  });
}
