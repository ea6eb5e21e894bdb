import { readDistrictFiles } from "../../dashboard/districtFiles";
import { defaultSchoolYearStart } from "../../dashboard/opening";
import { optionsOf } from "../../dashboard/query/answer";
import { metricsDocument, parseMetricsFilter, participationMetrics } from "../../dashboard/query/metrics";
import { schoolsOfLevels } from "../../dashboard/schoolLevels";
import type { CommandAction } from "../command";
import { opened } from "../connect";
import {
  countingOf,
  districtFilesOf,
  nothingYet,
  type QuestionOptions,
  warnOfUnknownSchools,
  withIndex,
} from "../participation";
import { showMetrics } from "../show";

/** `metrics`: participation metrics from the tables. */
export const answerMetrics: CommandAction<QuestionOptions> = async (options, context) => {
  const { config, lake } = await opened(options, context);
  const filter = {
    from: options.from,
    to: options.to,
    compareFrom: options.compareFrom,
    compareTo: options.compareTo,
    schools: options.school,
    resources: options.resource,
    resourceTypes: options.resourceType,
    ...(options.userType ? { userTypes: options.userType } : {}),
  };
  // Validates the filter before the lake is read.
  parseMetricsFilter(filter);
  const files = districtFilesOf(config, options);
  const { levels } = await readDistrictFiles(files);
  const metrics = await withIndex(
    lake,
    options,
    (index) => {
      if (index === undefined) throw nothingYet(lake);
      const counting = countingOf(config, options);
      const known = optionsOf(index, { ...counting, schoolYearStart: defaultSchoolYearStart, levels });
      warnOfUnknownSchools(files.schoolLevelsFile, known);
      const ofLevels = schoolsOfLevels(options.schoolLevel ?? [], known.schoolLevels);
      const schools = [...(options.school ?? []), ...ofLevels.filter((school) => school !== null)];
      const fullFilter = { ...filter, schools: schools.length > 0 ? schools : undefined };
      return participationMetrics(index, fullFilter, counting, context.signal);
    },
    context.signal,
  );
  return { text: () => showMetrics(metrics), document: () => metricsDocument(metrics) };
};
