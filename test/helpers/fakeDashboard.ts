import type {
  Card,
  Change,
  ComparedPeriod,
  ComparedUse,
  Comparison,
  DashboardAnswer,
  DayEntry,
  NoAnswer,
  People,
  PeriodUse,
  ResourceEntry,
  SchoolEntry,
  Shown,
  Use,
} from "../../src/dashboard/answer";
import type { DashboardFilter } from "../../src/dashboard/filter";
import { schoolsByLevel } from "../../src/dashboard/schoolLevels";
import type { Withheld } from "../../src/dashboard/withheld";
import type { DashboardSource } from "../../src/ui/dashboard/DashboardSession";

export interface FakeDistrict {
  readonly schools?: number;
  readonly resources?: number;
  readonly days?: number;
  readonly grades?: boolean;
  /** Names that would do harm if they were not treated as text. */
  readonly hostile?: boolean;
  readonly changes?: "some" | "none" | "nothingJudged" | "tooEarly";
  /** Without resource usage of `missingDay`. */
  readonly missingReport?: boolean;
  /** Without any daily participation. */
  readonly onlyUsage?: boolean;
  /** More rows than the dashboard was measured with. */
  readonly large?: boolean;
  /** Whether another program changed rows. */
  readonly rowsChanged?: boolean;
  /** One resource was renamed. */
  readonly renamed?: boolean;
  /** Whether the district has a licences file. */
  readonly licences?: boolean;
  /** Schools in its file of levels that the data does not have. */
  readonly unknownSchools?: readonly string[];
}

const missingDay = "2026-11-04";

export const hostileNames = [
  "<img src=x onerror=alert(1)>",
  '=HYPERLINK("http://evil.test","click")',
  "مدرسة الأمل الابتدائية",
  "🚀 Rocket Science 🧪",
  `${"A very long name of a school that goes on and on ".repeat(7)}end`.slice(0, 300),
  "@SUM(1+1)*cmd|' /C calc'!A0",
  '"><script>alert(2)</script>',
  "{0} {1} {a|b}",
];

const schoolNames =
  "Lincoln Elementary,Washington Middle School,Roosevelt High,Jefferson Academy,Maple Ridge High,Redwood Academy,Central Secondary School,Ridgeview Academy,Waterfall Academy,Littlewood School,Pioneer Academy,Harriet Tubman Elementary,Cesar Chavez Middle School".split(
    ",",
  );
const resourceNames =
  "i-Ready,Lexia Core5,Khan Academy,Google Classroom,Big Ideas Math,Edgenuity,McGraw Hill,ExploreLearning,Scholastic,IXL,Sapling Learning,GoMath (K-6),HMH Go,codeSpark,Seesaw,Newsela,BrainPOP,Desmos,Epic!,Nearpod,Quizlet,Raz-Plus,ST Math,Zearn,Amplify,Typing.com".split(
    ",",
  );
const types = ["app", "clever-district-added", "clever-teacher-added", "district-link", "teacher-link"];
const gradeNames = ["Kindergarten", ..."123456789".split(""), "10", "11", "12"];
const minimum = 10;
const lastDay = Date.UTC(2026, 10, 20);
const dayLength = 86_400_000;

/** A number between 0 and 1 that depends only on the words. */
function chance(...words: readonly (string | number)[]): number {
  let hash = 2166136261;
  for (const letter of words.join("|")) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

const iso = (time: number) => new Date(time).toISOString().slice(0, 10);
const shown = (people: number): People => (people > 0 && people < minimum ? "few" : people);
const sizeOf = (people: People) => (typeof people === "number" ? people : people === "few" ? 1 : -1);
const names = (count: number, base: readonly string[], hostile: boolean) =>
  Array.from({ length: count }, (_, index) => {
    if (hostile && index < hostileNames.length) return hostileNames[index] ?? "";
    const name = base[index % base.length] ?? "";
    return index < base.length ? name : `${name} ${Math.floor(index / base.length) + 1}`;
  });
const included = (list: readonly (string | null)[], name: string | null) =>
  list.length === 0 || list.includes(name);

/** Answers as the engine would give them for a fictitious district; not exact, but consistent between queries. */
export function fakeAnswer(filter: DashboardFilter, district: FakeDistrict = {}): DashboardAnswer {
  const answer = bothReports(filter, district);
  return district.onlyUsage ? withoutParticipation(answer) : answer;
}

function withoutParticipation(answer: DashboardAnswer): DashboardAnswer {
  const { cards } = answer;
  const absent = ["dailyParticipation"] as const;
  const unknown = { value: null, before: null, compared: null };
  const people = {
    users: null,
    activeUsers: null,
    neverActive: null,
    averageLogins: null,
    averageResources: null,
    distinctResourcesPerUser: null,
    absent,
  };
  return {
    ...answer,
    absent,
    cards: {
      ...cards,
      users: unknown,
      activeUsers: unknown,
      logins: unknown,
      days: { value: 0, before: 0, compared: null },
    },
    neverActive: null,
    bySchool: answer.bySchool.map((entry) => ({ ...entry, ...people })),
    byGrade: answer.byGrade.map((entry) => ({ ...entry, ...people })),
    byDay: answer.byDay.map((day) => {
      const nothing = { logins: null, resources: null, activeUsers: null };
      return day.kind === "noData" ? day : { ...day, ...nothing, missing: [...absent] };
    }),
    byWeekday: [],
  };
}

function bothReports(filter: DashboardFilter, district: FakeDistrict): DashboardAnswer {
  const {
    schools = 8,
    resources = 60,
    days = 112,
    grades = false,
    hostile = false,
    missingReport = false,
    large = false,
    rowsChanged = false,
  } = district;
  const formerNames = { formerNames: ["Khan Classic"] };
  const allSchools = names(schools, schoolNames, hostile).sort();
  const allResources = names(resources, resourceNames, hostile).map((name, index) => ({
    name,
    type: types[Math.floor(chance(name, "type") ** 2 * types.length)] ?? null,
    weight: (chance(name, "weight") + 0.15) / (index + 1.6),
  }));
  const first = lastDay - (days - 1) * dayLength;
  const { from, to } = rangeOf(filter, first);
  const everyDay = Array.from({ length: (to - from) / dayLength + 1 }, (_, at) => from + at * dayLength);
  const size = (school: string) => Math.round(8 + 900 * chance(school, "size"));
  const shownSchools = allSchools.filter((name) => included(filter.schools, name));
  const gradeShare = filter.grades.length === 0 ? 1 : Math.min(1, filter.grades.length / gradeNames.length);
  const users = Math.round(shownSchools.reduce((sum, name) => sum + size(name), 0) * gradeShare);
  const chosen = allResources.filter(
    ({ name, type }) => included(filter.resources, name) && included(filter.resourceTypes, type),
  );
  /** Use of the resources that the filter selects, unless it selects all. */
  const useOf = (people: People): { readonly use?: Use } => {
    if (chosen.length === allResources.length) return {};
    const used = typeof people === "number" ? Math.round(people * 0.4) : null;
    const sum = (each: number) => (used === null ? null : used * each);
    return { use: { users: used === null ? null : shown(used), personDays: sum(1), accesses: sum(2) } };
  };
  const byDay = everyDay.map((time): DayEntry => {
    const entry = dayEntry(time, users, chosen.length);
    const isMissing = missingReport && entry.date === missingDay;
    return {
      ...entry,
      ...(isMissing ? { missing: ["resourceUsage"], distinctResources: null } : {}),
      ...useOf(isMissing ? null : entry.activeUsers),
    };
  });
  const schoolDays = byDay.filter(({ kind }) => kind === "school").length;
  const usersOf = (resource: (typeof allResources)[number], people: number) =>
    Math.max(Math.min(people, 1), Math.round(people * Math.min(0.93, resource.weight * 1.1)));
  const entries = chosen
    .map((resource) => resourceEntry(resource, usersOf(resource, users), schoolDays, from, to))
    .map((entry) =>
      district.renamed && entry.resource === "Khan Academy" ? { ...entry, ...formerNames } : entry,
    )
    .sort((a, b) => sizeOf(b.users) - sizeOf(a.users));
  const small = shownSchools.filter((school) => size(school) < minimum);
  const sum = (list: readonly Shown[]) => list.reduce<number>((total, each) => total + (each ?? 0), 0);
  const gradesShown = grades ? gradeNames.filter((name) => included(filter.grades, name)) : [];
  return {
    filter,
    from: iso(from),
    to: iso(to),
    minimumGroupSize: minimum,
    keepWhole: "schools",
    withheld: {
      ...withheldOf(
        small,
        shownSchools.find((school) => size(school) >= minimum),
      ),
      ungraded: gradesShown.includes("5")
        ? [{ userType: "students", school: "Roosevelt High", grades: ["5"] }]
        : [],
    },
    periods: {
      schoolDays,
      before: { from: iso(from - (to - from) - dayLength), to: iso(from - dayLength) },
    },
    rows: users === 0 ? "none" : "some",
    absent: [],
    missing: missingReport
      ? [{ report: "resourceUsage", userType: "students", days: 1, first: missingDay, last: missingDay }]
      : [],
    computed: "2026-11-21T06:15:00.000Z",
    versions: { dailyParticipation: 41, resourceUsage: 41 },
    rowsChanged,
    beyondMeasured: large ? { rows: 70_400_000, measured: 33_000_000 } : null,
    options: {
      firstDay: iso(first),
      lastDay: iso(lastDay),
      schoolYearStart: "2026-08-01",
      breaks: breaksOf(first),
      schools: allSchools,
      renamedSchools: district.renamed ? [["Hollow Oak Elementary", allSchools[0] ?? ""]] : [],
      schoolLevels: schoolsByLevel(allSchools),
      unknownSchools: district.unknownSchools ?? [],
      resources: allResources.map(({ name, type }) => ({
        name,
        type,
        ...(district.renamed && name === "Khan Academy" ? formerNames : {}),
      })),
      resourceTypes: types,
      userTypes: ["students", "teachers", "staff"],
      grades: grades ? [...gradeNames, null] : [],
    },
    cards: {
      users: card(users, users * 0.995),
      activeUsers: card(Math.round(users * 0.87), users * 0.84),
      days: { value: schoolDays, before: schoolDays, compared: null },
      logins: numberCard(sum(byDay.map(({ logins }) => logins)), users * schoolDays * 1.2, schoolDays),
      accesses: numberCard(sum(entries.map(({ accesses }) => accesses)), users * schoolDays, schoolDays),
      resources: numberCard(entries.length, entries.length),
      resourceUsers: card(Math.round(users * 0.81), null),
    },
    neverActive: shown(users - Math.round(users * 0.87)),
    bySchool: shownSchools.map((school) => {
      const entry = schoolEntry(school, Math.round(size(school) * gradeShare));
      return { ...entry, ...useOf(entry.users) };
    }),
    byGrade: gradesShown.map((grade) => ({
      grade,
      ...peopleEntry(`grade ${grade}`, Math.round(users / 13)),
      ...useOf(Math.round(users / 13)),
    })),
    byDay,
    byWeekday: [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({
      weekday,
      days: weekday > 5 ? 0 : Math.round(schoolDays / 5),
      activeUsers: weekday > 5 ? 0 : Math.round(users * (0.66 - Math.abs(weekday - 3) * 0.035)),
      logins: weekday > 5 ? 0 : Math.round(users * 1.3),
    })),
    resources: entries,
    resourcesBySchool: shownSchools.flatMap((school) =>
      entries.slice(0, 20).map(({ resource, type }) => {
        const weight = allResources.find(({ name }) => name === resource)?.weight ?? 0;
        return {
          school,
          resource,
          type,
          users:
            size(school) < minimum
              ? null
              : shown(
                  Math.round(size(school) * Math.min(0.9, weight * (0.6 + chance(school, String(resource))))),
                ),
        };
      }),
    ),
    licences: district.licences ? fakeLicences(entries) : null,
    changes: fakeChanges(district, entries, shownSchools),
    comparison:
      filter.compare || chosen.length < allResources.length
        ? fakeComparison(filter, schoolDays, shownSchools, gradesShown, entries)
        : null,
  };
}

/** The week without school that `dayEntry` has. */
function breaksOf(first: number): DashboardAnswer["options"]["breaks"] {
  if (first > Date.parse("2026-09-01")) return [];
  return [
    {
      from: "2026-10-10",
      to: "2026-10-18",
      before: { from: "2026-09-01", to: "2026-10-09" },
      after: { from: "2026-10-19", to: "2026-11-20" },
    },
  ];
}

function fakeComparison(
  { compare, range }: DashboardFilter,
  schoolDays: number,
  schools: readonly string[],
  grades: readonly string[],
  resources: readonly ResourceEntry[],
): Comparison {
  const { from, to } = rangeOf({ range } as DashboardFilter, 0);
  const weeks = (level: number) =>
    Array.from({ length: 6 }, (_, week) => (week === 3 ? null : level * (0.9 + 0.2 * chance(week, level))));
  const period = (name: string, first: string, last: string, level: number): ComparedPeriod => ({
    from: first,
    to: last,
    name,
    schoolDays,
    comparedDays: schoolDays,
    missing: [],
    uncounted: [],
    weeklyPersonDaysPerDay: weeks(level),
  });
  const use = (users: number): ComparedUse => {
    const of = (factor: number): PeriodUse => ({
      users: users < minimum ? null : Math.round(users * factor),
      personDaysPerDay: users < minimum ? null : users * factor * 0.4,
      accessesPerDay: users < minimum ? null : users * factor * 0.7,
    });
    return {
      before: of(1),
      now: of(0.55 + 0.6 * chance(users, "now")),
      ...(users < minimum ? { partly: true } : {}),
    };
  };
  const size = (name: string) => Math.round(8 + 900 * chance(name, "size"));
  return {
    before: period(compare?.name ?? "", compare?.from ?? "2026-09-01", compare?.to ?? "2026-10-09", 400),
    now: period(compare?.rangeName ?? "", iso(from), iso(to), 290),
    total: use(schools.reduce((sum, name) => sum + size(name), 0)),
    bySchool: schools.map((school) => ({ school, ...use(size(school)) })),
    byGrade: grades.map((grade) => ({ grade, ...use(size(`grade ${grade}`)) })),
    resources: resources.map(({ resource, type }) => ({ resource, type, ...use(size(String(resource))) })),
  };
}

function rangeOf({ range }: DashboardFilter, first: number): { from: number; to: number } {
  if ("from" in range) return { from: Date.parse(range.from), to: Date.parse(range.to) };
  const count = { last7: 7, last30: 30, schoolYear: 112, all: 10_000 }[range.preset];
  return { from: Math.max(first, lastDay - (count - 1) * dayLength), to: lastDay };
}

function card(value: number, before: number | null): Card<People> {
  return {
    value: shown(value),
    before: before === null ? null : Math.round(before),
    compared: before === null || value < minimum ? null : { now: value, before: Math.round(before) },
  };
}

function numberCard(value: number, before: number, days = 1): Card {
  return {
    value,
    before: Math.round(before),
    compared: { now: value / days, before: Math.round(before) / days },
  };
}

/** Small schools are shown only together with another one. */
function withheldOf(small: readonly string[], other: string | undefined): Omit<Withheld, "ungraded"> {
  const place = (school: string) => ({ userType: "students" as const, school, grades: null });
  const schools = small.map((school) => ({
    left: [place(school)],
    together: [place(other ?? school)],
    isSmall: true,
  }));
  return { filter: [], schools, grades: [], days: [] };
}

function dayEntry(time: number, users: number, resources: number): DayEntry {
  const date = iso(time);
  const weekend = [0, 6].includes(new Date(time).getUTCDay());
  const holiday = date >= "2026-10-12" && date <= "2026-10-16";
  if (date === "2026-09-30") {
    return {
      date,
      kind: "noData",
      logins: null,
      resources: null,
      activeUsers: null,
      distinctResources: null,
    };
  }
  const quiet = weekend || holiday || date === "2026-09-07" || date === "2026-11-11";
  const level = (quiet ? 0.006 : 0.62 + 0.1 * chance(date)) * (date === "2026-11-04" ? 1.35 : 1);
  const active = Math.round(users * level);
  const of = (value: number) => Math.round(value);
  return {
    date,
    kind: quiet ? "quiet" : "school",
    logins: of(active * (2.0 + 0.3 * chance(date, "logins"))),
    resources: of(active * (1.1 + 0.3 * chance(date, "resources"))),
    activeUsers: shown(of(active)),
    distinctResources: of(resources * Math.min(1, level + 0.12)),
  };
}

function peopleEntry(name: string, users: number) {
  const hidden = users > 0 && users < minimum;
  const of = (value: number) => (hidden ? null : value);
  const active = Math.round(users * (0.72 + 0.25 * chance(name, "active")));
  return {
    users: of(users),
    activeUsers: of(active),
    neverActive: hidden ? null : shown(users - active),
    ...(hidden ? { partly: true as const } : {}),
    averageLogins: of(0.9 + 0.9 * chance(name, "logins")),
    averageResources: of(0.5 + 0.5 * chance(name, "resources")),
    distinctResourcesPerUser: of(3 + 9 * chance(name, "distinct")),
  };
}

function schoolEntry(school: string, users: number): SchoolEntry {
  return {
    school,
    ...peopleEntry(school, users),
    accesses: users > 0 && users < minimum ? null : users * 70,
  };
}

function resourceEntry(
  { name, type }: { readonly name: string; readonly type: string | null },
  users: number,
  days: number,
  from: number,
  to: number,
): ResourceEntry {
  const rows = Math.round(users * days * (0.12 + 0.5 * chance(name, "often")));
  const weeks = Math.min(60, Math.max(1, Math.round((to - from) / dayLength / 7)));
  return {
    resource: name,
    type,
    users: shown(users),
    rows,
    accesses: Math.round(rows * 1.7),
    firstDay: iso(from + Math.floor(chance(name, "first") * 4) * dayLength),
    lastDay: iso(to - Math.floor(chance(name, "last") * 3) * dayLength),
    weekly: Array.from({ length: weeks }, (_, week) =>
      Math.round((rows / weeks) * (0.7 + 0.6 * chance(name, week) + (0.4 * week) / weeks)),
    ),
  };
}

function fakeLicences(resources: readonly ResourceEntry[]): DashboardAnswer["licences"] {
  const used = (place: number) => resources[place] ?? { resource: "", users: 0 as const };
  const licence = (place: number, seats: number | null, cost: number | null, end: string | null) => ({
    resource: used(place).resource ?? "",
    users: used(place).users,
    isKnown: true,
    nearest: [],
    seats,
    cost,
    end,
  });
  const nobody = { users: 0, seats: 500, cost: 4_200, end: "2026-12-10" } as const;
  return [
    { ...nobody, resource: "Kahn Academy", isKnown: false, nearest: ["Khan Academy"], end: "2026-06-30" },
    { ...nobody, resource: "Paper Tutor", isKnown: true, nearest: [] },
    { ...licence(9, 4_000, 12_500.5, "2027-06-30"), users: "few" },
    licence(5, 6_000, 18_000, "2026-11-21"),
    licence(1, 4_000, 31_000, "2027-06-30"),
    licence(0, null, null, null),
  ];
}

function fakeChanges(
  { changes = "some" }: FakeDistrict,
  resources: readonly ResourceEntry[],
  schools: readonly string[],
): DashboardAnswer["changes"] {
  const of = (resourceCount: number, schoolCount: number) => ({
    resources: resourceCount,
    schools: schoolCount,
  });
  const [none, all] = [of(0, 0), of(resources.length, schools.length)];
  if (changes === "tooEarly")
    return {
      weeksNeeded: 6,
      weeks: 3,
      entries: [],
      judged: none,
      unjudged: { weeks: all, use: none, suppressed: 0 },
    };
  const common = {
    weeksNeeded: 6,
    weeks: 16,
    recent: { from: "2026-11-09", to: "2026-11-20" },
    judged: changes === "nothingJudged" ? none : all,
    unjudged: { weeks: of(1, 0), use: of(2, 1), suppressed: 1 },
  };
  if (changes === "none" || changes === "nothingJudged") return { ...common, entries: [] };
  const subjects = [
    ...resources
      .slice(2, 6)
      .map(({ resource, type }) => ({ subject: "resource" as const, name: resource, type })),
    ...schools.slice(0, 2).map((name) => ({ subject: "school" as const, name, type: null })),
  ];
  const directions = ["fell", "rose", "new", "stopped", "rose", "fell"] as const;
  const entries = subjects.map((subject, at): Change => {
    const direction = directions[at % directions.length] ?? "rose";
    const usual = direction === "new" ? 0 : 40 + 300 * chance(String(subject.name), "usual");
    const now = { rose: 1.7, fell: 0.45, stopped: 0, new: 1 }[direction] * (usual || 90);
    const weeks = Array.from({ length: 16 }, (_, week) => {
      const judged = week >= 13;
      const value = (judged ? now : usual) * (0.93 + 0.14 * chance(String(subject.name), week));
      return {
        week: iso(Date.UTC(2026, 7, 3) + week * 7 * dayLength),
        value: week === 5 && at === 0 ? null : value,
        expected: usual,
        judged,
      };
    });
    return { ...subject, direction, expected: usual, actual: now, score: 9 - at, weeks };
  });
  return { ...common, entries };
}

/** Answers queries as configured, and records them. */
export class FakeDashboardSource implements DashboardSource {
  readonly asked: DashboardFilter[] = [];
  aborted = 0;
  failing: Error | undefined;
  empty = false;
  /** While it is empty: the address without a lake. */
  noLakeAt: string | undefined;
  /** Answers are held back until this resolves. */
  gate: Promise<void> | undefined;

  constructor(public district: FakeDistrict = {}) {}

  async ask(filter: DashboardFilter, signal: AbortSignal): Promise<DashboardAnswer | NoAnswer> {
    this.asked.push(filter);
    const count = () => this.aborted++;
    signal.addEventListener("abort", count);
    await this.gate;
    signal.removeEventListener("abort", count);
    if (this.failing) throw this.failing;
    return this.empty ? { empty: true, noLakeAt: this.noLakeAt } : fakeAnswer(filter, this.district);
  }
}
