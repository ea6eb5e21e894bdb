import path from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { version } from "../package.json";
import { userTypes } from "./clever/reports";
import { openLake, openSource, readSalt } from "./cli/connect";
import { type DashboardOptions, languages, writeDashboard } from "./cli/dashboard";
import { demo } from "./cli/demo";
import { progressView } from "./cli/progressBar";
import { importNamedRoster, type RosterOptions, showRoster } from "./cli/roster";
import { showMetrics, showRun, showStatus, showVerification } from "./cli/show";
import { jsonText, plain, styledError } from "./cli/text";
import { readConfig, secretsFrom } from "./config";
import { counted } from "./counted";
import { monthAndDay, rangePresets } from "./dashboard/filter";
import { Duck } from "./duck/duck";
import { describeError } from "./errors";
import { exportEngagement } from "./metrics/digitalEngagement";
import { lakeMetrics } from "./metrics/lakeMetrics";
import { newSalt } from "./newSalt";
import { hasRosterTrouble } from "./pipeline/importRoster";
import { hasTrouble, type RunRequest, run } from "./pipeline/run";
import { status } from "./pipeline/status";
import { verifyLake } from "./pipeline/verify";

/** 0: done. 1: done, but not with every file, without a report, or something does not add up. 2: could not start. */
type ExitCode = 0 | 1 | 2 | 130;

interface CommonOptions {
  readonly config: string;
  readonly json?: true;
}

interface RunOptions extends CommonOptions {
  readonly accept?: string[];
}

interface MetricsOptions extends CommonOptions {
  readonly from?: string;
  readonly to?: string;
  readonly school?: string[];
  readonly resource?: string[];
  readonly resourceType?: string[];
  readonly userType?: (typeof userTypes)[number][];
  readonly minimumGroupSize?: number;
}

const abort = new AbortController();
let exitCode: ExitCode = 0;

function program(): Command {
  const root = new Command("clever-lake")
    .description(
      "Brings Clever's participation reports from the SFTP server into a lake of pseudonymized Delta tables.",
    )
    .version(version)
    .option("-c, --config <file>", "configuration file", "clever-lake.json")
    .option("--json", "one JSON document on standard output, all else on standard error")
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("Run with --help to see what can be said.")
    .exitOverride()
    .addHelpText(
      "after",
      `
Secrets come from the environment only:
  CLEVER_SFTP_PASSWORD    the SFTP account's password
  CLEVER_SFTP_PASSPHRASE  the private key's passphrase
  CLEVER_SALT             the district's salt; pseudonyms are made with it
  CLEVER_LAKE_ACCOUNT_KEY the storage account's key, for a lake with "auth": "sharedKey"
  CLEVER_LAKE_SAS         the shared access signature, for a lake with "auth": "sas"

Exit code: 0 done; 1 done, but not with every file, or without a report; 2 could not start.`,
    );

  root
    .command("status")
    .description("show what is on the server and what of it is in the lake")
    .action(acting(doStatus));
  runCommand(root, "ingest", "bring over what is new, byte for byte, and do no more");
  runCommand(root, "anonymize", "pseudonymize what has been brought over into the tables");
  runCommand(root, "run", "bring over what is new and pseudonymize it: ingest, then anonymize");
  root
    .command("roster")
    .description(
      "import the grades of Clever's roster file students.csv: pseudonym, school and grade, no more",
    )
    .option("--file <path>", "the roster on this machine")
    .option("--sftp <path>", "the roster on the SFTP server, below its root")
    .option("--keep-raw", "also keep the file in stage1np as it came, names and birth dates included")
    .action(acting(doRoster));
  root
    .command("metrics")
    .description("answer what the tables say about participation")
    .option("--from <yyyy-MM-dd>", "first day")
    .option("--to <yyyy-MM-dd>", "last day")
    .option("--school <name>", "only this school (may be given several times)", collect)
    .option("--resource <name>", "only this resource; leaves daily participation as it is", collect)
    .option("--resource-type <type>", "only resources of this type", collect)
    .addOption(
      new Option("--user-type <type>", "students unless given").choices(userTypes).argParser(collectUserType),
    )
    .option("--minimum-group-size <n>", "suppress groups of fewer people; 0 shows all", wholeNumber)
    .action(acting(doMetrics));
  root
    .command("dashboard")
    .description("write the participation dashboard as one HTML file that opens offline and prints")
    .requiredOption("-o, --out <file>", "the HTML file to write; one that is there is replaced")
    .addOption(new Option("--range <preset>", "schoolYear unless given").choices(rangePresets))
    .option("--from <yyyy-MM-dd>", "first day")
    .option("--to <yyyy-MM-dd>", "last day")
    .option("--school <name>", "only this school (may be given several times)", collect)
    .option("--resource <name>", "only this resource; leaves daily participation as it is", collect)
    .option("--resource-type <type>", "only resources of this type", collect)
    .option("--grade <grade>", "only this grade, where a roster was imported", collect)
    .addOption(
      new Option("--user-type <type>", "students unless given").choices(userTypes).argParser(collectUserType),
    )
    .option("--percent", "show counts of people as a share of all users")
    .option("--minimum-group-size <n>", "suppress groups of fewer people; 0 shows all", wholeNumber)
    .option("--school-year-start <MM-dd>", "first day of the school year; 08-01 unless given", yearDay)
    .addOption(new Option("--language <code>", "the locale's unless given").choices(languages))
    .option("--cache <folder>", "keep what makes the next time fast; pseudonymized data only")
    .action(acting(doDashboard));
  root
    .command("verify")
    .description("recount the tables against the log and the landed files")
    .action(acting(doVerify));
  root
    .command("engagement")
    .description("write the pseudonymized rows as Parquet in OEA's Digital Engagement schema")
    .requiredOption("-o, --out <file>", "the Parquet file to write")
    .action(acting(doEngagement));
  root
    .command("demo")
    .description("run the whole job on a sample district, with a server and a lake of its own")
    .option("--keep <folder>", "keep the lake in this folder")
    .action((options: { keep?: string }) => demo(options.keep, abort.signal));
  root
    .command("salt")
    .description("print a new salt from the system's cryptographic source, to be kept like a password")
    .action(() => console.log(newSalt()));
  return root;
}

/** Options of the program stand before or behind the command's name. */
function acting<T extends CommonOptions>(work: (options: T) => Promise<void>) {
  return (_options: unknown, made: Command): Promise<void> => work(made.optsWithGlobals<T>());
}

function runCommand(root: Command, name: RunRequest["command"], description: string): void {
  const made = root.command(name).description(description);
  if (name !== "ingest") {
    made.option(
      "--accept <path>",
      "take this quarantined file without its bad rows (may be repeated)",
      collect,
    );
  }
  made.action(acting((options: RunOptions) => doRun(name, options)));
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function collectUserType(value: string, before: string[] = []): string[] {
  if (!userTypes.some((type) => type === value)) {
    throw new InvalidArgumentError(`It is one of ${userTypes.join(", ")}.`);
  }
  return [...before, value];
}

function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  return Number(value);
}

function yearDay(value: string): string {
  if (!monthAndDay.test(value)) throw new InvalidArgumentError("It must be a month and a day, like 08-01.");
  return value;
}

async function doStatus(options: CommonOptions): Promise<void> {
  const config = await readConfig(options.config);
  const secrets = secretsFrom(process.env);
  const lake = await openLake(config, secrets);
  await using source = await openSource(config, secrets);
  const { files, freshness, overdue } = await status(source, lake, config, abort.signal);
  print(options, showStatus({ files, freshness, overdue }), () => ({
    files: files.map(({ path, report, userType, size, modified, state, reason }) => ({
      path,
      report: report ?? null,
      userType: userType ?? null,
      size,
      modified: modified.toISOString(),
      state,
      ...(reason ? { reason } : {}),
    })),
    freshness,
    overdue,
  }));
}

async function doRun(name: RunRequest["command"], options: RunOptions): Promise<void> {
  const config = await readConfig(options.config);
  const secrets = secretsFrom(process.env);
  const lake = await openLake(config, secrets);
  const salt = name === "ingest" ? undefined : await readSalt(config, secrets, abort.signal);
  await using source = name === "anonymize" ? undefined : await openSource(config, secrets);
  const view = progressView();
  try {
    const summary = await run({
      command: name,
      lake,
      source,
      salt,
      userTypes: config.userTypes,
      accept: options.accept ?? [],
      connections: config.sftp.connections,
      compare: config.sftp.compare,
      expectReportsWithin: config.expectReportsWithin,
      signal: abort.signal,
      onProgress: view.listener,
    });
    view.stop();
    print(options, showRun(summary), () => summary);
    if (hasTrouble(summary)) exitCode = 1;
  } finally {
    view.stop();
  }
}

async function doRoster(options: CommonOptions & RosterOptions): Promise<void> {
  const config = await readConfig(options.config);
  const summary = await importNamedRoster(config, secretsFrom(process.env), options, abort.signal);
  print(options, showRoster(summary), () => summary);
  if (hasRosterTrouble(summary)) exitCode = 1;
}

async function doMetrics(options: MetricsOptions): Promise<void> {
  const config = await readConfig(options.config);
  const lake = await openLake(config, secretsFrom(process.env));
  const filter = {
    from: options.from,
    to: options.to,
    schools: options.school,
    resources: options.resource,
    resourceTypes: options.resourceType,
    ...(options.userType ? { userTypes: options.userType } : {}),
  };
  const minimumGroupSize = options.minimumGroupSize ?? config.minimumGroupSize;
  await using duck = await Duck.open();
  const metrics = await lakeMetrics(lake, duck, filter, { minimumGroupSize }, abort.signal);
  print(options, showMetrics(metrics), () => metrics);
}

async function doDashboard(options: CommonOptions & DashboardOptions): Promise<void> {
  const config = await readConfig(options.config);
  const folders = { media: path.join(__dirname, "media"), l10n: path.join(__dirname, "..", "l10n") };
  const written = await writeDashboard(config, secretsFrom(process.env), options, folders, abort.signal);
  print(
    options,
    `${plain(written.file)}: the dashboard from ${written.from} to ${written.to}.`,
    () => written,
  );
}

async function doVerify(options: CommonOptions): Promise<void> {
  const config = await readConfig(options.config);
  const secrets = secretsFrom(process.env);
  const salt = await readSalt(config, secrets, abort.signal);
  const verification = await verifyLake(await openLake(config, secrets), salt, abort.signal);
  print(options, showVerification(verification), () => verification);
  if (verification.problems.length > 0) exitCode = 1;
}

async function doEngagement(options: CommonOptions & { readonly out: string }): Promise<void> {
  const config = await readConfig(options.config);
  const lake = await openLake(config, secretsFrom(process.env));
  await using duck = await Duck.open();
  const rows = await exportEngagement(lake, duck, options.out, abort.signal);
  print(options, `${counted(rows, "row")} written to ${plain(options.out)}.`, () => ({
    file: options.out,
    rows,
  }));
}

function print(options: CommonOptions, text: string, document: () => unknown): void {
  console.log(options.json ? jsonText(document()) : text);
}

/** The first Ctrl-C lets the run put down what it holds; the second one does not wait for that. */
function stopCleanly(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (abort.signal.aborted) process.exit(130);
      console.error("\nStopping; what has been done so far stays. Press Ctrl-C again to stop at once.");
      abort.abort(new Error("Stopped."));
    });
  }
}

async function main(): Promise<void> {
  stopCleanly();
  try {
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
  process.exitCode = exitCode;
}

void main();
