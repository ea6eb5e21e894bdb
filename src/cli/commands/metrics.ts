import type { UserType } from "../../clever/reports";
import { readConfig, secretsFrom } from "../../config";
import { readDistrictFiles } from "../../dashboard/districtFiles";
import { defaultSchoolYearStart } from "../../dashboard/opening";
import { optionsOf } from "../../dashboard/query/answer";
import { metricsDocument, parseMetricsFilter, participationMetrics } from "../../dashboard/query/metrics";
import { schoolsOfLevels } from "../../dashboard/schoolLevels";
import type { CommandContext, CommandResult, CommonOptions } from "../command";
import { openLake } from "../connect";
import {
  type CountingOptions,
  countingOf,
  districtFilesOf,
  nothingYet,
  type SchoolOptions,
  warnOfUnknownSchools,
  withIndex,
} from "../participation";
import { showMetrics } from "../show";

export interface MetricsOptions extends CommonOptions, CountingOptions, SchoolOptions {
  readonly from?: string;
  readonly to?: string;
  readonly compareFrom?: string;
  readonly compareTo?: string;
  readonly resource?: string[];
  readonly resourceType?: string[];
  readonly userType?: UserType[];
}

/** `metrics`: participation metrics from the tables. */
export async function answerMetrics(
  options: MetricsOptions,
  { environment, signal }: CommandContext,
): Promise<CommandResult> {
  const config = await readConfig(options.config);
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
  const lake = await openLake(config, secretsFrom(environment));
  const metrics = await withIndex(
    lake,
    options,
    (index) => {
      if (index === undefined) throw nothingYet(lake);
      const known = optionsOf(index, defaultSchoolYearStart, levels);
      warnOfUnknownSchools(files.schoolLevelsFile, known);
      const ofLevels = schoolsOfLevels(options.schoolLevel ?? [], known.schoolLevels);
      const schools = [...(options.school ?? []), ...ofLevels.filter((school) => school !== null)];
      const fullFilter = { ...filter, schools: schools.length > 0 ? schools : undefined };
      return participationMetrics(index, fullFilter, countingOf(config, options), signal);
    },
    signal,
  );
  return { text: () => showMetrics(metrics), document: () => metricsDocument(metrics) };
}
