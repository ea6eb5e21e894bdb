import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { type IngestedDistrict, ingestedSample } from "./ingestedDistrict";
import { dailyPath, usagePath } from "./pipelineFixture";
import { datesBetween } from "./plainDates";

/** As the page opens with default settings. */
export const plantedSettings = {
  minimumGroupSize: 10,
  keepWhole: "schools",
  schoolYearStart: "08-01",
  now: new Date("2026-02-01T12:00:00Z"),
} as const;

/** The first school day of the newest two weeks, 2026-01-20. */
const newest = 46;
export const stopped = "Wordmeadow";
export const risen = "Codepebble";
export const noUsage = "2025-12-03";
export const badParticipation = "2025-12-10";
/** Within the two judged weeks. */
export const badUsage = "2026-01-22";
export const winterBreak = datesBetween("2025-12-22", "2026-01-02");
export const plantedOptions = {
  seed: 3,
  students: 250,
  teachers: 12,
  staff: 4,
  schools: 5,
  days: 55,
  firstDay: "2025-10-27",
  changes: [
    { resource: stopped, schoolDay: newest, factor: 0 },
    { resource: risen, schoolDay: newest, factor: 4 },
  ],
};

/** Removes a report, and damages two so that they are quarantined. */
async function spoil(server: string): Promise<void> {
  await rm(path.join(server, usagePath(noUsage)));
  for (const file of [dailyPath(badParticipation), usagePath(badUsage)]) {
    const place = path.join(server, file);
    const [header = "", ...lines] = (await readFile(place, "utf8")).split("\n");
    await writeFile(place, [header, ...lines.map((line) => line.replace(/^\d{4}-/, "20x5-"))].join("\n"));
  }
}

let made: Promise<IngestedDistrict> | undefined;

/**
 * A district of 250 students with facts that the dashboard must show: those above. Created by the first test that asks
 * for it.
 */
export function plantedDistrict(): Promise<IngestedDistrict> {
  made ??= ingestedSample(plantedOptions, spoil);
  return made;
}
