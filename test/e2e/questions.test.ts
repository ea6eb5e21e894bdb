import type { Frame, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answered } from "../helpers/dashboardBrowser";
import { AnsweredDistrict } from "./answeredDistrict";
import { elementaryApps, neverActive, resourcesOfGrade, useAroundBreak, usersOf } from "./answers";
import { scene } from "./driver/scene";

/** The first school day after the winter break, and of the newest two weeks. */
const afterBreak = { schoolDay: 36, date: "2026-01-05" };
const newest = 41;
const fallen = "Langbridge";
const stopped = "Wordmeadow";
const risen = "Codepebble";

const licences = [
  "resource,seats,cost,end",
  `${fallen},300,"$1,800.00",2027-06-30`,
  "Testpine,200,900,",
  "Nobodys App,100,500,",
];

/** The texts of a table's rows. */
async function cellsOf(table: Locator): Promise<string[][]> {
  await table.locator("tbody tr").first().waitFor();
  return table
    .locator("tbody tr")
    .evaluateAll((rows) =>
      rows.map((row) =>
        [...row.querySelectorAll("th, td")].map(
          (cell) => cell.textContent?.replaceAll(/[\u2068\u2069]/g, "").trim() ?? "",
        ),
      ),
    );
}

/** A text without the marks that isolate its names. */
const plainText = async (element: Locator) =>
  (await element.textContent())?.replaceAll(/[\u2068\u2069]/g, "").trim() ?? "";

const integer = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const decimal = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const oneDecimal = { minimumFractionDigits: 1, maximumFractionDigits: 1 } as const;
const percent = new Intl.NumberFormat("en-US", { style: "percent", ...oneDecimal });
const rough = new Intl.NumberFormat("en-US", oneDecimal);
const people = (count: number) => (count > 0 && count < 10 ? "<10" : integer.format(count));

describe.each([
  { students: 250, schools: 3 },
  { students: 2_000, schools: 5 },
])("the six questions in a district of $students students", ({ students, schools }) => {
  let district: AnsweredDistrict;
  beforeAll(async () => {
    const sizes = { students, schools, teachers: Math.ceil(students / 20), staff: 0 };
    const changes = [
      { resource: fallen, schoolDay: afterBreak.schoolDay, factor: 0.3 },
      { resource: stopped, schoolDay: newest, factor: 0 },
      { resource: risen, schoolDay: newest, factor: 4 },
    ];
    const options = { ...sizes, seed: 3, days: 50, firstDay: "2025-10-27", changes };
    district = await AnsweredDistrict.make(options, licences);
  });
  afterAll(() => district?.[Symbol.asyncDispose]());

  const workbench = scene(() => ({
    size: { width: 1500, height: 1000 },
    userSettings: district.userSettings,
  }));

  let clicks = 0;
  const page = (): Promise<Frame> => workbench().webview("#card-users .card-value");
  const click = async (locator: Locator) => {
    clicks++;
    await locator.click();
  };
  const counted = (question: string) => {
    console.log(`${students} students, "${question}": ${clicks} clicks`);
    expect(clicks).toBeLessThanOrEqual(5);
  };
  /** Asks one of the questions at the top of the page, and waits for its answer. */
  async function ask(question: string): Promise<Frame> {
    const frame = await page();
    clicks = 0;
    await click(frame.getByRole("button", { name: question, exact: true }));
    await expect.poll(() => frame.locator("#asked-title").textContent()).toContain(question);
    await answered(frame);
    return frame;
  }
  /** A chart of the answer, shown as a table. */
  async function tableOf(frame: Frame, id: string): Promise<string[][]> {
    const panel = frame.locator(`#panel-${id}`);
    await click(panel.getByRole("button", { name: /^Show as Table/ }));
    return cellsOf(panel.locator("table"));
  }

  test("the dashboard opens", async () => {
    await workbench().openActivity("Clever Lake");
    await workbench().tree("Data Lake").row("students_pseudo").waitFor();
    await workbench().runCommand("Clever: Open Participation Dashboard");
    await page();
  });

  test("1. which apps are used most at the elementary schools", async () => {
    const frame = await ask("Which apps are used most at a school level?");
    const rows = await cellsOf(frame.locator("#panel-table table"));
    const wanted = elementaryApps(district.rows).slice(0, 8);
    expect(rows.slice(0, 8).map(([, , users]) => users)).toEqual(wanted.map(({ users }) => people(users)));
    for (const { name, users } of wanted) {
      // A renamed app is followed by its former name.
      const row = rows.find(([text = ""]) => text === name || text.startsWith(`${name} `));
      expect(row?.[2], name).toBe(people(users));
    }
    counted("Which apps are used most at my elementary schools?");
  });

  test("2. did the use of an app fall after the winter break, by how much per school day, and where", async () => {
    const question = "Did the use of an app change?";
    const frame = await ask(question);
    // To open the list, and to choose. The winter break is the first of the periods, so it is already chosen.
    clicks += 2;
    await frame.getByRole("combobox", { name: question }).selectOption({ label: fallen });
    await answered(frame);
    const compared = frame.locator("#panel-periods table.side-by-side");
    await expect.poll(() => plainText(compared.locator("thead"))).toContain("winter break 2025/26");
    const wanted = useAroundBreak(district.rows, fallen, afterBreak.date);
    const changeOf = (was: number, is: number) =>
      `${is > was ? "+" : "−"}${percent.format(Math.abs(is / was - 1))}`;
    const average = (value: number) =>
      (value === 0 || value >= 1_000 ? integer : value < 10 ? decimal : rough).format(value);

    const { before, now } = wanted.total;
    const sides = await cellsOf(compared);
    expect(sides).toEqual([
      [
        "Person-days of use per school day",
        average(before.personDaysPerDay),
        average(now.personDaysPerDay),
        changeOf(before.personDaysPerDay, now.personDaysPerDay),
      ],
      [
        "Accesses per school day",
        average(before.accessesPerDay),
        average(now.accessesPerDay),
        changeOf(before.accessesPerDay, now.accessesPerDay),
      ],
      ["Distinct people", people(before.users), people(now.users), changeOf(before.users, now.users)],
    ]);

    const rows = await tableOf(frame, "periodsSchool");
    expect(rows.length).toBe(wanted.bySchool.size);
    // Schools with a group that is not counted are marked.
    const whole = rows.filter(([name]) => !name?.endsWith("*"));
    expect(whole.length).toBeGreaterThan(0);
    for (const [name = "", ...cells] of whole) {
      const use = wanted.bySchool.get(name);
      if (!use) throw new Error(`The files know no ${name}.`);
      expect(cells, name).toEqual([
        decimal.format(use.before.personDaysPerDay),
        people(use.before.users),
        decimal.format(use.now.personDaysPerDay),
        people(use.now.users),
        changeOf(use.before.personDaysPerDay, use.now.personDaysPerDay),
      ]);
    }
    counted("Did use of it fall after the winter break?");
  });

  test("3. how many different resources a seventh grader uses, by school", async () => {
    const frame = await ask("How many different resources does a grade use, by school?");
    const rows = await tableOf(frame, "distinctSchool");
    const wanted = resourcesOfGrade(district.rows, "7");
    expect(rows.length).toBe(wanted.size);
    const whole = rows.filter(([name]) => !name?.endsWith("*"));
    expect(whole.length).toBeGreaterThan(0);
    for (const [name = "", , each] of whole) expect(each, name).toBe(decimal.format(wanted.get(name) ?? 0));
    counted("How many different resources does a seventh grader use?");
  });

  test("4. which paid resources are hardly used, and what an active user costs", async () => {
    const frame = await ask("Which paid resources are hardly used?");
    const rows = await cellsOf(frame.locator("#panel-licences table"));
    const [least] = rows;
    expect([least?.[0], least?.[1]]).toEqual(["Nobodys App", "0"]);
    for (const [name, seats, cost] of [
      [fallen, 300, 1_800],
      ["Testpine", 200, 900],
    ] as const) {
      const users = usersOf(district.rows, name);
      const row = rows.find(([resource]) => resource === name);
      expect(row?.slice(1, 6)).toEqual([
        integer.format(users),
        integer.format(seats),
        percent.format(users / seats),
        decimal.format(cost),
        decimal.format(cost / users),
      ]);
    }
    counted("Which paid resources are hardly used?");
  });

  test("5. what changed last month", async () => {
    const frame = await ask("What changed last month?");
    const changes = frame.locator("#panel-changes .change-head");
    await changes.first().waitFor();
    const reported = (await changes.allTextContents()).map((text) => text.replaceAll(/\s+/g, " ").trim());
    console.log(`${students} students, what changed: ${reported.join(" | ")}`);
    expect(reported.some((text) => text.includes(stopped) && text.includes("Stopped"))).toBe(true);
    expect(reported.some((text) => text.includes(risen) && /Rose/.test(text))).toBe(true);
    const planted = [fallen, stopped, risen];
    expect(reported.filter((text) => !planted.some((name) => text.includes(name)))).toEqual([]);
    counted("What changed last month that I should know?");
  });

  test("6. who is not on Clever at all, by school and grade", async () => {
    const frame = await ask("Who does not use Clever at all?");
    for (const [id, of] of [
      ["neverSchool", "school"],
      ["neverGrade", "grade"],
    ] as const) {
      const rows = await tableOf(frame, id);
      const wanted = neverActive(district.rows, of);
      let held = 0;
      for (const [name = "", users, never, share] of rows) {
        const real = wanted.get(name);
        // Entries marked as partial are not compared.
        if (name.endsWith("*")) continue;
        if (!real) throw new Error(`The files know no ${name}.`);
        const cells = [
          people(real.users),
          people(real.never),
          people(real.never) === "<10"
            ? `<${percent.format(Math.min(1, 10 / real.users))}`
            : percent.format(real.never / real.users),
        ];
        expect([name, users, never, share]).toEqual([name, ...cells]);
        held++;
      }
      expect(held).toBeGreaterThan(1);
    }
    counted("Who does not use Clever at all?");
  });
});
