import { landedFolder } from "../../clever/layout";
import { type Report, reportNames, reports, userTypeFolder, userTypes } from "../../clever/reports";
import { quoted } from "../asset";
import type { LakeAddresses } from "../lakeAddresses";
import { type Activity, after, expression, policy } from "./activities";

/**
 * The activities that ingest Clever's files, shared by the pipelines of both products.
 * A file lands at `<report>/<its modification time>/<Students|Teachers|Staff>/<its name>`. Its path therefore shows
 * whether exactly this delivery is in the lake, and no other state is needed. If a file of the same size exists
 * there, it is not copied again. A truncated file has another size and is copied again; a redelivery has another
 * time.
 */

/** The notebook that the pipelines run. */
export const notebookName = "clever-participation";

/** Daily schedule, in UTC. */
export const schedule = { from: "2026-01-01T00:00:00", until: "2036-01-01T00:00:00", hour: 11 } as const;

/** The Synapse pool that runs the notebook. */
export const sparkPoolName = "clever";

/** A file, or a folder if it has no name: expressions without their `@`. */
export interface FileLocation {
  readonly store: "server" | "lake";
  readonly folder: string;
  readonly file?: string;
}

/** How an activity of the product refers to its files. */
export interface FileAccess {
  readonly dataset: (place: FileLocation) => object;
  /** Whether datasets are part of the activities, and not files of their own. */
  readonly isInline: boolean;
}

/** The location of a dataset. */
export function locationOf({ store, folder, file }: FileLocation, place: LakeAddresses) {
  const { fileSystem } = place.partsOf(landedFolder(reports.daily_participation));
  return {
    type: store === "server" ? "SftpLocation" : "AzureBlobFSLocation",
    ...(store === "server" ? {} : { fileSystem }),
    folderPath: expression(folder),
    ...(file === undefined ? {} : { fileName: expression(file) }),
  };
}

const readSettings = ({ store }: FileLocation) => ({
  storeSettings: {
    type: store === "server" ? "SftpReadSettings" : "AzureBlobFSReadSettings",
    recursive: false,
  },
  formatSettings: { type: "BinaryReadSettings" },
});

function metadataOf({ dataset, isInline }: FileAccess, place: FileLocation) {
  return { [isInline ? "datasetSettings" : "dataset"]: dataset(place), ...readSettings(place) };
}

/** Properties of a copy from the server to the lake. */
function copy({ dataset, isInline }: FileAccess, from: FileLocation, to: FileLocation) {
  const inline = (place: FileLocation) => (isInline ? { datasetSettings: dataset(place) } : {});
  return {
    ...(isInline ? {} : { inputs: [dataset(from)], outputs: [dataset(to)] }),
    typeProperties: {
      source: { type: "BinarySource", ...readSettings(from), ...inline(from) },
      sink: { type: "BinarySink", storeSettings: { type: "AzureBlobFSWriteSettings" }, ...inline(to) },
      validateDataConsistency: true,
    },
  };
}

export const parameters = {
  /** Empty, or a folder with a trailing slash. */
  serverFolder: { type: "String", defaultValue: "" },
  lookBackDays: { type: "Int", defaultValue: 30 },
} as const;

const parameter = (name: keyof typeof parameters) => `pipeline().parameters.${name}`;

/** The activity that runs the product's notebook, once everything has landed. */
export const notebookActivity = (
  type: string,
  typeProperties: Readonly<Record<string, unknown>>,
): Activity => ({
  name: "Notebook",
  type,
  dependsOn: reportNames.map((name) => after(landName(reports[name]))),
  policy: policy(0, { timeout: "0.06:00:00" }),
  typeProperties,
});

/** True if a file was not landed, or the notebook failed. */
export const afterFailure = after("Notebook", "Failed", "Skipped");

/** Makes the run of the pipeline fail. */
export const failActivity = (...further: Activity["dependsOn"]): Activity => ({
  name: "Fail",
  type: "Fail",
  dependsOn: [afterFailure, ...further],
  typeProperties: {
    message: "A file was not landed, or the notebook failed. See the failed activity above.",
    errorCode: "cleverToLake",
  },
});

export function landingActivities(place: LakeAddresses, access: FileAccess): Activity[] {
  return reportNames.flatMap((name) => landReport(reports[name], place, access));
}

function landName({ slug }: Report): string {
  return `Land ${slug}`;
}

function landReport(report: Report, place: LakeAddresses, access: FileAccess): Activity[] {
  const { slug } = report;
  const [list, filter] = [`List ${slug}`, `Recent ${slug}`];
  const folder = `concat(${parameter("serverFolder")}, ${quoted(slug)})`;
  return [
    {
      name: list,
      type: "GetMetadata",
      dependsOn: [],
      policy: policy(2),
      typeProperties: { ...metadataOf(access, { store: "server", folder }), fieldList: ["childItems"] },
    },
    {
      name: filter,
      type: "Filter",
      dependsOn: [after(list)],
      typeProperties: {
        items: expression(`activity(${quoted(list)}).output.childItems`),
        condition: expression(isRecentReport(report)),
      },
    },
    {
      name: landName(report),
      type: "ForEach",
      dependsOn: [after(filter)],
      typeProperties: {
        items: expression(`activity(${quoted(filter)}).output.value`),
        isSequential: false,
        batchCount: 4,
        activities: landFile(report, folder, place, access),
      },
    },
  ];
}

/** All arguments are evaluated, so a name that is too short for a date must not cause an error. */
function isRecentReport({ slug }: Report): string {
  const name = "item().name";
  const isOfType = userTypes
    .map((type) => `contains(${name}, ${quoted(`-${slug}-${type}`)})`)
    .reduce((all, each) => `or(${all}, ${each})`);
  const oldest = `formatDateTime(addDays(utcNow(), mul(-1, ${parameter("lookBackDays")})), 'yyyy-MM-dd')`;
  const date = `substring(concat(${name}, ${quoted(" ".repeat(10))}), 0, 10)`;
  return `and(and(equals(item().type, 'File'), endsWith(${name}, '.csv')), and(${isOfType}, greaterOrEquals(${date}, ${oldest})))`;
}

function landFile(report: Report, folder: string, place: LakeAddresses, access: FileAccess): Activity[] {
  const { slug } = report;
  const [server, lake] = [`On the server ${slug}`, `In the lake ${slug}`];
  const output = (activity: string) => `activity(${quoted(activity)}).output`;
  const from: FileLocation = { store: "server", folder, file: "item().name" };
  const to: FileLocation = {
    store: "lake",
    folder: landingFolder(report, place, `${output(server)}.lastModified`),
    file: "item().name",
  };
  return [
    {
      name: server,
      type: "GetMetadata",
      dependsOn: [],
      policy: policy(2),
      typeProperties: { ...metadataOf(access, from), fieldList: ["lastModified", "size"] },
    },
    {
      name: lake,
      type: "GetMetadata",
      dependsOn: [after(server)],
      policy: policy(2),
      // With `exists`, the activity does not fail if the file is missing; it then returns no size.
      typeProperties: { ...metadataOf(access, to), fieldList: ["exists", "size"] },
    },
    {
      name: `Is new ${slug}`,
      type: "IfCondition",
      dependsOn: [after(lake)],
      typeProperties: {
        expression: expression(`not(equals(coalesce(${output(lake)}?.size, -1), ${output(server)}.size))`),
        ifTrueActivities: [
          { name: `Copy ${slug}`, type: "Copy", dependsOn: [], policy: policy(2), ...copy(access, from, to) },
        ],
      },
    },
  ];
}

function landingFolder(report: Report, place: LakeAddresses, modified: string): string {
  const others = userTypes.slice(0, -1);
  const last = userTypeFolder[userTypes.at(-1) ?? "staff"];
  const userFolder = others.reduceRight(
    (rest, type) =>
      `if(contains(item().name, ${quoted(`-${report.slug}-${type}`)}), ${quoted(userTypeFolder[type])}, ${rest})`,
    quoted(last),
  );
  const time = `formatDateTime(${modified}, 'yyyy-MM-ddTHH-mm-ss')`;
  return `concat(${quoted(`${place.partsOf(landedFolder(report)).name}/`)}, ${time}, '/', ${userFolder})`;
}
