import { landedFolder } from "../../clever/layout";
import { reports } from "../../clever/reports";
import { type Asset, type AssetFile, jsonFile } from "../asset";
import type { LakeAddresses } from "../lakeAddresses";
import { deploymentFiles } from "./deployment";
import { fabricFiles } from "./fabric";
import { notebookName, schedule, sparkPoolName } from "./landing";
import { names, synapseFiles } from "./synapse";

const fabricFolder = "pipeline/fabric/Clever to lake.DataPipeline";

/** Pipelines that land Clever's files daily, and a template that deploys their resources. */
export const pipelineAsset: Asset = { name: "pipeline", title: "Pipeline and deployment", files, guide };

function files(addresses: LakeAddresses): AssetFile[] {
  const within = (folder: string, content: Record<string, unknown>, ending = ""): AssetFile[] =>
    Object.entries(content).map(([name, value]) => jsonFile(`${folder}/${name}${ending}`, value));
  return [
    ...within("pipeline/azure", deploymentFiles(addresses)),
    ...within("pipeline/synapse", synapseFiles(addresses), ".json"),
    ...within(fabricFolder, fabricFiles(addresses)),
  ];
}

function guide(addresses: LakeAddresses): string {
  const landed = landedFolder(reports.daily_participation);
  return `A pipeline that brings Clever's new files into \`stage1np\` each day at ${schedule.hour}:00 UTC, for Synapse or for Fabric, and a
template that deploys the storage account, two key vaults, a Synapse workspace and the rights between them.

**It is an alternative to \`clever-lake run\`. Use only one of the two for a lake.** The pipeline lands files; it does not check or
pseudonymize them. \`clever-lake run\` does everything, from the server to the tables, and needs no pipeline: schedule it on
one of your machines, with the template's identity. The pipeline is for districts whose own notebook, such as OEA's,
writes the tables.

| | \`clever-lake run\` | this pipeline |
| --- | --- | --- |
| who pseudonymizes | the run itself | your own notebook, which runs last. The default, the notebook of these assets, checks the data and answers questions; it writes no tables |
| a file that is not as Clever publishes it | goes to quarantine, with line, column and reason | is landed; the notebook has to detect it |
| a corrected file | replaces its own rows | is landed next to the earlier one; the notebook has to choose |

How \`clever-lake\` treats files that a pipeline landed:

- \`clever-lake run\` does not read them. They are not in its ingest log, so it lands the server's files again: each file
  is then in the lake twice, and counted once. \`clever-lake verify\` lists each file that is not in the ingest log.
- \`clever-lake adopt\` includes them if OEA's notebooks wrote the tables of the lake. It derives the report, the user type and
  the time of each file from its path, which follows our own layout. After that, turn the pipeline off and use
  \`clever-lake run\`.

**How new files are detected.** A file lands at
\`${landed}/<time of the file on the server>/<Students|Teachers|Staff>/<name>\`. If a file of the same size exists there, it is not
copied again. The pipeline can therefore run as often as you like, and a truncated copy is repeated. It considers names from
the last \`lookBackDays\` days (30); for the first run, use a number that reaches back to the first file. It cannot detect:

- a file whose content changed while its size and its time stayed the same;
- a file that Clever redelivered for a day before \`lookBackDays\`;
- whether a file was changed while it was copied. The next run lands it again, under its new time.

If the reports are not in the login folder of the server, set \`serverFolder\` to theirs, with a trailing slash.
Clever's other names, such as \`… (1).csv\`, are landed too. Files that are not reports are ignored.

**Deploy** (optional; needs permission to assign roles)

1. Fill in \`pipeline/azure/azuredeploy.parameters.json\`. \`allowedAddresses\` lists the addresses that can reach the account and the vaults;
   without any, only the Azure services that you named can.
2. \`az deployment group create --resource-group GROUP --template-file azuredeploy.json --parameters @azuredeploy.parameters.json\`
3. Put the secrets into the vaults: the salt as \`oeaSalt\` into the one for the salt; \`${names.passwordSecret}\` and
   \`${names.alertSecret}\`, the URL to which a message is posted after a failure, into the other one.

| who | may |
| --- | --- |
| the identity for \`clever-lake\` | write \`stage1np\`, \`stage2np\` and \`stage2p\`; read the secrets of both vaults |
| the workspace's own identity | write \`stage1np\` and its own container; read \`stage2p\` and the secrets except the salt |
| the group of readers | read \`stage2p\` |

Each right is on one container or one vault, none on the account. The account has a hierarchical namespace, no public
access, no shared keys and TLS 1.2. **A notebook in a pipeline runs as the workspace.** If it should write the tables, deploy with
\`notebookWritesTables\`: the workspace can then read identities and the salt, and so can everyone who may run code in it. In that
case, use a separate workspace for readers.

**In Synapse**

1. Connect the workspace with a Git repository, and copy the folders below \`pipeline/synapse\` into it. Or paste each file into
   a new item of its kind with *{ } Code*: linked services first, then datasets, pipeline, trigger.
2. In \`linkedService/${names.server}.json\`, replace USER_NAME and HOST_KEY_FINGERPRINT. In \`${names.vault}.json\` and in the
   pipeline's parameter \`keyVaultUrl\`, replace KEY_VAULT. No file contains a secret.
3. In the activity *Notebook*, choose your notebook in place of \`${notebookName}\`, and a Spark pool in place of
   \`${sparkPoolName}\`.
4. *Debug* with the \`lookBackDays\` of the first run. Check \`stage1np\`. Then start the trigger \`${names.trigger}\`.

**In Fabric**

1. Create two connections: *SFTP* to Clever's server, and *Azure Data Lake Storage Gen2* to \`https://${addresses.host}\` with a workspace
   identity or a service principal. Their ids are in *Settings*, *Manage connections and gateways*.
2. In \`${fabricFolder}/pipeline-content.json\`, replace SFTP_CONNECTION_ID,
   STORAGE_CONNECTION_ID, NOTEBOOK_ID and WORKSPACE_ID.
3. Connect the workspace with a Git repository, copy the folder \`Clever to lake.DataPipeline\` into it, and update the workspace.
4. Run it once, check \`stage1np\`, then turn on the schedule. In the schedule, choose whom to notify of failures: the
   pipeline then ends with *Fail*.

**How this was checked.** Each file for Synapse and each resource of the template has exactly the properties, kinds and types of
the models in Microsoft's SDKs for Python (\`azure-mgmt-datafactory\` 9.2.0 and others), which refuse an unknown activity, a
copy without a sink and a missing notebook. This also holds for the pipeline for Fabric, once its files are named as in Data
Factory. Every expression parses in Microsoft's testing framework for Data Factory (1.4.4). Our own evaluation of them lands
each file in its place. A lake with files landed in this way was run and verified with \`clever-lake\`. Nothing was deployed,
and no pipeline was run in Synapse or in Fabric.`;
}
