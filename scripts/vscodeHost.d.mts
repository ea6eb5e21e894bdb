import type { Browser } from "playwright-core";

export interface HostOptions {
  /** "1.100" (the oldest that the extension supports) or "1.139". */
  readonly version: string;
  /** Folder for installed extensions; by default an empty temporary folder. */
  readonly extensionsDir?: string;
  /** Logs, user settings and the extensions' storage; by default a temporary folder. */
  readonly serverDataDir?: string;
  /** Added to settings that keep the workbench quiet. */
  readonly userSettings?: Readonly<Record<string, unknown>>;
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

export interface WorkbenchOptions {
  /** Path of the workspace. */
  readonly folder?: string;
  /** Path of an extension's source, loaded in development mode. */
  readonly extension?: string;
  /** Path of a module whose `run()` is called in the extension host. */
  readonly tests?: string;
}

export function startHost(options: HostOptions): Promise<Host>;
export function prepareHost(
  version: string,
  say?: (message: string) => void,
): Promise<{ readonly node: string; readonly serverMain: string; readonly vscode: string }>;
export function workbenchUrl(host: { readonly url: string }, options?: WorkbenchOptions): string;
export function findChromium(): string;
export function chromiumOptions(): { readonly executablePath: string; readonly args: string[] };
export function launchChromium(): Promise<Browser>;
