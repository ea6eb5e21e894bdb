import type { LakeAddresses } from "../lakeAddresses";
import {
  type FileLocation,
  failActivity,
  landingActivities,
  locationOf,
  notebookActivity,
  parameters,
  schedule,
} from "./landing";

const gitIntegration = "https://developer.microsoft.com/json-schemas/fabric/gitIntegration";

/** The pipeline's files as Fabric stores them in Git, by full name. */
export function fabricFiles(addresses: LakeAddresses): Record<string, unknown> {
  return {
    "pipeline-content.json": { properties: pipeline(addresses) },
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

function pipeline(addresses: LakeAddresses) {
  const dataset = (location: FileLocation) => ({
    annotations: [],
    type: "Binary",
    typeProperties: { location: locationOf(location, addresses) },
    externalReferences: { connection: connections[location.store] },
  });
  return {
    activities: [
      ...landingActivities(addresses, { dataset, isInline: true }),
      notebookActivity("TridentNotebook", { notebookId: "NOTEBOOK_ID", workspaceId: "WORKSPACE_ID" }),
      failActivity(),
    ],
    parameters,
    concurrency: 1,
  };
}
