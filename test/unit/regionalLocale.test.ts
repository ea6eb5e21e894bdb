import { expect, test } from "vitest";
import { formatsOf } from "../../media/dashboard/formats";
import { regionalLocale } from "../../src/dashboard/export/regionalLocale";
import { dashboardTexts } from "../../src/dashboard/export/texts";

test.each([
  ["es", "es-MX", "es-MX"],
  ["es", "en_US.UTF-8", "es-US"],
  ["es", "es_ES@euro", "es-ES"],
  ["es-AR", "en-US", "es-AR"],
  ["en", "en-GB", "en-GB"],
  ["es", "", "es-US"],
  ["es", "C.UTF-8", "es-US"],
  ["es", "es-419", "es-419"],
  ["no language", "en-US", "no language"],
])("%s on a system in %j is formatted as in %s", (language, system, locale) => {
  expect(regionalLocale(language, system)).toBe(locale);
});

test.each([
  ["es-US", "5 ene 2026"],
  ["es-MX", "5 ene 2026"],
  ["es-ES", "5 ene 2026"],
  ["en-US", "Jan 5, 2026"],
  ["en-GB", "5 Jan 2026"],
])("dates in %s follow the region", (locale, day) => {
  const formats = formatsOf(
    dashboardTexts((text) => text, "es", locale),
    10,
  );
  expect(formats.day("2026-01-05")).toBe(day);
});

test.each([
  ["es-US", "233,825", "4,262"],
  ["es-MX", "233,825", "4,262"],
  ["es-ES", "233.825", "4262"],
  ["en-US", "233,825", "4,262"],
])("numbers in %s follow the region", (locale, large, small) => {
  const formats = formatsOf(
    dashboardTexts((text) => text, "es", locale),
    10,
  );
  expect([formats.integer(233_825), formats.integer(4_262)]).toEqual([large, small]);
});
