import type { UserType } from "../clever/reports";
import { between, objectId, type Random, randomStream } from "./random";
import { type GradeBand, gradesOfBand, type SampleSchool } from "./schools";

export interface SamplePerson {
  /** Nine digits with leading zeros: too long to occur by chance within a hash, so that tests can search for leaks. */
  readonly sisId: string;
  /** 24 hexadecimal digits. */
  readonly cleverUserId: string;
  readonly userType: UserType;
  readonly school: SampleSchool;
  /** Students only; it does not advance over the years. */
  readonly grade?: string;
  readonly band?: GradeBand;
  /** The first school day with rows of this person, counted from the district's first (0). */
  readonly joinsAt: number;
  /** The school day from which `sis_id` is blank, counted in the same way. It may be after the district's last day. */
  readonly leavesAt: number | undefined;
  /** Chance to be active on an average day, 0 to 1. */
  readonly propensity: number;
  /** Chance to use one more resource, 0 to 1. */
  readonly breadth: number;
}

/** A person who left still has rows for this many school days, without `sis_id`. */
export const blankDays = 15;

/** One school has fewer students than the default minimum group size. */
const tinySchoolSize: Readonly<Record<UserType, number>> = { students: 7, teachers: 1, staff: 0 };
const tinySchoolNeeds = { schools: 4, students: 200 };

const schoolDaysPerYear = 181;
const shareThatJoins = 0.04;
const shareThatLeavesEarly = 0.03;
const shareThatLeavesPerYear = 0.03;

const habits = {
  students: { firstNumber: 100_003, minPropensity: 0.15, maxPropensity: 1, breadth: 0.62 },
  teachers: { firstNumber: 700_000_019, minPropensity: 0.4, maxPropensity: 1, breadth: 0.64 },
  staff: { firstNumber: 800_000_011, minPropensity: 0.1, maxPropensity: 0.8, breadth: 0.4 },
} as const satisfies Record<UserType, unknown>;

/** The tiny school, if there is one: the last school. */
export function tinySchool(schools: readonly SampleSchool[], studentCount: number): SampleSchool | undefined {
  const hasOne = schools.length >= tinySchoolNeeds.schools && studentCount >= tinySchoolNeeds.students;
  return hasOne ? schools.at(-1) : undefined;
}

/** Draws a school in proportion to its weight. */
function schoolDraw(schools: readonly SampleSchool[]): (random: Random) => SampleSchool {
  const total = schools.reduce((sum, { weight }) => sum + weight, 0);
  return (random) => {
    let left = random() * total;
    for (const school of schools) {
      left -= school.weight;
      if (left < 0) return school;
    }
    throw new RangeError("a district has at least one school");
  };
}

function leavingDay(random: Random, joinsAt: number): number | undefined {
  if (random() < shareThatLeavesEarly) return joinsAt + between(random, 2, 21);
  for (let year = 0; year < 10; year++) {
    if (random() < shareThatLeavesPerYear) {
      return joinsAt + year * schoolDaysPerYear + between(random, 1, schoolDaysPerYear);
    }
  }
  return undefined;
}

/** All people of one user type who are ever part of the district, in the order of their ids. */
export function samplePeople(
  seed: number,
  userType: UserType,
  count: number,
  schools: readonly SampleSchool[],
  tiny: SampleSchool | undefined,
): SamplePerson[] {
  const random = randomStream(seed, userType);
  const drawSchool = schoolDraw(schools.filter((school) => school !== tiny));
  const { firstNumber, minPropensity, maxPropensity, breadth } = habits[userType];
  let number = firstNumber;
  return Array.from({ length: count }, (_, index) => {
    number += between(random, 1, 23);
    const drawn = drawSchool(random);
    const school = tiny !== undefined && index >= count - tinySchoolSize[userType] ? tiny : drawn;
    const grades = school.bands.flatMap((band) => gradesOfBand[band].map((grade) => ({ grade, band })));
    const studentGrade = grades[between(random, 0, grades.length - 1)];
    const joinsAt = random() < shareThatJoins ? between(random, 1, 40) : 0;
    const reluctance = random();
    return {
      sisId: String(number).padStart(9, "0"),
      cleverUserId: objectId(random),
      userType,
      school,
      ...(userType === "students" ? studentGrade : {}),
      joinsAt,
      leavesAt: leavingDay(random, joinsAt),
      // Squared, because few people are reluctant and most are active almost every day.
      propensity: maxPropensity - (maxPropensity - minPropensity) * reluctance * reluctance,
      breadth: breadth * (0.8 + 0.4 * random()),
    };
  });
}
