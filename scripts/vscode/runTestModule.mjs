// Calls a module's `run()` inside the extension host.
import { appendFileSync } from "node:fs";
import { inspect } from "node:util";
import { launchChromium, workbenchUrl } from "../vscodeHost.mjs";

/** Prefix of the module's output for people; the rest of the console is the workbench's. */
const mark = "test| ";

/**
 * Opens the workbench, which calls the module and reports the result through two functions on its page.
 *
 * @param {{ readonly url: string }} host
 * @param {object} options
 * @param {string} options.folder path of the workspace
 * @param {string} options.extension path of the extension's source
 * @param {string} options.tests path of the module
 * @param {string} options.log file for the workbench's output
 * @param {number} options.seconds time limit
 * @param {(line: string) => void} [options.onLine] receives the module's output
 * @returns {Promise<number>} 0 if `run()` resolved, and if the extension host died
 */
export async function runTestModule(host, { folder, extension, tests, log, seconds, onLine = () => {} }) {
  const browser = await launchChromium();
  let timer;
  try {
    const page = await browser.newPage();
    let end;
    const ended = new Promise((resolve, reject) => {
      end = resolve;
      page.once("crash", () => reject(new Error("The workbench crashed.")));
      timer = setTimeout(
        () => reject(new Error(`The tests did not end within ${seconds} s; see ${log}.`)),
        seconds * 1000,
      );
    });
    await page.exposeFunction("codeAutomationExit", (code) => end(code));
    await page.exposeFunction("codeAutomationLog", (type, args) => {
      const text = args.map((arg) => (typeof arg === "string" ? arg : inspect(arg))).join(" ");
      for (const line of text.split("\n")) {
        if (line.startsWith(mark)) onLine(line.slice(mark.length));
        else appendFileSync(log, `[${type}] ${line}\n`);
      }
    });
    await page.goto(workbenchUrl(host, { folder, extension, tests }));
    return await ended;
  } finally {
    clearTimeout(timer);
    await browser.close();
  }
}
