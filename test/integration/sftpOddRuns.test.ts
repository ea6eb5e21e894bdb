import path from "node:path";
import { describe, expect, it } from "vitest";
import { reportNamesOnServer as names } from "../../src/clever/fileNames";
import { FolderLake } from "../../src/lake/folder";
import { run } from "../../src/pipeline/run";
import { daily, dailyCsv, dailyPath, salt } from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";
import { OddSftpServer, type Quirks } from "../odd-sftp/server";

async function setUp(quirks: Quirks) {
  const days = ["2020-09-02", "2020-09-03", "2020-09-04"];
  const server = await OddSftpServer.start(
    Object.fromEntries(days.map((day) => [`/reports/${dailyPath(day)}`, dailyCsv(daily("amy", day))])),
    quirks,
  );
  const lake = await FolderLake.open(path.join(await temporaryFolder(), "lake"));
  const once = async () => {
    await using source = server.source({ names });
    return await run({ command: "run", lake, source, salt, userTypes: ["students", "teachers", "staff"] });
  };
  return { server, once };
}

describe("runs against unusual servers", () => {
  it.each<[string, Quirks]>([
    ["lists a time other than that of an open file", { listingTimeOffset: -5 * 3600 }],
    ["lists times without seconds", { listingTimeToTheMinute: true }],
    ["reports nothing about open files", { fstat: "zero", stat: "fails" }],
  ])("ingest a file once, and again only if it changed, if the server %s", async (_, quirks) => {
    const { server, once } = await setUp(quirks);
    await using _server = server;
    expect(await once()).toMatchObject({ landed: 3, anonymized: 3, failed: [] });
    expect(server.requests("OPEN")).toBe(3);
    expect(await once()).toMatchObject({ landed: 0, unchanged: 3, failed: [] });
    expect(server.requests("OPEN")).toBe(3);
    server.state.modified += 3600;
    server.state.tree.put(`/reports/${dailyPath("2020-09-02")}`, dailyCsv(daily("amy", "2020-09-02", 2)));
    expect(await once()).toMatchObject({ landed: 1, unchanged: 2, failed: [] });
    expect(await once()).toMatchObject({ landed: 0, unchanged: 3, failed: [] });
    expect(server.requests("OPEN")).toBe(6);
  });
});
