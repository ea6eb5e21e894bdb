import { readdir, readFile, writeFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { revealsFolder } from "../../src/clever/layout";
import type { ConnectionSettings } from "../../src/engine/messages/messages";
import { Sources } from "../../src/engine/server/connections";
import { Previews } from "../../src/engine/server/previews";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

const never = new AbortController().signal;

async function openLanded() {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("a")));
  await fixture.run();
  const [path = ""] = await fixture.landedFiles();
  const connection = { sftp: { host: "h", username: "u" }, lake: { url: fixture.lake.url } };
  const connected = { connection, secrets: {} };
  const previews = new Previews(new Sources());
  const { token } = await previews.openReport({ ...connected, origin: "lake", path }, never);
  /** The cells of the first row, requested with identities. */
  const cells = () => previews.rows({ token, from: 0, count: 10, reveal: true })[0]?.cells;
  const reveal = (of: ConnectionSettings = connection) =>
    previews.reveal({ connection: of, secrets: {}, token }, never);
  const more = (of: ConnectionSettings) => previews.more({ connection: of, secrets: {}, token }, never);
  return { fixture, path, connection, cells, reveal, more };
}

describe("identities in a preview", () => {
  it("are sent only after the lake has recorded who revealed which file and when", async () => {
    const { fixture, path, cells, reveal } = await openLanded();
    expect(cells()).toContain(null);
    await reveal();
    expect(cells()).toContain("sis-a");
    await reveal();
    const folder = fixture.lake.localPath(revealsFolder);
    const names = await readdir(folder);
    expect(names).toHaveLength(2);
    for (const name of names) {
      expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[0-9a-f-]{36}\.json$/);
      const text = await readFile(`${folder}/${name}`, "utf8");
      expect(JSON.parse(text)).toEqual({
        time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        user: userInfo().username,
        machine: hostname(),
        origin: "lake",
        path,
      });
      expect(text).not.toContain("sis-a");
    }
    expect((await fixture.verify()).problems).toEqual([]);
    expect((await fixture.run()).landed).toBe(0);
  });

  it("stay hidden if that cannot be recorded", async () => {
    const { fixture, path, cells, reveal } = await openLanded();
    await writeFile(fixture.lake.localPath(revealsFolder), "in the way");
    await expect(reveal()).rejects.toMatchObject({
      message: expect.stringMatching(
        /^The identities stay hidden, because the reveal could not be recorded/,
      ) as string,
      subject: path,
    });
    expect(cells()).toContain(null);
  });

  it("stay hidden after a change of connection to a lake without the file", async () => {
    const { fixture, connection, cells, reveal, more } = await openLanded();
    const other = await PipelineFixture.create();
    const elsewhere = [
      { ...connection, lake: { url: other.lake.url } },
      { ...connection, sftp: { host: "h2", username: "u" } },
      { ...connection, sftp: { host: "h", username: "u2" } },
    ];
    for (const connection of elsewhere) {
      const refusal = { code: "notFound", message: "This preview was opened with another connection." };
      await expect(reveal(connection)).rejects.toMatchObject(refusal);
      await expect(more(connection)).rejects.toMatchObject(refusal);
    }
    expect(cells()).toContain(null);
    for (const { lake } of [fixture, other]) {
      await expect(readdir(lake.localPath(revealsFolder))).rejects.toMatchObject({ code: "ENOENT" });
    }
    await reveal({ ...connection, sftp: { host: "h", username: "u", port: 22 } });
    expect(cells()).toContain("sis-a");
  });
});
