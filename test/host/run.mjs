// npm run test:host: the host tests inside the oldest VS Code that the extension supports. Options:
//   --grep words       only the tests with these words in their names
//   --timeout seconds  for all of them together
import { appendFileSync, existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect, parseArgs } from "node:util";
import { buildHostTests, root } from "../../scripts/vscode/hostTests.mjs";
import { launchChromium, startHost, workbenchUrl } from "../../scripts/vscodeHost.mjs";

const oldest = "1.100";
const { values } = parseArgs({
  options: {
    grep: { type: "string" },
    timeout: { type: "string", default: "600" },
  },
});
const results = path.join(root, "out", "test-results", "host.xml");
/** What the workbench said beside the tests. */
const log = results.replace(/xml$/, "log");
const mark = "test| ";

async function main() {
  const tests = await buildHostTests();
  await mkdir(path.dirname(results), { recursive: true });
  for (const file of [results, log]) await rm(file, { force: true });
  const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-workspace-"));
  let host;
  try {
    host = await startHost({
      version: oldest,
      env: {
        CLEVER_LAKE_TEST_RESULTS: results,
        ...(values.grep === undefined ? {} : { CLEVER_LAKE_TEST_GREP: values.grep }),
      },
    });
    console.log(`VS Code ${host.vscode}`);
    const url = workbenchUrl(host, { folder, extension: root, tests });
    const code = await codeOf(url, Number(values.timeout) * 1000);
    if (!existsSync(results)) {
      throw new Error(`The tests did not run; VS Code says:\n${await readFile(log, "utf8")}`);
    }
    return code;
  } finally {
    await host?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Opens the workbench, which runs the tests and says through two functions of its page what comes of them. */
async function codeOf(url, timeout) {
  const browser = await launchChromium();
  let timer;
  try {
    const page = await browser.newPage();
    let end;
    const ended = new Promise((resolve, reject) => {
      end = resolve;
      page.once("crash", () => reject(new Error("The workbench crashed.")));
      timer = setTimeout(
        () => reject(new Error(`The tests did not end within ${timeout / 1000} s.`)),
        timeout,
      );
    });
    await page.exposeFunction("codeAutomationExit", (code) => end(code));
    await page.exposeFunction("codeAutomationLog", (type, args) => {
      for (const line of args
        .map((arg) => (typeof arg === "string" ? arg : inspect(arg)))
        .join(" ")
        .split("\n")) {
        if (line.startsWith(mark)) console.log(line.slice(mark.length));
        else appendFileSync(log, `[${type}] ${line}\n`);
      }
    });
    await page.goto(url);
    return await ended;
  } finally {
    clearTimeout(timer);
    await browser.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
