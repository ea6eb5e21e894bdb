import { groupsTable } from "../../clever/layout";
import { readConfig, secretsFrom } from "../../config";
import { counted } from "../../counted";
import { divisionOf } from "../../dashboard/divisionTable";
import { writeGroups } from "../../pipeline/groups/writeGroups";
import type { CommandContext, CommandResult, CommonOptions } from "../command";
import { openLake } from "../connect";
import { type CountingOptions, countingOf, withIndex } from "../participation";

/** `groups`: the division of the people as a table, for products that count by themselves. */
export async function updateGroups(
  options: CommonOptions & CountingOptions,
  { environment, signal }: CommandContext,
): Promise<CommandResult> {
  const config = await readConfig(options.config);
  const secrets = secretsFrom(environment);
  const counting = countingOf(config, options);
  const division = await withIndex(
    config,
    secrets,
    options,
    (index) => Promise.resolve(divisionOf(index, counting)),
    signal,
  );
  const isWritten = await writeGroups(await openLake(config, secrets), division, signal);
  const groups = new Set(division.cohorts.map(({ group }) => group)).size;
  const document = {
    table: groupsTable,
    written: isWritten,
    ...counting,
    cohorts: division.cohorts.length,
    groups,
    daysLeftOut: division.daysLeftOut.length,
  };
  return {
    text: () =>
      `${groupsTable}: ${isWritten ? "written" : "up to date already"}. ${counted(document.cohorts, "cohort")} in ${counted(groups, "group")} of at least ${counting.minimumGroupSize} people.`,
    document: () => document,
  };
}
