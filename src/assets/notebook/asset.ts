import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pythonPackage } from "../../basics/pythonPackage";
import { storedZip } from "../../basics/storedZip";
import { newestEntryFirst } from "../../clever/layout";
import { userTypeValue } from "../../clever/reports";
import { saltName } from "../../lake/adls/address";
import { ioError } from "../../lake/disk";
import { fileSystems } from "../../lake/lakePath";
import type { Asset, AssetFile, AssetSettings } from "../asset";
import type { LakeAddresses } from "../lakeAddresses";
import { notebookOf } from "./cells";
import { definitions, viewBodies } from "./definitions";

const packageName = "clever_lake";
const moduleFile = `${packageName}.zip`;
const notebookFile = "clever-participation.ipynb";

/** A PySpark notebook for the lake, and the module that reads landed files. */
export const notebookAsset: Asset = { name: "notebook", title: "Notebook", files, guide };

async function files(addresses: LakeAddresses, settings: AssetSettings): Promise<AssetFile[]> {
  const { scripts } = settings;
  const sources = Promise.all([
    readFile(path.join(scripts, "participation.py"), "utf8"),
    pythonPackage(path.join(scripts, packageName)),
  ]);
  const [script, modules] = await sources.catch((error: unknown) => Promise.reject(ioError(error, scripts)));
  const definitionsFile = {
    name: `${packageName}/definitions.json`,
    bytes: Buffer.from(JSON.stringify(definitions())),
  };
  return [
    { path: `notebook/${notebookFile}`, content: notebookOf(script, valuesOf(addresses, settings)) },
    { path: `notebook/${moduleFile}`, content: storedZip([...modules, definitionsFile]) },
  ];
}

function valuesOf(
  addresses: LakeAddresses,
  { saltKeyVaultUrl, minimumGroupSize }: AssetSettings,
): Record<string, string> {
  const stages = fileSystems.map(
    (stage) => `    ${JSON.stringify(stage)}: ${python(addresses.spark(stage))},\n`,
  );
  return {
    ...viewBodies(),
    stages: `{\n${stages.join("")}}`,
    saltKeyVault: python(saltKeyVaultUrl ?? ""),
    saltSecret: python(saltName),
    module: python(moduleFile),
    userType: python(userTypeValue.students),
    minimumGroupSize: String(minimumGroupSize),
    newestEntry: newestEntryFirst.join(", "),
    examplePseudonym: createHash("sha256").update("st1").update("salt").digest("hex"),
  };
}

/** A string as a Python literal: JSON strings are valid Python. */
function python(text: string): string {
  return JSON.stringify(text);
}

function guide(addresses: LakeAddresses): string {
  return `\`notebook/${notebookFile}\` leads from the landed files to answers, and explains each step: what landed, cleaning, pseudonyms, a
proof that the tables are correct, grades, and the three questions of OEA's module. It only reads: only \`clever-lake run\`
writes the tables. \`notebook/${moduleFile}\` has the code that reads the files, and its definitions of the lake.

Steps 1 to 4 need permission to read \`stage1np\` and \`stage2np\` and the salt. Without them, set \`CHECK_LANDED = False\`; then
\`stage2p\` is enough. Schools, grades, resources and days with fewer people than \`MINIMUM_GROUP_SIZE\` are suppressed. This is not the
dashboard's rule of groups: small numbers can be derived by subtraction. Clear the outputs before you share the notebook.

**On your machine, in VS Code**

1. Install Java 17 and Python 3.9 or newer, and \`pip install ipykernel matplotlib pyspark==3.5.6 delta-spark==3.3.2\`.
2. Put the salt into the environment as \`CLEVER_SALT\`, and start VS Code there.
3. Open the notebook, choose the kernel of this Python, and *Run All*. With Jupyter alone:
   \`jupyter nbconvert --execute --to html --ExecutePreprocessor.kernel_name=python3 ${notebookFile}\`
${
  addresses.inAzure
    ? `4. This lake is in Azure, so Spark also needs Hadoop's driver for it (\`hadoop-azure\` 3.3.4, in \`spark.jars.packages\`) and
   a sign-in, as Hadoop's ABFS documentation describes. Synapse and Fabric have both.
`
    : `4. This lake is in a folder, so run the notebook on this machine. For Synapse or Fabric, copy the lake to a storage account and
   put its addresses into \`STAGES\`.
`
}
**In Synapse**

1. Upload \`${moduleFile}\` to a container that the Spark pool may read, but not to \`stage2np\` or \`stage2p\`, where every folder
   counts as a table.
2. Open Synapse Studio, *Develop*, *+*, *Import*, and choose the notebook. Attach a pool with Spark 3.4 or newer.
3. In *Settings*, set \`MODULE\` to the address of the zip, \`abfss://CONTAINER@${addresses.account}.dfs.core.windows.net/…/${moduleFile}\`, and
   \`SALT_KEY_VAULT\` to the key vault, if it is not there yet.
4. Give yourself *Storage Blob Data Reader* on the containers of the lake, and *Key Vault Secrets User* on the secret
   \`${saltName}\`. Run all cells.

**In Fabric**

1. In a workspace, *Import*, *Notebook*, *From this computer*, and choose the notebook. Attach a lakehouse to it.
2. Upload \`${moduleFile}\` to *Files* of the lakehouse, and set \`MODULE\` to \`/lakehouse/default/Files/${moduleFile}\`.
3. You need the same roles as for Synapse. Choose a runtime with Spark 3.4 or newer (1.2 or later), and run all cells.

**How this was checked.** \`nbformat\` finds the notebook valid. It was run from top to bottom with \`jupyter nbconvert --execute\`
and Spark 3.5.6, over a lake in a folder, and through \`abfss://\` over an emulator of Azure Data Lake Storage. Its numbers
matched those of \`clever-lake metrics --json\`, and its outputs contained no ids, no pseudonyms and not the salt. It was not
opened in Synapse or Fabric; its use of the key vault there follows Microsoft's documentation.`;
}
