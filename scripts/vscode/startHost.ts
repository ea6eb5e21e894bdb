// Runs VS Code's server, bound to the loopback address only.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { prepareHost } from "./prepareHost";
import { type SecretKeyServer, withSecretKey } from "./withSecretKey";

const quietSettings = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "security.workspace.trust.enabled": false,
  "chat.disableAIFeatures": true,
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": "off",
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "update.mode": "none",
  "window.commandCenter": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
};

export interface HostOptions {
  /** "1.100" (the oldest that the extension supports) or "1.139". */
  readonly version: string;
  /** Folder for installed extensions; by default an empty temporary folder. */
  readonly extensionsDir?: string;
  /** Logs, user settings and the extensions' storage; by default a temporary folder. */
  readonly serverDataDir?: string;
  /** Added to settings that keep the workbench quiet. */
  readonly userSettings?: Readonly<Record<string, unknown>> | undefined;
  /** By default a free one. */
  readonly port?: number;
  /** Extensions to install first. */
  readonly vsix?: readonly string[];
  /** Added to the environment of the server, and so of the extension host. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Host extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Process id of the server, which leads its own process group. */
  readonly pid: number;
  /** The exact version of VS Code. */
  readonly vscode: string;
  readonly serverDataDir: string;
  readonly extensionsDir: string;
  /** Ends the server and everything it started, and removes the temporary folders. */
  stop(): Promise<void>;
}

/** Prepares the host if needed and starts it. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { node, serverMain, vscode } = await prepareHost(options.version);
  const temporary = await mkdtemp(path.join(tmpdir(), "clever-lake-vscode-"));
  const serverDataDir = options.serverDataDir ?? path.join(temporary, "data");
  const extensionsDir = options.extensionsDir ?? path.join(temporary, "extensions");
  let server: Server | undefined;
  let front: SecretKeyServer | undefined;
  const stop = async () => {
    front?.close();
    await server?.stop();
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await mkdir(extensionsDir, { recursive: true });
    const settings = { ...quietSettings, ...options.userSettings };
    await writeSettings(path.join(serverDataDir, "data", "User"), settings);
    // The window is remote, so VS Code reads settings of scope "machine" from there. In the user's file they count only
    // until VS Code has registered the extension's settings.
    const own = Object.entries(settings).filter(([key]) => key.startsWith("clever."));
    if (own.length > 0)
      await writeSettings(path.join(serverDataDir, "data", "Machine"), Object.fromEntries(own));
    const folders = ["--extensions-dir", extensionsDir, "--server-data-dir", serverDataDir];
    const common = [serverMain, ...folders, "--accept-server-license-terms", "--telemetry-level", "off"];
    for (const vsix of options.vsix ?? []) {
      await promisify(execFile)(node, [...common, "--install-extension", vsix, "--force"]);
    }
    const address = ["--host", "127.0.0.1", "--port", "0", "--without-connection-token"];
    // Without a gallery, no network requests are made.
    const env = { ...process.env, EXTENSIONS_GALLERY: "{}", ...options.env };
    server = await listen(node, [...common, ...address], env);
    front = await withSecretKey(server.port, options.port ?? 0);
    return {
      url: `http://localhost:${front.port}`,
      port: front.port,
      pid: server.pid,
      vscode,
      serverDataDir,
      extensionsDir,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Writes the settings file of a folder, which is created. */
async function writeSettings(folder: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "settings.json"), JSON.stringify(settings, undefined, 2));
}

interface Server {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts the server in its own process group, so that the extension hosts it forks end with it. */
async function listen(node: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Server> {
  const child = spawn(node, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const { pid } = child;
  // It could not be started; the reason follows as an event.
  if (pid === undefined) throw (await once(child, "error"))[0];
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(-pid, name);
    } catch {
      // The group has ended already.
    }
  };
  const onExit = () => signal("SIGKILL");
  process.once("exit", onExit);
  // An unhandled signal ends this process without "exit", and the server would keep running.
  const handlers = (["SIGINT", "SIGTERM", "SIGHUP"] as const)
    .filter((name) => process.listenerCount(name) === 0)
    .map((name) => {
      const handler = () => {
        onExit();
        process.kill(process.pid, name);
      };
      process.once(name, handler);
      return { name, handler };
    });
  const stop = async () => {
    signal("SIGTERM");
    // The rest of the group may briefly outlive its leader.
    await Promise.race([exited, sleep(5000, undefined, { ref: false })]);
    signal("SIGKILL");
    await exited;
    process.off("exit", onExit);
    for (const { name, handler } of handlers) process.off(name, handler);
  };
  let output = "";
  const port = await new Promise<number>((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`VS Code's server did not start in 60 s:\n${output}`)),
      60_000,
    );
    const failed = (error: Error) => {
      clearTimeout(late);
      reject(error);
    };
    child.once("error", failed);
    child.once("close", (code) => failed(new Error(`VS Code's server ended (${code}):\n${output}`)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output = (output + text).slice(-20_000);
        const match = /Extension host agent listening on (\d+)/.exec(output);
        if (match === null) return;
        clearTimeout(late);
        resolve(Number(match[1]));
      });
    }
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { port, pid, stop };
}
