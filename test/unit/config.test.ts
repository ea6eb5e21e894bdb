import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { openConfigured } from "../../src/cli/connect";
import { expandHome, folderPathOf, parseConfig, readConfig, secretsFrom } from "../../src/config";
import { folderUrl } from "../helpers/folderUrl";
import { temporaryFolder } from "../helpers/temporaryFolder";

const hostKey = `SHA256:${"a".repeat(43)}`;
const sftp = { host: "reports-sftp.clever.com", username: "district" };
const lake = { url: folderUrl("/data/lake") };

function refusal(value: unknown): string {
  try {
    parseConfig(value, "clever-lake.json");
  } catch (error) {
    expect(error).toMatchObject({ code: "config", subject: "clever-lake.json" });
    return error instanceof Error ? error.message : "";
  }
  throw new Error("It was accepted.");
}

test("omitted keys have their defaults", () => {
  expect(parseConfig({ sftp, lake }, "")).toEqual({
    sftp: { ...sftp, port: 22, root: "/", connections: 4, timeoutSeconds: 30, compare: "time" },
    lake: { ...lake, auth: "default" },
    userTypes: ["students", "teachers", "staff"],
    minimumGroupSize: 10,
    keepWhole: "schools",
    expectReportsWithin: 0,
    digitalActivity: false,
    groupsTable: false,
    maxShrink: 50,
    engine: "embedded",
    sparkSubmit: "spark-submit",
  });
});

test("every documented key is accepted", () => {
  const config = {
    sftp: { ...sftp, port: 2222, root: "/home", privateKeyPath: "~/.ssh/id", hostKey, compare: "hash" },
    lake: { ...lake, auth: "default" },
    userTypes: ["staff"],
    minimumGroupSize: 0,
    expectReportsWithin: 3,
    maxShrink: 20,
  };
  expect(parseConfig(config, "")).toMatchObject(config);
});

test.each(["x.example.org", "X_1.", "10.0.0.1", "::1", "fe80::1%eth0", "büro.example"])(
  "a host can be %s",
  (host) => {
    expect(parseConfig({ sftp: { ...sftp, host }, lake }, "").sftp.host).toBe(host);
  },
);

describe("a configuration is refused, with the key:", () => {
  test.each([
    ["nothing", undefined, "The file: is missing"],
    ["no server", { lake }, "sftp: is missing"],
    ["no host", { sftp: { username: "x" }, lake }, "sftp.host: is missing"],
    ...["sftp://x", "x/reports", "u@x", "x:22", "x ", "[::1]", "[::1]:22", "-x", "a,b"].map(
      (host): [string, unknown, string] => [
        `the host "${host}"`,
        { sftp: { ...sftp, host }, lake },
        "sftp.host: must be a host name or address alone",
      ],
    ),
    ["an empty host", { sftp: { ...sftp, host: "" }, lake }, "sftp.host: must not be empty"],
    ["no user name", { sftp: { host: "x" }, lake }, "sftp.username: is missing"],
    ["an invalid port", { sftp: { ...sftp, port: 70_000 }, lake }, "sftp.port: must be at most 65535"],
    ["a port as text", { sftp: { ...sftp, port: "22" }, lake }, "sftp.port: must be a number"],
    ["a server as text", { sftp: "x", lake }, "sftp: must be a group of settings in braces"],
    ["no lake", { sftp }, "lake: is missing"],
    ["a lake on an unsupported host", { sftp, lake: { url: "https://example.org" } }, "lake.url: "],
    ["a lake as a relative path", { sftp, lake: { url: "data/lake" } }, "lake.url: "],
    ["a path whose \\n is a line break", { sftp, lake: { url: "C:\new" } }, "lake.url: "],
    [
      "an unknown user type",
      { sftp, lake, userTypes: ["parents"] },
      "userTypes.0: must be students or teachers or staff",
    ],
    ["no user type", { sftp, lake, userTypes: [] }, "userTypes: must not be empty"],
    ["a negative group size", { sftp, lake, minimumGroupSize: -1 }, "minimumGroupSize: must be at least 0"],
    [
      "a negative number of days",
      { sftp, lake, expectReportsWithin: -1 },
      "expectReportsWithin: must be at least 0",
    ],
    ["half a day", { sftp, lake, expectReportsWithin: 0.5 }, "expectReportsWithin: must be a whole number"],
    ["half a person", { sftp, lake, minimumGroupSize: 2.5 }, "minimumGroupSize: must be a whole number"],
    ["yes as text", { sftp, lake, groupsTable: "yes" }, "groupsTable: must be true or false"],
    [
      "a long name",
      { sftp, lake, districtName: "x".repeat(201) },
      "districtName: must be at most 200 characters long",
    ],
    [
      "an unknown comparison",
      { sftp: { ...sftp, compare: "size" }, lake },
      "sftp.compare: must be time or hash",
    ],
    ["an MD5 host key", { sftp: { ...sftp, hostKey: "MD5:aa:bb:cc" }, lake }, "sftp.hostKey: must look like"],
    ["a host key without SHA256:", { sftp: { ...sftp, hostKey: "a".repeat(43) }, lake }, "sftp.hostKey: "],
  ])("%s", (_, value, fault) => {
    expect(refusal(value)).toContain(fault);
  });

  test("an unknown key, by its name", () => {
    expect(refusal({ sftp, lake, minimumgroupsize: 5 })).toContain(
      "The file: has no setting minimumgroupsize.",
    );
  });

  test("a password in the file, without quoting it", () => {
    const message = refusal({ sftp: { ...sftp, password: "hunter2" }, lake });
    expect(message).toContain("password");
    expect(message).not.toContain("hunter2");
  });

  test("several errors together", () => {
    expect(refusal({ sftp: {}, lake: {} })).toMatch(/sftp\.host: .*; sftp\.username: .*; lake\.url: /);
  });

  test("a host key, with the required form", () => {
    expect(refusal({ sftp: { ...sftp, hostKey: "x" }, lake })).toContain("ssh-keygen -lf");
  });
});

describe("a configuration file", () => {
  test("is read, even with a byte-order mark", async () => {
    const file = path.join(await temporaryFolder(), "clever-lake.json");
    await writeFile(file, `\ufeff${JSON.stringify({ sftp, lake })}`);
    expect((await readConfig(file)).sftp?.host).toBe(sftp.host);
  });

  test("may name no server, which only commands that need it refuse", async () => {
    const folder = await temporaryFolder();
    const config = path.join(folder, "clever-lake.json");
    await writeFile(config, JSON.stringify({ lake: { url: pathToFileURL(folder).href } }));
    const context = { environment: {}, programFolder: folder, signal: new AbortController().signal };
    const { lake, openSource } = await openConfigured({ config }, context);
    expect(lake.url).toBe(pathToFileURL(folder).href);
    await expect(openSource()).rejects.toMatchObject({ code: "config", subject: config });
  });

  test("that is missing or not JSON is named", async () => {
    const file = path.join(await temporaryFolder(), "clever-lake.json");
    await expect(readConfig(file)).rejects.toMatchObject({ code: "config", subject: file });
    await writeFile(file, '{\n  "password": "hunter2"');
    const error: unknown = await readConfig(file).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: "config", subject: file });
    expect(String(error)).toContain("not valid JSON (line 2, column 24)");
    expect(String(error)).not.toContain("hunter2");
  });
});

test.each([
  ["{", 1, 2],
  ['{\n  "a": 1,\n}', 3, 1],
  ['{"a": 1 "b": 2}', 1, 9],
  ['{\r\n  "a": tru\r\n}', 2, 8],
  ['{\n  "a": [1, 2,\n    x]\n}', 3, 5],
  ["{\n  // a comment\n}", 2, 3],
  ['{"a": 1}}', 1, 9],
])("the fault in the JSON text %j is found", async (text, line, column) => {
  const file = path.join(await temporaryFolder(), "clever-lake.json");
  await writeFile(file, text);
  await expect(readConfig(file)).rejects.toMatchObject({
    message: `The configuration file is not valid JSON (line ${line}, column ${column}).`,
  });
});

describe("a configuration file on Windows", () => {
  const url = process.platform === "win32" ? "C:/data/lake" : "/data/lake";
  const text = JSON.stringify({ sftp, lake: { url } }, undefined, 2).replaceAll("\n", "\r\n");

  test.each([
    ["CRLF", Buffer.from(text)],
    ["UTF-8 with its mark", Buffer.from(`\ufeff${text}`)],
    ["UTF-16, as PowerShell writes it", Buffer.from(`\ufeff${text}`, "utf16le")],
  ])("in %s is read", async (_, bytes) => {
    const file = path.join(await temporaryFolder(), "clever-lake.json");
    await writeFile(file, bytes);
    expect((await readConfig(file)).lake.url).toBe(url);
  });

  test("with an unescaped backslash is refused with a hint", async () => {
    const file = path.join(await temporaryFolder(), "clever-lake.json");
    await writeFile(file, String.raw`{ "lake": { "url": "C:\data\lake" } }`);
    const hint = expect.stringContaining("double each backslash") as string;
    await expect(readConfig(file)).rejects.toMatchObject({ code: "config", hint });
  });
});

test("a lake's folder is found by URL and by path, and lakes in Azure have none", () => {
  const folder = path.resolve("/data/my lake");
  expect(folderPathOf(pathToFileURL(folder).href)).toBe(folder);
  expect(folderPathOf(folder)).toBe(folder);
  for (const url of ["https://account.dfs.core.windows.net", "data/lake", "file://server/%", ""])
    expect(folderPathOf(url)).toBeUndefined();
});

test("secrets come from the environment, and empty ones count as missing", () => {
  expect(
    secretsFrom({ CLEVER_SFTP_PASSWORD: "a", CLEVER_SFTP_PASSPHRASE: "b", CLEVER_SALT: "c", HOME: "/" }),
  ).toEqual({ password: "a", passphrase: "b", salt: "c" });
  expect(secretsFrom({ CLEVER_SFTP_PASSWORD: "", CLEVER_SALT: "" })).toEqual({});
  // As from a file with Windows' line ends. A lake may have been pseudonymized with those of its salt.
  expect(
    secretsFrom({ CLEVER_SFTP_PASSWORD: " a \r", CLEVER_LAKE_SAS: "b\n", CLEVER_SALT: "c\r\n" }),
  ).toEqual({ password: " a ", lakeSas: "b", salt: "c\r\n" });
});

test("~ is the user's home", () => {
  expect(expandHome("~/.ssh/id")).toBe(path.join(homedir(), ".ssh/id"));
  expect(expandHome("~")).toBe(homedir());
  expect(expandHome("~\\id").startsWith(homedir())).toBe(true);
  expect(expandHome("/a/~/b")).toBe("/a/~/b");
  expect(expandHome("~other/x")).toBe("~other/x");
});
