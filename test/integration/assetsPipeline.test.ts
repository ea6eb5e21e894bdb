import path from "node:path";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { pipelineAsset } from "../../src/assets/dataFactory/asset";
import { lakeAddressesOf } from "../../src/assets/lakeAddresses";
import { landedPath } from "../../src/clever/layout";
import { oeaLandingAt, userTypeOf } from "../../src/clever/oeaLanding";
import { reports } from "../../src/clever/reports";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";
import { pythonWithAzureModels, pythonWithPowerBi, runPython } from "../helpers/python";

const place = lakeAddressesOf("https://districtlake.dfs.core.windows.net");
const made = await pipelineAsset.files(place, {
  saltKeyVaultUrl: undefined,
  minimumGroupSize: 10,
  scripts: "",
});
const files = made.map(({ path: file, content }) => ({ path: file, content: content.toString() }));
const parsed = (end: string): unknown => {
  const file = files.find((each) => each.path.endsWith(end));
  return JSON.parse(file?.content ?? "");
};

type Json = Readonly<Record<string, unknown>>;
const activitySchema = z.looseObject({
  name: z.string(),
  type: z.string(),
  typeProperties: z.record(z.string(), z.unknown()),
});
type Activity = z.infer<typeof activitySchema>;
const pipelineSchema = z.looseObject({
  properties: z.looseObject({
    activities: z.array(activitySchema),
    parameters: z.record(z.string(), z.object({ type: z.string() })),
  }),
});
const synapse = () => pipelineSchema.parse(parsed("synapse/pipeline/clever_to_lake.json"));
const fabric = () => pipelineSchema.parse(parsed("pipeline-content.json"));

/** All activities, including nested ones. */
function allActivities(activities: readonly Activity[]): Activity[] {
  return activities.flatMap((activity) => {
    const { activities: within = [], ifTrueActivities = [] } = activity.typeProperties;
    return [
      activity,
      ...allActivities(z.array(activitySchema).parse(within)),
      ...allActivities(z.array(activitySchema).parse(ifTrueActivities)),
    ];
  });
}

const models = await pythonWithAzureModels();

interface Document {
  readonly name: string;
  readonly module: string;
  readonly model: string;
  readonly value: unknown;
}

describe.skipIf(models === undefined)("in Microsoft's SDK models", () => {
  const problemsOf = async (documents: readonly Document[]) =>
    z.array(z.string()).parse(await runPython(models ?? "", "azureModels.py", documents));
  const dataFactory = (name: string, model: string, value: unknown): Document => ({
    name,
    module: "azure.mgmt.datafactory.models",
    model,
    value,
  });
  const asPipeline = (value: unknown) => dataFactory("pipeline", "PipelineResource", value);

  test("every file for Synapse is valid", async () => {
    const kinds: Readonly<Record<string, string>> = {
      pipeline: "PipelineResource",
      dataset: "DatasetResource",
      linkedService: "LinkedServiceResource",
      trigger: "TriggerResource",
    };
    const documents = files
      .filter((file) => file.path.startsWith("pipeline/synapse/"))
      .map(({ path: name, content }) =>
        dataFactory(name, kinds[name.split("/")[2] ?? ""] ?? "", JSON.parse(content)),
      );
    expect(documents).toHaveLength(8);
    expect(await problemsOf(documents)).toEqual([]);
  });

  test("the pipeline for Fabric is valid once its files are named as in Data Factory", async () => {
    // In Fabric, datasets are within activities, and notebooks are referenced by id.
    const text = JSON.stringify(fabric(), (key: string, value: Json) => {
      if (key === "datasetSettings") return undefined;
      const dataset = { referenceName: "d", type: "DatasetReference" };
      if (value?.type === "GetMetadata")
        return { ...value, typeProperties: { ...(value.typeProperties as Json), dataset } };
      if (value?.type === "Copy") return { ...value, inputs: [dataset], outputs: [dataset] };
      if (value?.type !== "TridentNotebook") return value;
      const notebook = { referenceName: "n", type: "NotebookReference" };
      return { ...value, type: "SynapseNotebook", typeProperties: { notebook } };
    });
    expect(await problemsOf([asPipeline(JSON.parse(text))])).toEqual([]);
  });

  test("an invalid pipeline is rejected", async () => {
    const wrong = async (change: (activities: Activity[]) => void) => {
      const pipeline = synapse();
      change(allActivities(pipeline.properties.activities));
      return problemsOf([asPipeline(pipeline)]);
    };
    const find = (activities: readonly Activity[], type: string): Activity =>
      activities.find((activity) => activity.type === type) as Activity;
    const unknown = await wrong((all) => {
      find(all, "Filter").type = "Filtre";
    });
    expect(unknown).toEqual([expect.stringMatching(/has no kind 'Filtre'/)]);
    // Nested parts of an activity are changed in place.
    const pipeline = JSON.stringify(synapse());
    const without = (text: string) => problemsOf([asPipeline(JSON.parse(pipeline.replace(text, "")))]);
    expect(
      await without('"sink":{"type":"BinarySink","storeSettings":{"type":"AzureBlobFSWriteSettings"}},'),
    ).toEqual([expect.stringMatching(/sink: is missing/)]);
    expect(
      await without('"notebook":{"referenceName":"clever-participation","type":"NotebookReference"},'),
    ).toEqual([expect.stringMatching(/notebook: is missing/)]);
    const mistyped = pipeline.replace('"isSequential":false', '"isSequential":"no"');
    expect(await problemsOf([asPipeline(JSON.parse(mistyped))])).toEqual([
      expect.stringMatching(/isSequential: is no bool/),
    ]);
  });

  const template = z.object({
    resources: z.array(z.looseObject({ type: z.string(), name: z.string() })),
  });
  const modelsOfResources: Readonly<Record<string, readonly [string, string]>> = {
    "Microsoft.Storage/storageAccounts": ["storage.v2023_05_01", "StorageAccountCreateParameters"],
    "Microsoft.Storage/storageAccounts/blobServices": ["storage.v2023_05_01", "BlobServiceProperties"],
    "Microsoft.Storage/storageAccounts/blobServices/containers": ["storage.v2023_05_01", "BlobContainer"],
    "Microsoft.KeyVault/vaults": ["keyvault.v2023_07_01", "VaultCreateOrUpdateParameters"],
    "Microsoft.ManagedIdentity/userAssignedIdentities": ["msi.v2023_01_31", "Identity"],
    "Microsoft.Synapse/workspaces": ["synapse", "Workspace"],
    "Microsoft.Synapse/workspaces/bigDataPools": ["synapse", "BigDataPoolResourceInfo"],
    "Microsoft.Authorization/roleAssignments": [
      "authorization.v2022_04_01",
      "RoleAssignmentCreateParameters",
    ],
  };
  /** A resource's fields in the template in addition to its own properties. */
  const ofTemplate = new Set(["type", "apiVersion", "name", "dependsOn", "scope", "condition"]);
  const asResource = (resource: Json & { readonly type: string; readonly name: string }): Document => {
    const [service, model] = modelsOfResources[resource.type] ?? ["", ""];
    const value = Object.fromEntries(Object.entries(resource).filter(([key]) => !ofTemplate.has(key)));
    return { name: resource.name, module: `azure.mgmt.${service}.models`, model, value };
  };

  test("every resource of the deployment template is valid, and an invalid one is rejected", async () => {
    const { resources } = template.parse(parsed("azuredeploy.json"));
    expect(await problemsOf(resources.map(asResource))).toEqual([]);
    const [account] = resources;
    const properties = { ...(account?.properties as Json), isHnsEnable: true };
    expect(
      await problemsOf([asResource({ ...(account as (typeof resources)[number]), properties })]),
    ).toEqual([expect.stringMatching(/has no property isHnsEnable/)]);
  });

  const scope = {
    now: "2026-02-10T11:00:00",
    parameters: { serverFolder: "", lookBackDays: 30 },
    item: {},
    outputs: {},
  };
  const evaluate = async (expressions: readonly string[], evaluations: readonly object[]) =>
    z.object({ broken: z.array(z.string()), values: z.array(z.unknown()) }).parse(
      await runPython(models ?? "", "dataFactoryExpressions.py", {
        expressions,
        evaluations: evaluations.map((each) => ({ ...scope, ...each })),
      }),
    );

  test("every expression parses in Microsoft's testing framework, and an invalid one does not", async () => {
    const found: string[] = [];
    const collect = (_key: string, value: unknown) => {
      const expression = z.object({ type: z.literal("Expression"), value: z.string() }).safeParse(value);
      if (expression.success) found.push(expression.data.value);
      return value;
    };
    for (const { content } of files.filter((file) => file.path.endsWith(".json")))
      JSON.parse(content, collect);
    expect(found.length).toBeGreaterThan(30);
    const broken = "@concat('a', concatenate('b'))";
    expect((await evaluate([...found, broken], [])).broken).toEqual([broken]);
  });

  const expressionOf = (value: unknown) => z.object({ value: z.string() }).parse(value).value;
  const named = (name: string) => {
    const found = allActivities(synapse().properties.activities).find((activity) => activity.name === name);
    return activitySchema.parse(found);
  };

  test("recent reports are copied, and other files are ignored", async () => {
    const condition = expressionOf(named("Recent daily-participation").typeProperties.condition);
    const names = [
      ["2026-01-20-daily-participation-students.csv", true],
      ["2026-01-11-daily-participation-staff (1).csv", true],
      ["2026-01-10-daily-participation-students.csv", false],
      ["2026-02-01-resource-usage-students.csv", false],
      ["2026-02-01-daily-participation-students.csv.tmp", false],
      ["a.csv", false],
      ["", false],
    ] as const;
    const items = names.map(([name]) => ({ item: { name, type: "File" } }));
    const folder = { item: { name: names[0][0], type: "Folder" } };
    const { values } = await evaluate(
      [],
      [...items, folder].map((each) => ({ ...each, expression: condition })),
    );
    expect(values).toEqual([...names.map(([, taken]) => taken), false]);
  });

  test("a file is copied unless its target has the same size", async () => {
    const condition = expressionOf(named("Is new resource-usage").typeProperties.expression);
    const sizes = [undefined, 5, 7];
    const evaluations = sizes.map((size) => ({
      expression: condition,
      outputs: {
        "On the server resource-usage": { size: 7 },
        "In the lake resource-usage": size === undefined ? { exists: false } : { exists: true, size },
      },
    }));
    expect((await evaluate([], evaluations)).values).toEqual([true, true, false]);
  });

  test("files land at the lake's own paths, under their time on the server", async () => {
    const copies = ["daily-participation", "resource-usage"].flatMap((slug) => {
      const { outputs } = named(`Copy ${slug}`);
      const [{ parameters }] = z
        .tuple([z.object({ parameters: z.object({ folder: z.unknown() }) })])
        .parse(outputs);
      return ["students", "teachers", "staff"].map((type) => ({
        slug,
        type,
        folder: expressionOf(parameters.folder),
      }));
    });
    const { values } = await evaluate(
      [],
      copies.map(({ slug, type, folder }) => ({
        expression: folder,
        item: { name: `2026-02-09-${slug}-${type}.csv` },
        outputs: { [`On the server ${slug}`]: { lastModified: "2026-02-10T03:04:05" } },
      })),
    );
    const landings = values.map((folder, index) => {
      const { slug, type } = copies[index] ?? {};
      const landing = oeaLandingAt(`stage1np/${String(folder)}/2026-02-09-${slug}-${type}.csv`);
      return (
        landing && [
          landing.report.slug,
          userTypeOf(landing, ""),
          landing.time.toISOString(),
          landing.hasBackslashes,
        ]
      );
    });
    expect(landings).toEqual(copies.map(({ slug, type }) => [slug, type, "2026-02-10T03:04:05.000Z", false]));
  });
});

test("a run counts a file once if a pipeline also landed it, and verify lists it", async () => {
  const fixture = await PipelineFixture.create();
  const content = dailyCsv(daily("a"), daily("b"));
  await fixture.put(dailyPath(), content);
  const landed = landedPath(
    reports.daily_participation,
    "2024-09-04T03-00-00",
    "students",
    path.basename(dailyPath()),
  );
  await fixture.lake.write(landed, Readable.from([content]));
  expect(await fixture.run()).toMatchObject({ quarantined: [] });
  expect(await fixture.logins("a", "b")).toEqual(["a 2024-09-03 1", "b 2024-09-03 1"]);
  expect((await fixture.verify()).problems).toEqual([
    { subject: landed, problem: expect.stringMatching(/ingest log has no entry for this raw file/) },
  ]);
});

const python = await pythonWithPowerBi();

test.skipIf(python === undefined)("Fabric's descriptions are valid against its schemas", async () => {
  const schemas = path.resolve(import.meta.dirname, "..", "fixtures", "powerbi-schemas");
  const documents = Object.fromEntries(
    [".platform", ".schedules"].map((end) => [end, parsed(`.DataPipeline/${end}`)]),
  );
  expect(await runPython(python ?? "", "powerBi.py", { schemas, documents, dax: {} })).toMatchObject({
    invalid: [],
  });
});

test("no file contains a secret, and parameter types are spelt as in Data Factory", () => {
  for (const { path: name, content } of files.filter((file) => file.path.includes("linkedService"))) {
    expect(content, name).not.toMatch(/SecureString|accountKey|connectionString|encryptedCredential/);
  }
  for (const { properties } of [synapse(), fabric()]) {
    for (const { type } of Object.values(properties.parameters)) expect(["String", "Int"]).toContain(type);
  }
});

test("each activity has a unique name and depends only on activities at the same level", () => {
  for (const { properties } of [synapse(), fabric()]) {
    const all = allActivities(properties.activities).map(({ name }) => name);
    expect(new Set(all).size).toBe(all.length);
    const top = properties.activities.map(({ name }) => name);
    for (const { dependsOn } of properties.activities) {
      for (const { activity } of z.array(z.object({ activity: z.string() })).parse(dependsOn))
        expect(top).toContain(activity);
    }
  }
});

test("only the named principals have access to the account, each to one container", () => {
  const { resources } = z
    .object({
      resources: z.array(
        z.looseObject({
          type: z.string(),
          scope: z.string().optional(),
          properties: z.looseObject({}).optional(),
        }),
      ),
    })
    .parse(parsed("azuredeploy.json"));
  const account = resources.find(({ type }) => type === "Microsoft.Storage/storageAccounts");
  expect(account?.properties).toMatchObject({
    isHnsEnabled: true,
    allowBlobPublicAccess: false,
    allowSharedKeyAccess: false,
    minimumTlsVersion: "TLS1_2",
    supportsHttpsTrafficOnly: true,
  });
  const containers = resources.filter(({ type }) => type.endsWith("/containers"));
  expect(containers.map(({ properties }) => properties?.publicAccess)).toEqual([
    "None",
    "None",
    "None",
    "None",
  ]);
  const grants = resources.filter(({ type }) => type === "Microsoft.Authorization/roleAssignments");
  expect(grants).toHaveLength(13);
  for (const { scope } of grants) expect(scope).toMatch(/containers'|Microsoft\.KeyVault\/vaults'/);
  // By default, only clever-lake may look up or compute the identity behind a pseudonym.
  for (const place of ["'stage2np'", "'saltKeyVault'"]) {
    const granted = grants.filter(({ scope }) => scope?.includes(place));
    expect(granted.map(({ name, condition }) => [String(name).includes("'ingestion'"), condition])).toEqual([
      [true, undefined],
      [false, "[parameters('notebookWritesTables')]"],
    ]);
  }
});
