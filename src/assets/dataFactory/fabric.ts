import { landedFolder } from "../../clever/layout";
import { reports } from "../../clever/reports";
import type { LakeAddresses } from "../lakeAddresses";
import { type Activity, after, expression, policy } from "./activities";
import { type FileAccess, type FileLocation, landingActivities, lastLandings, parameters } from "./landing";
import { schedule } from "./names";

const gitIntegration = "https://developer.microsoft.com/json-schemas/fabric/gitIntegration";

/** The pipeline's files as Fabric stores them in Git, by full name. */
export function fabricFiles(place: LakeAddresses): Record<string, unknown> {
  return {
    "pipeline-content.json": { properties: pipeline(place) },
    ".platform": {
      $schema: `${gitIntegration}/platformProperties/2.1.0/schema.json`,
      metadata: {
        type: "DataPipeline",
        displayName: "Clever to lake",
        description: "Lands Clever's new files in stage1np, then runs the notebook on them.",
      },
      config: { version: "2.0", logicalId: "6f0d5f57-3a63-4c3b-9a3c-3f5b6f0c9a11" },
    },
    ".schedules": {
      $schema: `${gitIntegration}/schedules/1.0.0/schema.json`,
      schedules: [
        {
          // A person starts it after checking that the pipeline works.
          enabled: false,
          jobType: "Execute",
          configuration: {
            type: "Daily",
            startDateTime: schedule.from,
            endDateTime: schedule.until,
            localTimeZoneId: "UTC",
            times: [`${schedule.hour}:00`],
          },
        },
      ],
    },
  };
}

/** In Fabric, addresses and secrets are in connections, which the files refer to by id. */
const connections = { server: "SFTP_CONNECTION_ID", lake: "STORAGE_CONNECTION_ID" } as const;

function pipeline(place: LakeAddresses) {
  const { fileSystem } = place.partsOf(landedFolder(reports.daily_participation));
  return {
    activities: [...landingActivities(place, accessTo(fileSystem)), notebook, fail],
    parameters,
    concurrency: 1,
  };
}

function accessTo(fileSystem: string): FileAccess {
  const dataset = ({ store, folder, file }: FileLocation) => ({
    annotations: [],
    type: "Binary",
    typeProperties: {
      location: {
        type: store === "server" ? "SftpLocation" : "AzureBlobFSLocation",
        ...(store === "server" ? {} : { fileSystem }),
        folderPath: expression(folder),
        ...(file === undefined ? {} : { fileName: expression(file) }),
      },
    },
    externalReferences: { connection: connections[store] },
  });
  const readSettings = (store: FileLocation["store"]) => ({
    storeSettings: {
      type: store === "server" ? "SftpReadSettings" : "AzureBlobFSReadSettings",
      recursive: false,
    },
    formatSettings: { type: "BinaryReadSettings" },
  });
  return {
    metadataOf: (place) => ({ datasetSettings: dataset(place), ...readSettings(place.store) }),
    copy: (from, to) => ({
      typeProperties: {
        source: { type: "BinarySource", ...readSettings(from.store), datasetSettings: dataset(from) },
        sink: {
          type: "BinarySink",
          storeSettings: { type: "AzureBlobFSWriteSettings" },
          datasetSettings: dataset(to),
        },
        validateDataConsistency: true,
      },
    }),
  };
}

const notebookStep = "Notebook";

const notebook: Activity = {
  name: notebookStep,
  type: "TridentNotebook",
  dependsOn: lastLandings.map((name) => after(name)),
  policy: policy(0, { timeout: "0.06:00:00" }),
  typeProperties: { notebookId: "NOTEBOOK_ID", workspaceId: "WORKSPACE_ID" },
};

const fail: Activity = {
  name: "Fail",
  type: "Fail",
  dependsOn: [after(notebookStep, "Failed", "Skipped")],
  typeProperties: {
    message: "A file was not landed, or the notebook failed. See the failed activity above.",
    errorCode: "cleverToLake",
  },
};
