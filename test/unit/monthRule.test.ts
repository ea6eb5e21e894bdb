import fc from "fast-check";
import { expect, test } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { readSnapshot } from "../../src/delta/snapshot";
import { sharedDuck } from "../helpers/lakeRows";
import { dailyHeader, PipelineFixture, pseudonym } from "../helpers/pipelineFixture";

/**
 * The rule of the tables against a plain model: a row counts unless a newer source has a row of the same person's day.
 */

interface Row {
  /** Ids of the person; null if blank in the file. */
  readonly sis: string | null;
  readonly clever: string | null;
  /** Day of September or October. */
  readonly day: string;
  readonly logins: number;
}

interface Delivery {
  readonly source: string;
  readonly rows: readonly Row[];
}

const days = ["2024-09-02", "2024-09-03", "2024-10-01"];
const sources = ["2024-09-02", "2024-09-03", "2024-10-01", "2024-10-02"].map(
  (day) => `daily-participation/${day}-daily-participation-students.csv`,
);

const row: fc.Arbitrary<Row> = fc
  .record({
    person: fc.integer({ min: 0, max: 4 }),
    ids: fc.constantFrom("both", "both", "both", "sis", "clever", "none"),
    day: fc.constantFrom(...days),
    logins: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ person, ids, day, logins }) => ({
    sis: ids === "both" || ids === "sis" ? `sis-${person}` : null,
    clever: ids === "both" || ids === "clever" ? `clever-${person}` : null,
    day,
    logins,
  }));

const delivery: fc.Arbitrary<Delivery> = fc.record({
  source: fc.constantFrom(...sources),
  rows: fc.array(row, { maxLength: 6 }),
});

function isSame(a: Row, b: Row): boolean {
  if (a.day !== b.day) return false;
  if (a.clever !== null && b.clever !== null) return a.clever === b.clever;
  return a.sis !== null && a.sis === b.sis;
}

/** The rows that count by the rule, from current deliveries in the order of their times. */
function rowsThatCount(current: readonly Delivery[]): { source: string; row: Row }[] {
  return current.flatMap(({ source, rows }, rank) =>
    rows
      .filter((mine) => {
        const newer = current.slice(rank + 1);
        const supersedersOf = (one: Row) =>
          newer.filter((other) => other.rows.some((each) => isSame(one, each)));
        if (mine.sis !== null || mine.clever !== null) return supersedersOf(mine).length === 0;
        return !rows.some((other) => other.day === mine.day && supersedersOf(other).length > 0);
      })
      .map((each) => ({ source, row: each })),
  );
}

function textOf({ source, row: { sis, clever, day, logins } }: { source: string; row: Row }): string {
  return [source, pseudonym(sis), pseudonym(clever), day, logins].join(" ");
}

function csv(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ sis, clever, day, logins }) =>
      `${day},${sis ?? ""},${clever ?? ""},school-1,North High,true,${logins},2`,
  );
  return [dailyHeader, ...lines, ""].join("\n");
}

/** Runs until everything is in the tables: what is held back is accepted. */
async function settle(fixture: PipelineFixture): Promise<void> {
  for (let turn = 0; turn < 4; turn++) {
    const { quarantined, failed, inQuarantine } = await fixture.run();
    expect(failed).toEqual([]);
    const held = [...quarantined.map(({ path }) => path), ...inQuarantine];
    if (held.length === 0) return;
    const again = await fixture.run({ accept: held });
    expect(again.failed).toEqual([]);
  }
  expect((await fixture.run()).inQuarantine).toEqual([]);
}

async function tableRows(fixture: PipelineFixture): Promise<string[]> {
  const rows = await fixture.rows();
  return rows
    .map((each) =>
      [
        each.source_file,
        each.sis_id_pseudonym,
        each.clever_user_id_pseudonym,
        each.date,
        each.num_logins,
      ].join(" "),
    )
    .sort();
}

test("the tables are a function of the current deliveries, in whatever runs these arrive", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(delivery, { minLength: 1, maxLength: 3 }), { maxLength: 4 }),
      async (runs) => {
        const fixture = await PipelineFixture.create();
        const current = new Map<string, Delivery>();
        for (const deliveries of runs) {
          for (const each of deliveries) {
            await fixture.put(each.source, csv(each.rows));
            current.delete(each.source);
            current.set(each.source, each);
          }
          await settle(fixture);
          expect(await tableRows(fixture)).toEqual(
            rowsThatCount([...current.values()])
              .map(textOf)
              .sort(),
          );
        }
        for (const [source, entry] of await fixture.lastLog()) {
          const { rowsRead, rowsWritten = 0, rowsRefused = 0, rowsSuperseded = 0 } = entry;
          expect(entry.outcome, source).toBe("anonymized");
          expect(rowsRead, source).toBe(rowsWritten + rowsRefused + rowsSuperseded);
          expect(rowsRead, source).toBe(current.get(source)?.rows.length);
        }
      },
    ),
    { numRuns: 25 },
  );
}, 300_000);

test("an untouched month keeps its files, and a rebuilt one keeps its unchanged files", async () => {
  const fixture = await PipelineFixture.create();
  const [first = "", second = "", third = ""] = sources;
  const of = (person: number, day: string, logins = 1): Row => ({
    sis: `sis-${person}`,
    clever: `clever-${person}`,
    day,
    logins,
  });
  await fixture.put(first, csv([of(1, "2024-09-02"), of(2, "2024-09-02")]));
  await fixture.run();
  await fixture.put(second, csv([of(1, "2024-09-03")]));
  await fixture.run();
  await fixture.put(third, csv([of(1, "2024-10-01")]));
  await fixture.run();
  const files = async () => {
    const table = pseudoTable(reports.daily_participation);
    return [
      ...((await readSnapshot({ lake: fixture.lake, duck: await sharedDuck() }, table))?.files.keys() ?? []),
    ];
  };
  const before = await files();
  await fixture.put(second, csv([of(1, "2024-09-03", 5), of(2, "2024-09-03")]));
  await fixture.run();
  const after = await files();
  expect(before).toHaveLength(3);
  expect(after.filter((file) => before.includes(file))).toHaveLength(2);
  expect(after).toHaveLength(3);
}, 60_000);
