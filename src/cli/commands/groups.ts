import { counted } from "../../basics/counted";
import { groupsTable } from "../../clever/layout";
import { updateGroupsWithoutRun } from "../../pipeline/groups/updateGroups";
import type { CommandAction } from "../command";
import { openConfigured } from "../connect";
import { areRowsChanged, type CountingOptions, countingOf, divisionIn } from "../participation";

/** `groups`: the division of people as a table, for products that compute their own counts. */
export const divideIntoGroups: CommandAction<CountingOptions> = async (options, context) => {
  const { signal } = context;
  const { config, lake } = await openConfigured(options, context);
  const counting = countingOf(config, options);
  const divide = () => divisionIn(lake, config, options, signal);
  const { written: isWritten, division } = await updateGroupsWithoutRun(lake, divide, signal);
  const rowsChanged = await areRowsChanged(lake, signal);
  const groups = new Set(division.cohorts.map(({ group }) => group)).size;
  const document = {
    table: groupsTable,
    written: isWritten,
    ...counting,
    cohorts: division.cohorts.length,
    groups,
    daysLeftOut: division.daysLeftOut.length,
    rowsChanged,
  };
  return {
    text: () =>
      `${groupsTable}: ${isWritten ? "written" : "already up to date"}. ${counted(document.cohorts, "cohort")} in ${counted(groups, "group")}${counting.minimumGroupSize > 1 ? ` of at least ${counting.minimumGroupSize} people` : ""}.`,
    document: () => document,
  };
};
