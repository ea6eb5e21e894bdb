import { describe, expect, it } from "vitest";
import { reportNamesOnServer as names } from "../../src/clever/fileNames";
import { OddSftpServer, type Quirks } from "../odd-sftp/server";

const day = "2025-09-02-daily-participation-students.csv";
const report = `daily-participation/${day}`;
const modified = new Date(1_600_000_123_000);

async function listing(server: OddSftpServer) {
  await using source = server.source({ names });
  const { files, skipped } = await source.list();
  return { files: files.map(({ path, size }) => [path, size]), skipped };
}

describe("a server with an unusual listing", () => {
  const entries = {
    [`/reports/${report}`]: "12345",
    "/reports/notes.txt": "12",
    // Names that begin like the lines of `ls -l`.
    "/reports/drafts.txt": "123",
    "/reports/links": "1",
  };
  const expected = [
    [report, 5],
    ["drafts.txt", 3],
    ["links", 1],
    ["notes.txt", 2],
  ];

  it.each<[string, Quirks]>([
    ["as OpenSSH", {}],
    ["no type bits", { kindsInListings: "noTypeBits" }],
    ["no type bits, and names as long names", { kindsInListings: "noTypeBits", longNames: "name" }],
    ["no mode", { kindsInListings: "noMode" }],
    ["no mode, and names as long names", { kindsInListings: "noMode", longNames: "name" }],
    ["no mode, and long names as on Windows", { kinds: "noMode", longNames: "windows" }],
    ["no mode, and long names as on MVS", { kindsInListings: "noMode", longNames: "mvs" }],
    ["no kind anywhere", { kinds: "noMode", longNames: "mvs" }],
    ["no type bits anywhere", { kinds: "noTypeBits", longNames: "name" }],
    ["no kind and no size", { kindsInListings: "noMode", longNames: "name", noSizeInListings: true }],
    ["no size", { noSizeInListings: true }],
  ])("%s: shows the same files", async (_, quirks) => {
    await using server = await OddSftpServer.start(entries, quirks);
    expect(await listing(server)).toEqual({ files: expected, skipped: [] });
  });

  it("no further requests are made if the listing is complete", async () => {
    await using server = await OddSftpServer.start(entries, { kinds: "noMode", longNames: "windows" });
    await listing(server);
    expect(["STAT", "LSTAT", "REALPATH"].map((name) => server.requests(name))).toEqual([0, 0, 0]);
  });
});

describe("links on the server", () => {
  const content = { "/reports/v2/Students.csv": "1234", "/outside/Students.csv": "secret" };

  it.each<[string, Quirks]>([
    ["that resolves them", {}],
    ["that only normalizes paths", { textualRealPath: true }],
    ["that lists them without their kind", { kindsInListings: "noMode", longNames: "name" }],
  ])("are followed if they lead to reports, on a server %s", async (_, quirks) => {
    await using server = await OddSftpServer.start(
      {
        ...content,
        "/reports/daily-participation": { link: "v2" },
        "/reports/resource-usage/Staff.csv": { link: "/reports/data/export.txt" },
        "/reports/data/export.txt": "12",
      },
      quirks,
    );
    await using source = server.source({ names });
    const { files, skipped } = await source.list();
    expect(skipped).toEqual([]);
    expect(files).toEqual([
      { path: "daily-participation/Students.csv", size: 4, modified },
      { path: "data/export.txt", size: 2, modified },
      { path: "resource-usage/Staff.csv", size: 2, modified },
      { path: "v2/Students.csv", size: 4, modified },
    ]);
    const [first] = files;
    if (first === undefined) throw new Error("There is no file.");
    expect((await source.readRange(first, 0, 10)).toString()).toBe("1234");
  });

  it.each<[string, Quirks]>([
    ["that resolves them", {}],
    ["that only normalizes paths", { textualRealPath: true }],
  ])("that are not followed are reported with the reason, on a server %s", async (_, quirks) => {
    await using server = await OddSftpServer.start(
      {
        ...content,
        [`/reports/${report}`]: "12345",
        // To the folder that holds it, to itself, to each other.
        "/reports/daily-participation/loop": { link: ".." },
        "/reports/self": { link: "self" },
        "/reports/one": { link: "two" },
        "/reports/two": { link: "one" },
        "/reports/resource-usage": { link: "../outside" },
        "/reports/broken.csv": { link: "none.csv" },
        [`/reports/latest/${day}`]: { link: `../${report}` },
        "/reports/current": { link: "daily-participation" },
        "/reports/notes": { link: "v2" },
        "/reports/a/daily-participation": { link: "/reports/v2" },
        "/reports/b/daily-participation": { link: "/reports/v2" },
      },
      quirks,
    );
    const { files, skipped } = await listing(server);
    expect(files).toEqual([
      ["a/daily-participation/Students.csv", 4],
      [report, 5],
      ["v2/Students.csv", 4],
    ]);
    const reasons = Object.fromEntries(skipped.map(({ path, reason }) => [path, reason]));
    const nowhere = "a broken link";
    expect(reasons).toEqual({
      "b/daily-participation": "a link to v2, read as a/daily-participation/Students.csv",
      "broken.csv": quirks.textualRealPath ? "a link to none.csv, which was not listed" : nowhere,
      current: `a link to daily-participation, read as ${report}`,
      "daily-participation/loop": "a link back to a folder that contains it",
      [`latest/${day}`]: `a link to ${report}, which is read itself`,
      notes: "a link to v2, read as a/daily-participation/Students.csv",
      one: nowhere,
      "resource-usage": "a link that leads outside the folder with the reports",
      self: nowhere,
      two: nowhere,
    });
  });

  it("beyond a thousand are reported, and not followed", async () => {
    const links = Object.fromEntries(
      Array.from({ length: 1_001 }, (_, i) => [`/reports/${i + 1000}`, { link: "/outside" }]),
    );
    await using server = await OddSftpServer.start({ ...content, ...links });
    const { skipped } = await listing(server);
    expect(skipped).toHaveLength(1_001);
    expect(skipped.at(-1)).toEqual({ path: "2000", reason: "one of more than 1000 links" });
    expect(server.requests("REALPATH")).toBeLessThan(1_010);
  });
});

describe("a listing that does not end", () => {
  const entries = { [`/reports/${report}`]: "12345", "/reports/beside/x.csv": "1" };

  it.each([
    ["with empty answers", "empty", "20 answers in a row contain no new name"],
    ["with the same names again", "same", "20 answers in a row contain no new name"],
    ["with ever new names", "new", "it has more than 250000 entries"],
  ] as const)("%s is an error for the root and for a folder of reports", async (_, endless, words) => {
    for (const endlessFolder of ["/reports", "/reports/daily-participation"]) {
      await using server = await OddSftpServer.start(entries, { endless, endlessFolder });
      await expect(listing(server)).rejects.toMatchObject({
        code: "io",
        subject: endlessFolder,
        message: `The SFTP server's listing of ${endlessFolder} does not end: ${words}.`,
      });
    }
  });

  it.each(["empty", "same"] as const)("is reported for other folders (%s)", async (endless) => {
    await using server = await OddSftpServer.start(entries, { endless, endlessFolder: "/reports/beside" });
    expect(await listing(server)).toEqual({
      files: [[report, 5]],
      skipped: [{ path: "beside", reason: "a folder whose listing does not end" }],
    });
  });
});

describe("a folder that cannot be listed", () => {
  const refusal = { refusedWith: 3 };

  it("is reported if it is not a report folder", async () => {
    await using server = await OddSftpServer.start({
      [`/reports/${report}`]: "12345",
      "/reports/private": refusal,
      "/reports/broken": { refusedWith: 4 },
    });
    expect(await listing(server)).toEqual({
      files: [[report, 5]],
      skipped: [
        { path: "broken", reason: "a folder that the server cannot list (status 4)" },
        { path: "private", reason: "a folder that the account may not read" },
      ],
    });
  });

  it.each(["", "/resource-usage", "/Daily_Participation", "/daily-participation/2025"])(
    "ends the listing if it should contain reports: %s",
    async (folder) => {
      await using server = await OddSftpServer.start({
        "/reports/a.csv": "1",
        [`/reports${folder}`]: refusal,
      });
      await expect(listing(server)).rejects.toMatchObject({
        code: "io",
        message: expect.stringContaining("does not let this account read"),
      });
    },
  );
});

it("is abandoned if the server answers keep-alives, but not requests", async () => {
  await using server = await OddSftpServer.start({}, { insteadOfListings: "silence" });
  await using source = server.source({ timeoutSeconds: 0.5, keepAliveSeconds: 0.1 });
  await expect(source.list()).rejects.toMatchObject({
    code: "network",
    message: expect.stringContaining("did not respond"),
  });
});

it("is abandoned if the server keeps sending, but does not answer", async () => {
  await using server = await OddSftpServer.start({ "/reports/a.csv": "1" }, { insteadOfListings: "chatter" });
  await using source = server.source({ names, timeoutSeconds: 0.5 });
  await expect(source.list()).rejects.toMatchObject({
    code: "io",
    message: expect.stringContaining("sends data, but does not answer"),
  });
});
