import { DataLakeServiceClient, newPipeline, StorageSharedKeyCredential } from "@azure/storage-file-datalake";
import { describe, expect, test } from "vitest";
import { userTypes } from "../../src/clever/reports";
import { openAdlsLake } from "../../src/lake/adls/open";
import { status } from "../../src/pipeline/plan/status";
import { verifyLake } from "../../src/pipeline/verify/verify";
import type { Workspace } from "../adls-emulator/oneLake";
import { lasting, openLake, startEmulator, token } from "../helpers/adls";
import { runInto, stateOf } from "../helpers/adlsPipeline";
import { lakeConformance } from "../helpers/lakeConformance";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  salt,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

const workspace: Workspace = {
  name: "District Data",
  id: "11111111-2222-3333-4444-555555555555",
  items: [{ name: "Clever Läke.Lakehouse", id: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee" }],
};
const [item = { name: "", id: "" }] = workspace.items;
const files = [workspace.name, item.name, "Files"].map(encodeURIComponent).join("/");

const startOneLake = () => startEmulator({ workspaces: [workspace] });

lakeConformance("OneLake by names", async () => openLake(await startOneLake(), { prefix: files }));
lakeConformance("OneLake by names in another case, in a folder", async () =>
  openLake(await startOneLake(), { prefix: `${files.toLowerCase()}/OEA%20one` }),
);
lakeConformance("OneLake by GUIDs", async () =>
  openLake(await startOneLake(), { prefix: `${workspace.id}/${item.id}/Files/oea` }),
);

async function oneDay(): Promise<PipelineFixture> {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("amy"), daily("ben")));
  await fixture.put(usagePath(), usageCsv(usage("amy", "maps"), usage("ben", "Lexia Core5")));
  return fixture;
}

describe("a lake in OneLake", () => {
  test("a run, a corrected day, status and verify have the same results as in a folder, and touch only Files", async () => {
    const emulator = await startOneLake();
    const lake = openLake(emulator, { prefix: files });
    const fixture = await oneDay();
    for (const change of [undefined, dailyCsv(daily("amy", "2024-09-03", 7), daily("ben"))]) {
      if (change !== undefined) await fixture.put(dailyPath(), change);
      const [there, here] = [await runInto(lake, fixture.source), await fixture.run()];
      expect(there).toMatchObject({ anonymized: here.anonymized, failed: [] });
    }
    expect(await stateOf(lake)).toEqual(await stateOf(fixture.lake));
    expect((await verifyLake(lake, salt)).problems).toEqual([]);
    const { files: planned } = await status(fixture.source, lake, {
      userTypes: [...userTypes],
      expectReportsWithin: 0,
    });
    expect(planned.map(({ state }) => state)).toEqual(["anonymized", "anonymized"]);

    const stages = ["stage1np", "stage2np", "stage2p"];
    for (const file of emulator.files(workspace.name)) {
      expect(stages.map((stage) => file.startsWith(`${item.name}/Files/${stage}/clever/`))).toContain(true);
      expect(file).not.toContain(".clever-lake-tmp");
    }
    expect(emulator.requests.filter(({ status: code }) => code === 403)).toEqual([]);
  });

  test.each([
    ["workspace", "Districts Data", "Lake.Lakehouse"],
    ["lakehouse", workspace.name, "Other.Lakehouse"],
  ])("a missing %s is reported, and not created", async (_, workspaceName, itemName) => {
    const emulator = await startOneLake();
    const fixture = await oneDay();
    const lake = openLake(emulator, { prefix: encodeURI(`${workspaceName}/${itemName}/Files`) });
    await expect(runInto(lake, fixture.source)).rejects.toMatchObject({
      code: "config",
      message: expect.stringContaining(
        `OneLake has no ${itemName} in the workspace ${workspaceName}, or your account may not see it.`,
      ),
    });
    expect(emulator.requests.filter(({ operation }) => operation === "FileSystem.Create")).toEqual([]);
    expect(emulator.files(workspace.name)).toEqual([]);
  });

  test("without write permission, the error names the workspace and the permission", async () => {
    const emulator = await startEmulator({ workspaces: [workspace], tokens: [{ token, role: "reader" }] });
    const fixture = await oneDay();
    await expect(runInto(openLake(emulator, { prefix: files }), fixture.source)).rejects.toMatchObject({
      message: expect.stringMatching(
        /lacks the permission to do this in the workspace District Data in OneLake/,
      ),
      hint: expect.stringContaining("role Contributor"),
    });
  });

  test.each(["sharedKey", "sas"] as const)(
    "%s is refused for OneLake before anything is sent",
    async (auth) => {
      const emulator = await startOneLake();
      expect(() => openLake(emulator, { prefix: files, auth })).toThrow("OneLake has no account key");
      expect(emulator.requests).toEqual([]);
    },
  );
});

describe("the OneLake emulator refuses what Microsoft documents as unsupported", () => {
  const service = (url: string) => {
    const lake = openAdlsLake({ url: `${url}/${files}`, auth: "default", tokens: lasting(token) });
    return (lake as unknown as { readonly service: DataLakeServiceClient }).service;
  };

  test.each([
    ["creating a workspace", (s: DataLakeServiceClient) => s.getFileSystemClient("new").create()],
    ["deleting one", (s: DataLakeServiceClient) => s.getFileSystemClient(workspace.name).delete()],
    ["creating an item", (s) => directory(s, "New.Lakehouse").create()],
    ["deleting a managed folder", (s) => directory(s, `${item.name}/Tables`).delete()],
    ["renaming one", (s) => directory(s, `${item.name}/Files`).move(`${item.name}/Old/x`)],
    ["access lists", (s) => directory(s, `${item.name}/Files/x`).setAccessControl([])],
    ["a name together with a GUID", (s) => directory(s, `${item.id}/Files/x`).create()],
  ] satisfies [string, (service: DataLakeServiceClient) => Promise<unknown>][])("%s", async (_, attempt) => {
    const emulator = await startOneLake();
    await directory(service(emulator.url), `${item.name}/Files/x`).create();
    await expect(attempt(service(emulator.url))).rejects.toMatchObject({ name: "RestError" });
  });

  test("an account key", async () => {
    const { url, account, key } = await startOneLake();
    const pipeline = newPipeline(new StorageSharedKeyCredential(account, key), {
      retryOptions: { maxTries: 1 },
    });
    const client = new DataLakeServiceClient(url, pipeline);
    await expect(directory(client, `${item.name}/Files/x`).create()).rejects.toMatchObject({
      statusCode: 403,
    });
  });

  test("owners are ignored and reported as $superuser", async () => {
    const { url } = await startOneLake();
    const folder = directory(service(url), `${item.name}/Files/x`);
    const made = await folder.create({ permissions: "0750" });
    expect(made._response.headers.get("x-ms-rejected-headers")).toBe("x-ms-permissions");
    const { owner, permissions } = await folder.getAccessControl();
    expect({ owner, permissions: JSON.stringify(permissions) }).toEqual({
      owner: "$superuser",
      permissions: expect.not.stringContaining("true"),
    });
  });
});

function directory(service: DataLakeServiceClient, path: string) {
  return service.getFileSystemClient(workspace.name).getDirectoryClient(path);
}
