import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { beforeAll, expect, test } from "vitest";
import { buildCommandLine, commandLine } from "../helpers/cli";
import { markdownPages, projectFolder } from "../helpers/markdown";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** Sample values for arguments that the program checks. */
const placeholders: Readonly<Record<string, string>> = { DAYS: "30", N: "3" };

const deploy = path.join(projectFolder, "deploy");
/** The program with one of its commands or options; images, users and files have the same name. */
const programCalled =
  /(?:^|[\s/"'=])(?:clever-lake|node dist\/cli\.mjs) ((?:--config|--json|--version|[a-z]+(?=[\s"']|$)).*)/;

/** The words after the program's name in each documented command, without comments, redirections and quotes. */
function documentedCommands(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const recipes = readdirSync(deploy).map((name) =>
    readFileSync(path.join(deploy, name), "utf8").split("\n"),
  );
  for (const lines of [...markdownPages().map(({ code }) => code), ...recipes]) {
    for (const line of lines) {
      const [, rest] = programCalled.exec(line.replaceAll('""', '"')) ?? [];
      const [command] = (rest ?? "").split(/ +#| [|>&;]|["']$/);
      if (!command) continue;
      const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
        ([, double, single, plain]) => double ?? single ?? plain ?? "",
      );
      found.set(
        command,
        words.map((word) => placeholders[word] ?? word),
      );
    }
  }
  return found;
}

const commands = documentedCommands();
const named = (words: readonly string[]) => words.find((word) => /^[a-z]+$/.test(word)) ?? "";

beforeAll(buildCommandLine);

test("the documentation lists exactly the program's commands", () => {
  const help = spawnSync(process.execPath, [commandLine, "--help"], { encoding: "utf8" }).stdout;
  const [, list = ""] = help.split("\nCommands:\n");
  const all = [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name);
  expect(all).toContain("run");
  expect(new Set([...commands.values()].map(named))).toEqual(new Set(all.filter((name) => name !== "help")));
});

/** The commands that are complete without options; the names of others also occur in sentences. */
const complete = new Set(["status", "run", "ingest", "anonymize", "verify", "metrics", "groups", "optimize"]);
const isComplete = (words: readonly string[]) => words.length > 1 || complete.has(named(words));

// In an empty folder, each command line is parsed and then fails without a configuration.
test.each([...commands].filter(([, words]) => isComplete(words) && named(words) !== "demo"))(
  "clever-lake %s",
  async (_command, words) => {
    const program = spawn(process.execPath, [commandLine, ...words], {
      cwd: await temporaryFolder(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    const [said] = await Promise.all([text(program.stderr), once(program, "close")]);
    expect(said).toContain("The configuration file cannot be read.");
  },
);

test("the documentation lists the options of demo", () => {
  const help = spawnSync(process.execPath, [commandLine, "demo", "--help"], { encoding: "utf8" }).stdout;
  const options = [...commands.values()]
    .filter((words) => named(words) === "demo")
    .flatMap((words) => words.filter((word) => word.startsWith("--")));
  expect(options).toContain("--keep");
  expect(options.filter((option) => !help.includes(`${option} `))).toEqual([]);
});
