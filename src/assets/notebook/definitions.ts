import { version } from "../../../package.json";
import { gradeOrder } from "../../clever/grades";
import {
  ingestLogTable,
  lookupTable,
  pseudoTable,
  rosterTable,
  saltFingerprintPath,
} from "../../clever/layout";
import { idNames, type ReportName, reportNames, reports } from "../../clever/reports";
import { specificationOf } from "../../clever/specification";
import { gradeViews, personViews, questionViews } from "../sql/views";

const views = [...personViews, ...questionViews, ...gradeViews];
const viewOf = (path: string) => `lake_${path.slice(path.lastIndexOf("/") + 1)}`;

/** The notebook module's definitions of the lake, as JSON: columns, rules and paths of every report. */
export function definitions(): object {
  const ofReport = (name: ReportName) => {
    const report = reports[name];
    return {
      title: report.title,
      specification: specificationOf(report),
      table: pseudoTable(report),
      view: viewOf(pseudoTable(report)),
      lookup: lookupTable(report),
      identities: idNames,
    };
  };
  return {
    version,
    ingestLog: ingestLogTable,
    saltFingerprint: saltFingerprintPath,
    reports: Object.fromEntries(reportNames.map((name) => [name, ofReport(name)])),
    roster: { table: rosterTable, view: viewOf(rosterTable) },
    grades: gradeOrder,
  };
}

/**
 * The bodies of the SQL views, by `schema.name`. Spark's temporary views have no schema, so it becomes a prefix of
 * their name.
 */
export function viewBodies(): Record<string, string> {
  const names = views.map(({ schema, name }) => `${schema}\\.${name}`).join("|");
  const known = new RegExp(`\\b(?:lake\\.\\w+|${names})\\b`, "g");
  const bodyOf = (body: string) => body.replace(known, (name) => name.replace(".", "_"));
  return Object.fromEntries(views.map(({ schema, name, body }) => [`${schema}.${name}`, bodyOf(body)]));
}
