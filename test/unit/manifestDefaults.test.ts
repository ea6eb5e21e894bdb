import { expect, test } from "vitest";
import { contributes } from "../../package.json";
import { parseConfig } from "../../src/config";
import { defaultSchoolYearStart, monthAndDay } from "../../src/dashboard/opening";

/** VS Code's settings, without their prefix. */
const properties: Record<string, { default?: unknown; pattern?: string }> =
  contributes.configuration.properties;
const settings = new Map(
  Object.entries(properties).map(([name, setting]) => [name.replace(/^clever\./, ""), setting]),
);

/** The command line's defaults. */
const { sftp, lake, ...general } = parseConfig(
  { sftp: { host: "reports.example", username: "district" }, lake: { url: "file:///lake" } },
  "the test",
);
const defaults = [
  ...Object.entries(general),
  ...Object.entries(sftp).map(([key, value]) => [`sftp.${key}`, value] as const),
  ...Object.entries(lake).map(([key, value]) => [`lake.${key}`, value] as const),
].filter(([key]) => !["sftp.host", "sftp.username", "lake.url"].includes(key));

test("all defaults of the command line are checked here", () => {
  expect(defaults.length).toBeGreaterThan(12);
});

test.each(defaults)("the setting %s has the command line's default", (key, value) => {
  expect(settings.get(key)?.default).toEqual(value);
});

test("the school year begins on the same day", () => {
  const { default: start, pattern = "" } = settings.get("schoolYearStart") ?? {};
  expect(start).toBe(defaultSchoolYearStart);
  for (const day of ["08-01", "12-31", "02-29", "13-01", "00-10", "08-32", "8-1"]) {
    expect(new RegExp(pattern).test(day)).toBe(monthAndDay.test(day));
  }
});
