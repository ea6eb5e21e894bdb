import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { DashboardAnswer } from "../src/dashboard/answer";
import type { DashboardFilter } from "../src/dashboard/filter";
import { EngineClient } from "../src/engine/client/client";
import * as protocol from "../src/engine/messages/protocol";
import { projectFolder } from "./workshop";

/** The engine's process as the extension starts it, queried like the dashboard does. */
export class DashboardEngine implements AsyncDisposable {
  private readonly client = new EngineClient({
    modulePath: path.join(projectFolder, "dist", "engine.mjs"),
    onLog: ({ message }) => console.error(`  ${message}`),
  });

  constructor(
    private readonly lake: string,
    private readonly cacheFolder: string,
  ) {}

  async ask(
    filter: DashboardFilter,
  ): Promise<{ readonly seconds: number; readonly answer: DashboardAnswer }> {
    const start = process.hrtime.bigint();
    const answer = await this.client.request(protocol.dashboard, {
      connection: {
        sftp: { host: "127.0.0.1", username: "nobody" },
        lake: { url: pathToFileURL(this.lake).href },
      },
      secrets: {},
      filter,
      minimumGroupSize: 10,
      keepWhole: "schools",
      schoolYearStart: "08-01",
      // As in VS Code once the server has been listed.
      isListed: true,
      cacheFolder: this.cacheFolder,
    });
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    if ("empty" in answer) throw new Error("The lake holds nothing.");
    return { seconds, answer };
  }

  /** Peak memory of the engine's process, in bytes. */
  async peakMemory(): Promise<number> {
    const status = await readFile(`/proc/${this.client.pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.dispose();
  }
}
