/**
 * How fast a filter change is answered once the index is in memory, and what the release partition costs: an invented
 * index of full size (70,000 students, 180 school days, about 20 million rows of usage) and random filters.
 *
 * Usage: dashboardQuery [students] [filters] [minimum group size]
 */
import type { DashboardFilter } from "../src/dashboard/filter";
import type { MonthSegment, ParticipationIndex } from "../src/dashboard/index/participationIndex";
import { answer } from "../src/dashboard/query/answer";
import { prepare } from "../src/dashboard/release/prepared";
import { type Random, randomStream } from "../src/sample/random";

const [students = 70_000, questions = 200, minimum = 10] = process.argv.slice(2).map(Number);
const schools = 50;
const grades = 13;
const resources = 50;
const months = [
  "2025-08",
  "2025-09",
  "2025-10",
  "2025-11",
  "2025-12",
  "2026-01",
  "2026-02",
  "2026-03",
  "2026-04",
  "2026-05",
];

function schoolDays(month: string): number {
  const [year = 0, number = 0] = month.split("-").map(Number);
  let mask = 0;
  let count = 0;
  for (let day = 0; day < 31 && count < 18; day++) {
    const date = new Date(Date.UTC(year, number - 1, day + 1));
    if (date.getUTCMonth() !== number - 1 || [0, 6].includes(date.getUTCDay())) continue;
    mask |= 1 << day;
    count++;
  }
  return mask >>> 0;
}

/** Sums by (cohort, key, day), read out in order. */
class Sums {
  readonly first: Float64Array;
  readonly second: Float64Array;
  constructor(private readonly keys: number) {
    this.first = new Float64Array(schools * grades * keys * 31);
    this.second = new Float64Array(this.first.length);
  }
  add(cohort: number, key: number, day: number, first: number, second: number): void {
    const at = (cohort * this.keys + key) * 31 + day;
    this.first[at] = (this.first[at] as number) + first;
    this.second[at] = (this.second[at] as number) + second;
  }
  filled(): Uint32Array {
    const found: number[] = [];
    this.first.forEach((value, at) => {
      if (value > 0) found.push(at);
    });
    return Uint32Array.from(found);
  }
}

function segment(month: string, random: Random, cohortOf: Uint32Array, weights: Float64Array): MonthSegment {
  const days = schoolDays(month);
  const members = cohortOf.length;
  const present = new Uint32Array(members).fill(days);
  const active = new Uint32Array(members);
  const used = { member: [] as number[], resource: [] as number[], days: [] as number[] };
  const usage = new Sums(resources);
  const attendance = new Sums(1);
  const rows = new Sums(1);
  const today = new Uint32Array(resources);
  for (let member = 0; member < members; member++) {
    const cohort = cohortOf[member] as number;
    const keenness = 0.3 + random() * 0.6;
    today.fill(0);
    for (let left = days; left !== 0; left &= left - 1) {
      const bit = left & -left;
      const day = 31 - Math.clz32(bit);
      rows.add(cohort, 0, day, 1, 1);
      if (random() > keenness) continue;
      active[member] = ((active[member] as number) | bit) >>> 0;
      let count = 0;
      const wanted = 1 + Math.floor(random() * 4);
      for (let n = 0; n < wanted; n++) {
        const resource = pick(weights, random());
        if (((today[resource] as number) & bit) !== 0) continue;
        today[resource] = ((today[resource] as number) | bit) >>> 0;
        usage.add(cohort, resource, day, 1, 2);
        count++;
      }
      attendance.add(cohort, 0, day, 2 * count, count);
    }
    today.forEach((mask, resource) => {
      if (mask === 0) return;
      used.member.push(member);
      used.resource.push(resource);
      used.days.push(mask);
    });
  }
  const there = rows.filled();
  const cells = usage.filled();
  return {
    month,
    participationDays: days,
    usageDays: days,
    attendance: { member: Uint32Array.from(cohortOf, (_, member) => member), present, active },
    attendanceCells: {
      cohort: there.map((at) => Math.floor(at / 31)),
      day: Uint8Array.from(there, (at) => at % 31),
      logins: Float64Array.from(there, (at) => attendance.first[at] as number),
      loginRows: Uint32Array.from(there, (at) => rows.first[at] as number),
      resources: Float64Array.from(there, (at) => attendance.second[at] as number),
      resourceRows: Uint32Array.from(there, (at) => rows.first[at] as number),
    },
    usage: {
      member: Uint32Array.from(used.member),
      resource: Uint32Array.from(used.resource),
      days: Uint32Array.from(used.days),
    },
    usageCells: {
      cohort: cells.map((at) => Math.floor(at / 31 / resources)),
      resource: cells.map((at) => Math.floor(at / 31) % resources),
      day: Uint8Array.from(cells, (at) => at % 31),
      rows: Uint32Array.from(cells, (at) => usage.first[at] as number),
      accesses: Float64Array.from(cells, (at) => usage.second[at] as number),
    },
  };
}

function pick(cumulative: Float64Array, drawn: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cumulative[middle] as number) > drawn) high = middle;
    else low = middle + 1;
  }
  return low;
}

function bigIndex(withGrades: boolean): ParticipationIndex {
  const random = randomStream(1, "big index");
  const cumulative = new Float64Array(resources);
  let total = 0;
  for (let resource = 0; resource < resources; resource++) total += 1 / (resource + 3);
  let sum = 0;
  for (let resource = 0; resource < resources; resource++) {
    sum += 1 / (resource + 3) / total;
    cumulative[resource] = sum;
  }
  cumulative[resources - 1] = 1;
  const cohort = Uint32Array.from({ length: students }, () => {
    const school = Math.floor(random() ** 1.3 * schools);
    const grade =
      school % 3 === 0
        ? 6 + Math.floor(random() * 3)
        : school % 3 === 1
          ? Math.floor(random() * 6)
          : 9 + Math.floor(random() * 4);
    return school * grades + (withGrades ? grade : 0);
  });
  return {
    cohorts: Array.from({ length: schools * grades }, (_, number) => ({
      school: `School ${Math.floor(number / grades)}`,
      userType: "students" as const,
      grade: withGrades ? String((number % grades) + 1) : `none ${number % grades}`,
    })),
    resources: Array.from({ length: resources }, (_, number) => ({
      id: `r${number}`,
      name: `Resource ${number}`,
      type: number % 3 === 0 ? "app" : "district-link",
    })),
    people: students,
    members: { person: Uint32Array.from({ length: students }, (_, member) => member), cohort },
    months: months.map((month) => segment(month, random, cohort, cumulative)),
    versions: { dailyParticipation: 1, resourceUsage: 1 },
    hasGrades: true,
  };
}

const monthEnd = "2026-05-26";
function randomFilter(random: Random, index: ParticipationIndex): DashboardFilter {
  const some = <T>(values: readonly T[], chance: number): T[] =>
    random() < 0.5 ? [] : [...new Set(values)].filter(() => random() < chance);
  const from = Date.parse("2025-08-01") + Math.floor(random() * 290) * 86_400_000;
  const ranges: DashboardFilter["range"][] = [
    { preset: "all" },
    { preset: "schoolYear" },
    { preset: "last30" },
    { preset: "last7" },
    { from: new Date(from).toISOString().slice(0, 10), to: monthEnd },
  ];
  return {
    range: ranges[Math.floor(random() * ranges.length)] ?? { preset: "all" },
    schools: some(
      index.cohorts.map(({ school }) => school),
      0.3,
    ),
    resources: some(
      index.resources.map(({ name }) => name),
      0.3,
    ),
    resourceTypes: [],
    userTypes: random() < 0.5 ? [] : ["students"],
    grades: some(
      index.cohorts.map(({ grade }) => grade),
      0.4,
    ),
  };
}

const megabytes = () => Math.round(process.memoryUsage().rss / 2 ** 20);
const at = (sorted: readonly number[], share: number) =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;

for (const withGrades of [false, true]) {
  const index = bigIndex(withGrades);
  const entries = index.months.reduce((sum, { usage }) => sum + usage.member.length, 0);
  const rows = index.months.reduce(
    (sum, { usageCells }) => sum + usageCells.rows.reduce((a, b) => a + b, 0),
    0,
  );
  const cells = index.months.reduce((sum, { usageCells }) => sum + usageCells.rows.length, 0);
  console.log(
    `${withGrades ? "with" : "without"} grades: ${rows} rows, ${entries} entries, ${cells} cells, ${megabytes()} MB`,
  );
  const started = performance.now();
  const prepared = await prepare(index, minimum);
  console.log(
    `  prepare ${Math.round(performance.now() - started)} ms, ${prepared.usage.groups.count} groups, ${prepared.usageBlocks.firstDay.length} open blocks, links ${JSON.stringify(prepared.links)}, ${megabytes()} MB`,
  );
  const random = randomStream(2, "filters");
  const times: number[] = [];
  const processor: number[] = [];
  let [cards, cut, days, cutDays, named, cutNamed] = [0, 0, 0, 0, 0, 0];
  const options = { minimumGroupSize: minimum, schoolYearStart: "08-01", now: new Date(0) };
  for (let question = 0; question < questions; question++) {
    const filter: DashboardFilter =
      question === 0
        ? {
            range: { preset: "all" },
            schools: [],
            resources: [],
            resourceTypes: [],
            userTypes: [],
            grades: [],
          }
        : randomFilter(random, index);
    const usedBefore = process.cpuUsage();
    const began = performance.now();
    const given = await answer(index, prepared, filter, options);
    times.push(performance.now() - began);
    const used = process.cpuUsage(usedBefore);
    processor.push((used.user + used.system) / 1000);
    if (question === 0) console.log(`  first (everything) ${at(times, 0)} ms`);
    if ("empty" in given) continue;
    for (const card of Object.values(given.cards)) {
      cards++;
      if (card.atLeast) cut++;
    }
    for (const day of given.byDay) {
      if (day.kind !== "school") continue;
      days++;
      if (day.activeUsers === null) cutDays++;
    }
    for (const resource of given.resources) {
      named++;
      if (resource.users === null) cutNamed++;
    }
  }
  times.sort((a, b) => a - b);
  processor.sort((a, b) => a - b);
  console.log(
    `  ${times.length} filters: median ${at(times, 0.5)} ms, p95 ${at(times, 0.95)} ms, slowest ${at(times, 1)} ms (processor time: median ${at(processor, 0.5)} ms, p95 ${at(processor, 0.95)} ms); ${megabytes()} MB; cards at least ${cut}/${cards}, school days suppressed ${cutDays}/${days}, resources suppressed ${cutNamed}/${named}`,
  );
}
