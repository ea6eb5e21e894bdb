import type { LakeAddresses } from "../lakeAddresses";
import { type Activity, after, expression, policy } from "./activities";
import {
  afterFailure,
  type FileLocation,
  failActivity,
  landingActivities,
  locationOf,
  notebookActivity,
  notebookName,
  parameters,
  schedule,
  sparkPoolName,
} from "./landing";

export const names = {
  pipeline: "clever_to_lake",
  trigger: "clever_daily",
  server: "clever_server",
  storage: "clever_lake_storage",
  vault: "clever_key_vault",
  passwordSecret: "clever-sftp-password",
  alertSecret: "clever-alert-url",
} as const;

/** The Synapse workspace's files, in the folders of its Git integration, without their extension. */
export function synapseFiles(addresses: LakeAddresses): Record<string, unknown> {
  return {
    ...linkedServices(addresses),
    ...datasets(addresses),
    [`pipeline/${names.pipeline}`]: named(names.pipeline, pipeline(addresses)),
    [`trigger/${names.trigger}`]: named(names.trigger, trigger),
  };
}

const named = (name: string, properties: object) => ({ name, properties });

const service = (referenceName: string) => ({ referenceName, type: "LinkedServiceReference" });

function linkedServices(addresses: LakeAddresses): Record<string, unknown> {
  const file = (name: string, type: string, typeProperties: object) => [
    `linkedService/${name}`,
    named(name, { type, typeProperties }),
  ];
  return Object.fromEntries([
    file(names.server, "Sftp", {
      host: "reports-sftp.clever.com",
      port: 22,
      skipHostKeyValidation: false,
      hostKeyFingerprint: "HOST_KEY_FINGERPRINT",
      authenticationType: "Basic",
      userName: "USER_NAME",
      password: {
        type: "AzureKeyVaultSecret",
        store: service(names.vault),
        secretName: names.passwordSecret,
      },
    }),
    // Without a key or a principal, it uses the workspace's own identity.
    file(names.storage, "AzureBlobFS", { url: `https://${addresses.host}` }),
    file(names.vault, "AzureKeyVault", { baseUrl: "https://KEY_VAULT.vault.azure.net/" }),
  ]);
}

type Store = FileLocation["store"];

const datasetName = (store: Store, isFile: boolean) => `clever_${store}_${isFile ? "file" : "folder"}`;

function datasets(addresses: LakeAddresses): Record<string, unknown> {
  const of = (store: Store, isFile: boolean) => {
    const keys = isFile ? ["folder", "file"] : ["folder"];
    const file = isFile ? { file: "dataset().file" } : {};
    const location = locationOf({ store, folder: "dataset().folder", ...file }, addresses);
    const name = datasetName(store, isFile);
    const properties = {
      linkedServiceName: service(store === "server" ? names.server : names.storage),
      parameters: Object.fromEntries(keys.map((key) => [key, { type: "String" }])),
      type: "Binary",
      typeProperties: { location },
    };
    return [`dataset/${name}`, named(name, properties)] as const;
  };
  return Object.fromEntries([of("server", false), of("server", true), of("lake", true)]);
}

const dataset = ({ store, folder, file }: FileLocation) => ({
  referenceName: datasetName(store, file !== undefined),
  type: "DatasetReference",
  parameters: { folder: expression(folder), ...(file === undefined ? {} : { file: expression(file) }) },
});

function pipeline(addresses: LakeAddresses) {
  return {
    description: "Lands Clever's new files in stage1np, then runs the notebook on them.",
    activities: [...landingActivities(addresses, { dataset, isInline: false }), notebook, ...onFailure],
    parameters: {
      ...parameters,
      keyVaultUrl: { type: "String", defaultValue: "https://KEY_VAULT.vault.azure.net" },
    },
    // Two concurrent runs would copy the same files.
    concurrency: 1,
    annotations: [],
  };
}

const notebook = notebookActivity("SynapseNotebook", {
  notebook: { referenceName: notebookName, type: "NotebookReference" },
  sparkPool: { referenceName: sparkPoolName, type: "BigDataPoolReference" },
});

const alertAddress = "Alert address";
const alert = "Alert";

/** An alert's URL grants access, so it is treated as a secret and appears in no log. */
const onFailure: readonly Activity[] = [
  {
    name: alertAddress,
    type: "WebActivity",
    dependsOn: [afterFailure],
    policy: policy(2, { isSecret: true }),
    typeProperties: {
      method: "GET",
      url: expression(
        `concat(pipeline().parameters.keyVaultUrl, '/secrets/${names.alertSecret}?api-version=7.4')`,
      ),
      authentication: { type: "MSI", resource: "https://vault.azure.net" },
    },
  },
  {
    name: alert,
    type: "WebActivity",
    dependsOn: [after(alertAddress)],
    policy: policy(2, { isSecret: true }),
    typeProperties: {
      method: "POST",
      url: expression(`activity('${alertAddress}').output.value`),
      headers: { "Content-Type": "application/json" },
      body: expression(
        `concat('{"text":"The pipeline ', pipeline().Pipeline, ' failed. Run: ', pipeline().RunId, '"}')`,
      ),
    },
  },
  // After a success, the first condition is false, so this activity is skipped like the two before it.
  failActivity(after(alert, "Succeeded", "Failed", "Skipped")),
];

const trigger = {
  type: "ScheduleTrigger",
  // A person starts it after checking that the pipeline works.
  runtimeState: "Stopped",
  pipelines: [
    { pipelineReference: { referenceName: names.pipeline, type: "PipelineReference" }, parameters: {} },
  ],
  typeProperties: {
    recurrence: {
      frequency: "Day",
      interval: 1,
      startTime: `${schedule.from}Z`,
      timeZone: "UTC",
      schedule: { hours: [schedule.hour], minutes: [0] },
    },
  },
};
