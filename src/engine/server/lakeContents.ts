import { isCleverLakeError, undefinedIf } from "../../basics/errors";
import { ingestLogTable } from "../../clever/layout";
import { Duck } from "../../duck/duck";
import { fileSystems, identityFileSystems } from "../../lake/lakePath";
import { requireLake } from "../../lake/requireLake";
import { landedFiles as filesIn, lakeTables, landingFolders } from "../../pipeline/catalogue/lakeContents";
import { tableDetails } from "../../pipeline/catalogue/tableDetails";
import { IngestLog } from "../../pipeline/log/logTable";
import { toJson } from "../messages/json";
import type * as calls from "../messages/protocol";
import { openLake } from "./connections";
import type { Answer } from "./handlers";

/** The number of log lines that are shown. */
const logLinesShown = 200;

/** The lake's stages with their tables, and the folders of landed files. Rejects with `notFound` if there is no lake. */
export const lakeContents: Answer<typeof calls.lakeContents> = async (connected, signal) => {
  const lake = await openLake(connected);
  await requireLake(lake, { signal });
  await using duck = await Duck.open();
  const tables = await lakeTables({ lake, duck, signal });
  // Users with access to the pseudonymized tables only see just those.
  const isRefused = (error: unknown) => isCleverLakeError(error, "auth");
  const landings = (await undefinedIf(isRefused, landingFolders(lake, signal))) ?? [];
  return {
    stages: fileSystems.map((name) => ({
      name,
      identities: identityFileSystems.has(name),
      tables: tables.filter(({ path }) => path.startsWith(`${name}/`)),
    })),
    landings,
  };
};

export const landedFiles: Answer<typeof calls.landedFiles> = async ({ folder, ...connected }, signal) => ({
  files: await filesIn(await openLake(connected), folder, signal),
});

export const tableReport: Answer<typeof calls.tableReport> = async ({ table, ...connected }, signal) => {
  const lake = await openLake(connected);
  await using duck = await Duck.open();
  return {
    ...(await tableDetails({ lake, duck, signal }, table)),
    log:
      table === ingestLogTable ? toJson(await new IngestLog(lake, duck).newest(logLinesShown, signal)) : null,
  };
};
