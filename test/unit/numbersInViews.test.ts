import { expect, test } from "vitest";
import { formatsOf } from "../../media/dashboard/formats";
import { dashboardTexts } from "../../src/dashboard/export/texts";
import { env } from "../helpers/vscodeStub";

test("numbers and dates in Spanish views are those of the dashboard, in the reader's region", async () => {
  Object.assign(env, { language: "es" });
  const { dateTime, integer, locale } = await import("../../src/ui/texts/format");
  expect(locale).toMatch(/^es-/);
  const dashboard = formatsOf(
    dashboardTexts((text) => text, "es", locale),
    10,
  );
  expect(integer(233_825)).toBe(dashboard.integer(233_825));
  const time = Date.UTC(2026, 10, 20, 12);
  expect(dateTime(time)).toBe(dashboard.moment(new Date(time).toISOString()));
});
