import { quarantinedIn } from "../../dashboard/caveats";
import { readDistrictFiles } from "../../dashboard/districtFiles";
import { defaultSchoolYearStart } from "../../dashboard/opening";
import { optionsOf } from "../../dashboard/query/answer";
import { metricsDocument, participationMetrics } from "../../dashboard/query/metrics";
import { nothingYet } from "../../pipeline/nothingYet";
import type { CommandAction } from "../command";
import { openConfigured } from "../connect";
import { caveatsIn, countingOf, withIndex } from "../participation";
import { districtFilesOf, filterOf, type QuestionOptions, requireDays } from "../question";
import { showMetrics } from "../show";

/** `metrics`: participation metrics from the tables. */
export const answerMetrics: CommandAction<QuestionOptions> = async (options, context) => {
  const { config, lake } = await openConfigured(options, context);
  requireDays(options);
  const files = districtFilesOf(config, options);
  const { levels } = await readDistrictFiles(files);
  const { from, to, compareFrom, compareTo } = options;
  const { filter, metrics } = await withIndex(
    lake,
    options,
    async (index) => {
      if (index === undefined) throw nothingYet(lake);
      const counting = countingOf(config, options);
      const known = optionsOf(index, { ...counting, schoolYearStart: defaultSchoolYearStart, levels });
      const filter = filterOf({ ...options, range: "all" }, files.schoolLevelsFile, known);
      return { filter, metrics: await participationMetrics(index, filter, counting, context.signal) };
    },
    context.signal,
  );
  const caveats = await caveatsIn(lake, config, context.signal);
  const quarantined = caveats.waiting && quarantinedIn(caveats.waiting, { from: "", to: "", filter });
  const rowsChanged = caveats.changedByOthers && caveats.changedByOthers.size > 0;
  const asked = {
    ...{ from, to, compareFrom, compareTo },
    schools: filter.schools.length > 0 ? filter.schools : undefined,
    resources: options.resource,
    resourceTypes: options.resourceType,
    userTypes: filter.userTypes,
  };
  return {
    text: () => showMetrics(metrics, asked, quarantined),
    document: () => ({ filter: asked, quarantined, rowsChanged, ...metricsDocument(metrics) }),
  };
};
