// Calls a module's `run()` inside the extension host.
import { appendFileSync } from "node:fs";
import { inspect } from "node:util";
import { launchChromium, workbenchUrl } from "../vscodeHost";

/** Prefix of the module's output for people; the rest of the console is the workbench's. */
const mark = "test| ";

export interface TestModule {
  /** Path of the workspace. */
  readonly folder: string;
  /** Path of the extension's source. */
  readonly extension: string;
  /** Path of the module. */
  readonly tests: string;
  /** File for the workbench's output. */
  readonly log: string;
  /** Time limit. */
  readonly seconds: number;
  /** Receives the module's output. */
  readonly onLine?: (line: string) => void;
}

/**
 * Opens the workbench, which calls the module and reports the result through two functions on its page.
 *
 * @returns 0 if `run()` resolved, and if the extension host died
 */
export async function runTestModule(
  host: { readonly url: string },
  { folder, extension, tests, log, seconds, onLine = () => {} }: TestModule,
): Promise<number> {
  const browser = await launchChromium();
  let timer: NodeJS.Timeout | undefined;
  try {
    const page = await browser.newPage();
    let end: (code: number) => void = () => {};
    const ended = new Promise<number>((resolve, reject) => {
      end = resolve;
      page.once("crash", () => reject(new Error("The workbench crashed.")));
      timer = setTimeout(
        () => reject(new Error(`The tests did not end within ${seconds} s; see ${log}.`)),
        seconds * 1000,
      );
    });
    await page.exposeFunction("codeAutomationExit", (code: number) => end(code));
    await page.exposeFunction("codeAutomationLog", (type: string, args: readonly unknown[]) => {
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
