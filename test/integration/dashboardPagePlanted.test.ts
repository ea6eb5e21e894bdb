import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { quarantinedIn } from "../../src/dashboard/caveats";
import { type DashboardFilter, openingFilter } from "../../src/dashboard/filter";
import { answer } from "../../src/dashboard/query/answer";
import { sampleDistrict } from "../../src/sample/district";
import { answered, chromiumPath, DashboardBrowser, textOf } from "../helpers/dashboardBrowser";
import { dailyPath, usagePath } from "../helpers/pipelineFixture";
import { weekdayOf } from "../helpers/plainDates";
import {
  badParticipation,
  badUsage,
  noUsage,
  plantedDistrict,
  plantedOptions,
  plantedSettings,
  risen,
  stopped,
  winterBreak,
} from "../helpers/plantedDistrict";

const screenshots = path.join(__dirname, "..", "..", "out", "screenshots", "dashboard");

describe.skipIf(!chromiumPath)("the page of a district of 250 students, at the default settings", () => {
  const dashboards = new DashboardBrowser();

  async function show(patch: Partial<DashboardFilter> = {}): Promise<Page> {
    const { index, quarantined } = await plantedDistrict();
    const reports = quarantined.map((file) => ({ path: file, state: "quarantined" }));
    const { page } = await dashboards.showFrom(
      {
        ask: async (filter, signal) => {
          const given = await answer(index, filter, plantedSettings, signal);
          return "empty" in given ? given : { ...given, quarantined: quarantinedIn(reports, given) };
        },
      },
      { filter: { ...openingFilter, ...patch }, context: { viewport: { width: 1200, height: 900 } } },
    );
    await page.locator("#card-users .card-value").waitFor();
    await answered(page);
    return page;
  }
  /** A table's rows, as texts of their cells. */
  const tableOf = async (page: Page, panel: string): Promise<string[][]> => {
    await page.locator(`#panel-${panel} .as-table`).click();
    const rows = page.locator(`#panel-${panel} tbody tr`);
    await rows.first().waitFor();
    const texts = await rows.evaluateAll((all) =>
      all.map((row) => [...row.querySelectorAll("th, td")].map((cell) => cell.textContent ?? "")),
    );
    return texts.map((cells) => cells.map((text) => text.replaceAll(/[\s\u2066-\u2069]+/g, " ").trim()));
  };

  test("says each planted fact, and nothing that is not so", async () => {
    const page = await show();
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: path.join(screenshots, "planted.png"), fullPage: true });

    const incomplete = (await textOf(page, "#incomplete"))?.replaceAll(/[\u2066-\u2069]/g, "");
    expect(incomplete).toContain(
      "Daily participation (Students): the report of Wed, Dec 10, 2025 is missing.",
    );
    expect(incomplete).toContain(
      "Resource usage (Students): the reports of 2 days are missing (Dec 3, 2025 – Jan 22, 2026).",
    );
    for (const name of [dailyPath(badParticipation), usagePath(badUsage)])
      expect(incomplete).toContain(path.posix.basename(name));

    const changes = await tableOf(page, "changes");
    expect(changes.map(([name, , change, actual]) => [name, change, actual])).toEqual([
      [stopped, "Stopped", "0.00"],
      [risen, "Rose", expect.stringMatching(/^\d+\.\d\d$/)],
    ]);

    const days = new Map((await tableOf(page, "time")).map(([date = "", ...cells]) => [date, cells]));
    const dayOf = (date: string) => days.get(inWords(date));
    expect(dayOf(noUsage)?.[0]).toBe("School day; Resource usage: report missing");
    expect(dayOf(badUsage)?.[0]).toBe("School day; Resource usage: report missing");
    expect(dayOf(badParticipation)).toEqual([
      expect.stringContaining("School day; Daily participation: report missing"),
      "–",
      "–",
    ]);
    const marked = [...days.values()].filter(([kind = ""]) => kind.includes("missing"));
    expect(marked).toHaveLength(3);
    for (const date of winterBreak) {
      const kind = weekdayOf(date) > 5 ? "Quiet day or day off" : "No data";
      expect([date, dayOf(date)]).toEqual([date, [kind, "–", "–"]]);
    }

    const search = page.locator("#panel-table input[type=search]");
    await search.fill("Mathlark");
    const rows = page.locator("#panel-table tbody tr");
    await expect.poll(() => rows.count()).toBe(1);
    expect(await rows.first().textContent()).toMatch(/Mathlark Plus.*formerly .*Mathlark/s);

    const tiny = sampleDistrict(plantedOptions).tinySchool?.name ?? "";
    const schools = await tableOf(page, "schools");
    const suppressed = schools.filter((cells) => cells.some((text) => text.includes("suppressed")));
    expect(suppressed.map(([name]) => name?.replace(" *", ""))).toEqual([tiny]);
    expect(await textOf(page, "#panel-schools")).toContain(
      "has fewer than 10 people; it is shown only together with",
    );
  });

  test("does not take the winter break for a fall", async () => {
    const page = await show({ range: { from: "2026-01-05", to: "2026-01-30" } });
    for (const card of ["logins", "accesses"]) {
      const text = await textOf(page, `#card-${card}`);
      // Without a percentage this is not a number, and fails.
      expect(Number(/[+−-]([\d.]+)%/.exec(text ?? "")?.[1]), text).toBeLessThan(20);
    }
  });
});

/** `Wed, Dec 10, 2025` */
function inWords(date: string): string {
  const options = {
    weekday: "short",
    year: "numeric",
    month: "short",
    day: "numeric",
    timeZone: "UTC",
  } as const;
  return new Intl.DateTimeFormat("en-US", options).format(new Date(date));
}
