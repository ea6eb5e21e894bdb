#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { engines, version } from "../package.json";
import { assetNames } from "./assets/asset";
import { describeError } from "./basics/errors";
import { userTypes } from "./clever/reports";
import type { CommandAction, CommonOptions, ExitCode } from "./cli/command";
import type { DemoOptions } from "./cli/demo";
import { languages } from "./cli/languages";
import { requireNode } from "./cli/nodeVersion";
import { jsonText, plain, styledError } from "./cli/text";
import { defaultSchoolYearStart, keptWhole, monthAndDay, rangePresets } from "./dashboard/opening";
import { schoolLevels } from "./dashboard/schoolLevels";
import type { RunRequest } from "./pipeline/runRequest";

const abort = new AbortController();
/** The exit code, which is that of a failure until the command has ended. */
let exitCode: ExitCode = 2;

function program(): Command {
  const root = new Command("clever-lake")
    .description(
      "Ingests Clever's participation reports from SFTP into a lake of pseudonymized Delta tables.",
    )
    .version(version)
    .option("-c, --config <file>", "configuration file", "clever-lake.json")
    .option("--json", "one JSON document on standard output, everything else on standard error")
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("Run with --help for usage.")
    .exitOverride()
    .addHelpText(
      "after",
      `
Secrets come from the environment (the salt also from a key vault, with saltKeyVaultUrl):
  CLEVER_SFTP_PASSWORD    the SFTP account's password
  CLEVER_SFTP_PASSPHRASE  the private key's passphrase
  CLEVER_SALT             the district's salt, used to make pseudonyms
  CLEVER_LAKE_ACCOUNT_KEY the storage account's key, for a lake with "auth": "sharedKey"
  CLEVER_LAKE_SAS         the shared access signature, for a lake with "auth": "sas"

Exit codes: 0 done; 1 done, but something needs attention; 2 could not start or continue; 130 stopped by Ctrl-C.`,
    );

  root
    .command("status")
    .description("list the files on the server with their ingestion status")
    .action(lazyAction(async () => (await import("./cli/commands/status")).showServerStatus));
  addRunCommand(root, "ingest", "copy new and changed files into the lake, byte for byte");
  addRunCommand(root, "anonymize", "pseudonymize ingested files into the tables");
  addRunCommand(root, "run", "ingest, then anonymize");
  root
    .command("dismiss")
    .description("dismiss quarantined files: they are no longer listed as waiting")
    .requiredOption("--file <path>", "a file in quarantine, as status names it (may be repeated)", collect)
    .action(lazyAction(async () => (await import("./cli/commands/dismiss")).dismissFiles));
  root
    .command("roster")
    .description("import grades from Clever's roster file students.csv: pseudonym, school and grade only")
    .option("--file <path>", "the roster on this machine")
    .option("--sftp <path>", "the roster on the SFTP server, below its root")
    .option("--keep-raw", "also keep the file unchanged in stage1np, including names and birth dates")
    .option(
      "--replace",
      "import it even if too many students of the current roster (see maxShrink) are missing from it",
    )
    .action(lazyAction(async () => (await import("./cli/commands/roster")).importRosterFile));
  const metrics = root.command("metrics").description("compute participation metrics from the tables");
  addFilterOptions(metrics).action(
    lazyAction(async () => (await import("./cli/commands/metrics")).answerMetrics),
  );
  addCountingOptions(metrics);
  const dashboard = root
    .command("dashboard")
    .description("write the dashboard as one HTML file that works offline and can be printed")
    .requiredOption("-o, --out <file>", "the HTML file to write; an existing file is replaced", fileName)
    .addOption(
      new Option("--range <preset>", "default: schoolYear").choices(rangePresets).conflicts(["from", "to"]),
    );
  addFilterOptions(dashboard)
    .option("--grade <grade>", "only this grade, where a roster was imported", collect)
    .option("--licences <file>", "CSV (resource, seats, cost, end) of paid resources", fileName)
    .option("--percent", "show counts of people as a share of all users")
    .option(
      "--school-year-start <MM-dd>",
      `first day of the school year (default: ${defaultSchoolYearStart})`,
      yearDay,
    )
    .addOption(new Option("--language <code>", "default: that of the locale").choices(languages))
    .action(lazyAction(async () => (await import("./cli/commands/dashboard")).exportDashboard));
  addCountingOptions(dashboard);
  root
    .command("verify")
    .description("check the tables against the ingest log and the landed files")
    .action(lazyAction(async () => (await import("./cli/commands/verify")).verifyTables));
  root
    .command("optimize")
    .description("merge small data files; rows do not change")
    .option("--dry-run", "list what would be merged, and write nothing")
    .action(lazyAction(async () => (await import("./cli/commands/optimize")).optimizeTables));
  root
    .command("vacuum")
    .description("delete data files that no recent table version needs; never logs or landed files")
    .option(
      "--older-than <days>",
      "keep the files of all table versions of this many days (default: 7)",
      wholeNumber,
    )
    .option("--dry-run", "list what would be deleted, and delete nothing")
    .action(lazyAction(async () => (await import("./cli/commands/vacuum")).vacuumTables));
  root
    .command("adopt")
    .description(
      "adopt a lake that OEA's own notebooks wrote: shows what it found, and asks before changing anything",
    )
    .option("--dry-run", "show what is there and what would be done, and change nothing")
    .option("-y, --yes", "adopt without asking")
    .action(lazyAction(async () => (await import("./cli/commands/adopt")).adoptOeaLake));
  root
    .command("repair")
    .description(
      "rebuild from the landed files what other programs changed in the tables, and damaged data files",
    )
    .option("--dry-run", "show what would be done, and write nothing")
    .option("--yes", "repair the tables")
    .action(lazyAction(async () => (await import("./cli/commands/repair")).repairTables));
  root
    .command("engagement")
    .description(
      "update the table stage2p/digital_activity: the pseudonymized rows in OEA's Digital Engagement schema",
    )
    .option(
      "-o, --out <file>",
      "export all rows as one Parquet file instead; the table stays as it is",
      fileName,
    )
    .action(lazyAction(async () => (await import("./cli/commands/engagement")).writeEngagement));
  const groups = root
    .command("groups")
    .description("update the table stage2p/clever/groups: how people are divided, for Power BI")
    .action(lazyAction(async () => (await import("./cli/commands/groups")).divideIntoGroups));
  addCountingOptions(groups);
  root
    .command("assets")
    .description("write files for Synapse, Fabric and Power BI, tailored to this lake, with a README")
    .requiredOption(
      "-o, --out <folder>",
      "the folder to write into; files that you have changed there are kept",
      fileName,
    )
    .addOption(new Option("--only <asset...>", "which to write (default: all)").choices(assetNames))
    .action(lazyAction(async () => (await import("./cli/commands/assets")).createAssets));
  root
    .command("demo")
    .description("run the whole pipeline on a sample district with its own server and lake")
    .option("--keep <folder>", "keep the lake in this folder", fileName)
    .option("--days <n>", "how many school days (default: ten weeks)", wholeNumber)
    .action(async (options: DemoOptions, command: Command) => {
      if (command.optsWithGlobals<CommonOptions>().json) {
        command.error("error: demo does not support --json.");
      }
      const { demo } = await import("./cli/demo");
      await demo(options, abort.signal);
      exitCode = 0;
    });
  root
    .command("salt")
    .description("generate a salt; protect it like a password")
    .action(
      lazyAction(async () => {
        const salt = (await import("./basics/newSalt")).newSalt();
        return async () => ({ text: () => salt, document: () => ({ salt }) });
      }),
    );
  root
    .command("help [command]")
    .description("display help for command")
    .action((name: string | undefined) => {
      const command = name === undefined ? root : root.commands.find((each) => each.name() === name);
      // The parser's own command would show the help of the whole program, and not say why.
      if (command === undefined) root.error(`error: unknown command '${name}'`);
      else command.help();
    });
  return root;
}

/**
 * The action of a command, whose module is loaded when the command runs: `--version` loads only the argument parser.
 * Program options may come before or after the command's name.
 */
function lazyAction<T>(load: () => Promise<CommandAction<T>>) {
  return async (_options: unknown, command: Command): Promise<void> => {
    const options = command.optsWithGlobals<CommonOptions & T>();
    const action = await load();
    const result = await action(options, {
      environment: process.env,
      programFolder: import.meta.dirname,
      signal: abort.signal,
    });
    console.log(options.json ? jsonText(result.document()) : await result.text());
    exitCode = result.exitCode ?? 0;
  };
}

function addRunCommand(root: Command, name: RunRequest["command"], description: string): void {
  const command = root.command(name).description(description);
  if (name !== "ingest") {
    command.option(
      "--accept <path>",
      "accept this quarantined file without its bad rows (may be repeated)",
      collect,
    );
  }
  command.action(lazyAction(async () => (await import("./cli/commands/run")).runJob(name)));
}

/** Adds the options for the people, resources and days that an answer is about. */
function addFilterOptions(command: Command): Command {
  return command
    .option("--from <yyyy-MM-dd>", "first day")
    .option("--to <yyyy-MM-dd>", "last day")
    .option("--compare-from <yyyy-MM-dd>", "first day of a period to compare with, per school day")
    .option("--compare-to <yyyy-MM-dd>", "its last day")
    .option("--school <name>", "only this school (may be repeated)", collect)
    .addOption(
      new Option("--school-level <level>", "also schools of this level, inferred from their names")
        .choices(schoolLevels)
        .argParser(collectOneOf(schoolLevels)),
    )
    .option(
      "--school-levels <file>",
      "CSV (school, level) for schools whose name does not show their level",
      fileName,
    )
    .option("--resource <name>", "only this resource; does not affect daily participation", collect)
    .option("--resource-type <type>", "only resources of this type", collect)
    .addOption(
      new Option("--user-type <type>", "default: students, or everybody if there are none")
        .choices(userTypes)
        .argParser(collectOneOf(userTypes)),
    );
}

/** Adds the options for how people are counted and where the cache is. */
function addCountingOptions(command: Command): void {
  command
    .option(
      "--minimum-group-size <n>",
      "count whole groups of at least this many people; 0 shows all",
      wholeNumber,
    )
    .addOption(
      new Option("--keep-whole <what>", "what stays whole when groups must be joined").choices(keptWhole),
    )
    .option("--cache <folder>", "cache folder (default: the platform's)", fileName)
    .option("--no-cache", "do not keep a cache");
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function collectOneOf(choices: readonly string[]) {
  return (value: string, before?: string[]): string[] => {
    if (choices.includes(value)) return collect(value, before);
    throw new InvalidArgumentError(`It must be one of ${choices.join(", ")}.`);
  };
}

/** A name of a file or folder, but neither of an unset variable in a script nor the next option. */
function fileName(value: string): string {
  if (value === "") throw new InvalidArgumentError("It must not be empty.");
  if (/^-./.test(value))
    throw new InvalidArgumentError(`It is an option; for a file of this name, use ./${value}.`);
  return value;
}

function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  return Number(value);
}

function yearDay(value: string): string {
  if (!monthAndDay.test(value)) throw new InvalidArgumentError("It must be a month and a day, like 08-01.");
  return value;
}

/**
 * The first Ctrl-C lets the run finish cleanly; the second ends it at once. Closing the terminal counts as well (on
 * Windows it leaves ten seconds), and Ctrl-Break on Windows. Node.js ends at a hangup even under `nohup`.
 */
function handleStopSignals(): void {
  const windows = process.platform === "win32" ? (["SIGBREAK"] as const) : [];
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", ...windows] as const) {
    process.on(signal, () => {
      if (abort.signal.aborted) {
        exitCode = 130;
        process.exit();
      }
      console.error("\nStopping; completed work is kept. Press Ctrl-C again to stop at once.");
      abort.abort(new Error("Stopped."));
    });
  }
}

/**
 * If the reader of the output has ended, as with `| head`, the work continues without it. Any other failure to write
 * the output, such as a full disk, is an error.
 */
function tolerateClosedOutput(): void {
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    // On Windows the code is EOF.
    if (code === "EPIPE" || code === "EOF") return;
    exitCode = 2;
    console.error(`${styledError("red", "error:")} Standard output could not be written (${code}).`);
  });
}

async function main(): Promise<void> {
  // By itself, Node.js would end with 1 after a fault of this program, and with 0 if it had nothing left to wait for.
  process.on("exit", () => {
    process.exitCode = exitCode;
  });
  handleStopSignals();
  tolerateClosedOutput();
  try {
    requireNode(process.versions.node, engines.node);
    await program().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      exitCode = error.exitCode === 0 ? 0 : 2;
    } else if (abort.signal.aborted) {
      exitCode = 130;
    } else {
      exitCode = 2;
      console.error(`${styledError("red", "error:")} ${plain(describeError(error))}`);
    }
  }
}

void main();
