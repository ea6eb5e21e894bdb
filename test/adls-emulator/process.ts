import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import type { Token } from "./bearer";
import type { AdlsEmulatorOptions } from "./emulator";
import type { FaultRule } from "./faults";
import type { Order } from "./main";
import type { LoggedRequest } from "./requestLog";

/** Options that can be sent to another process. */
export type AdlsEmulatorProcessOptions = Omit<AdlsEmulatorOptions, "now" | "contentsOf">;

/** The emulator in a separate process, so that measured code does not share a thread with it. */
export class AdlsEmulatorProcess implements AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly account: string;
  readonly key: string;
  readonly certificate: string | undefined;
  readonly #link: Link;

  private constructor(link: Link, started: Started) {
    this.#link = link;
    this.url = started.url;
    this.port = started.port;
    this.account = started.account;
    this.key = started.key;
    this.certificate = started.certificate;
  }

  /** @param program the bundle of main.ts, if the caller has one; otherwise it is built for this start */
  static async start(
    options: AdlsEmulatorProcessOptions = {},
    program?: string,
  ): Promise<AdlsEmulatorProcess> {
    const bundle = program ?? (await bundled());
    const link = new Link(fork(bundle, { serialization: "advanced", execArgv: [] }));
    try {
      return new AdlsEmulatorProcess(link, (await link.ask({ order: "start", options })) as Started);
    } catch (error) {
      await link[Symbol.asyncDispose]();
      throw error;
    } finally {
      // It was read completely when the process started.
      if (program === undefined) await rm(bundle, { force: true });
    }
  }

  /** Injects a fault into a later request; the rule contains data only, no `when`. */
  async inject(rule: Omit<FaultRule, "when">): Promise<void> {
    await this.#link.ask({ order: "inject", rule });
  }

  async clearFaults(): Promise<void> {
    await this.#link.ask({ order: "clearFaults" });
  }

  /** Replaces the accepted bearer tokens. */
  async setTokens(tokens: readonly Token[]): Promise<void> {
    await this.#link.ask({ order: "setTokens", tokens });
  }

  async requests(): Promise<readonly LoggedRequest[]> {
    return (await this.#link.ask({ order: "requests" })) as readonly LoggedRequest[];
  }

  async clearLog(): Promise<void> {
    await this.#link.ask({ order: "clearLog" });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#link[Symbol.asyncDispose]();
  }
}

async function bundled(): Promise<string> {
  const here = import.meta.dirname;
  const outfile = path.resolve(here, "../../.cache", `adls-emulator-${randomUUID()}.cjs`);
  await build({
    entryPoints: [path.join(here, "main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "error",
  });
  return outfile;
}

type Started = Pick<AdlsEmulatorProcess, "url" | "port" | "account" | "key" | "certificate">;

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Requests to the process and their responses. */
class Link implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #lastId = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, "exit").then(() => {
      for (const { reject } of this.#open.values()) reject(new Error("The emulator's process ended."));
      this.#open.clear();
    });
    child.on("message", ({ id, result, error }: Answer) => {
      const asked = this.#open.get(id);
      this.#open.delete(id);
      if (error === undefined) asked?.resolve(result);
      else asked?.reject(new Error(error));
    });
  }

  ask(message: Order): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject });
      this.#child.send({ id, message }, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }
}
