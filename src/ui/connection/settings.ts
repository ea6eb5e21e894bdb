import * as vscode from "vscode";
import type { z } from "zod";
import { CleverLakeError } from "../../basics/errors";
import type { Config, LakeAuth } from "../../config";
import type { ProxySettings } from "../../engine/messages/messages";

/** The settings' section; its keys are those of the command line's configuration. */
export const section = "clever";

/** An invalid setting. */
export class SettingError extends CleverLakeError {
  constructor(
    /** Its full name, such as `clever.sftp.port`. */
    readonly setting: string,
    message: string,
  ) {
    super("config", message, { subject: setting });
  }
}

/** The server's folder with the reports, which can be set before there is a connection. */
export function reportsRoot(): string {
  const root = given("sftp.root");
  return typeof root === "string" ? root : "/";
}

/** In seconds, as in the manifest. Much longer timers overflow and fire at once. */
const maxTimeoutSeconds = 600;

/**
 * How many seconds the server may take to answer; undefined if it is not set, or is invalid, which is reported once
 * there is a connection.
 */
export function serverTimeout(): number | undefined {
  const seconds = given("sftp.timeoutSeconds");
  const isUsable = typeof seconds === "number" && seconds >= 1 && seconds <= maxTimeoutSeconds;
  return isUsable ? seconds : undefined;
}

/** The lake's URL as set, without validation. */
export function lakeUrl(): string | undefined {
  return vscode.workspace.getConfiguration(section).get<string>("lake.url");
}

/** Whether VS Code's Microsoft account opens the lake: its sign-in may open a dialog. */
export function signsInWithVsCode(): boolean {
  return given("lake.auth") === "vscode";
}

const sampleKey = "sampleDistrict";

/** Whether the sample district is in use. The settings of the user's own connection are then kept but ignored. */
export function usesSample(): boolean {
  return given(sampleKey) === true;
}

export async function useSample(use: boolean): Promise<void> {
  await write({ [sampleKey]: use });
}

/** Whether the user has set a server and a lake. */
export function hasConnection(): boolean {
  return Boolean(given("sftp.host")) && Boolean(given("lake.url"));
}

/** Whether there is a server and a lake to work with. */
export function isConnected(): boolean {
  return usesSample() || hasConnection();
}

/** A setting's value, without validation; undefined if empty. */
export function given(key: string): unknown {
  const value = vscode.workspace.getConfiguration(section).get<unknown>(key);
  return value === "" || value === null ? undefined : value;
}

/** The values of the settings in a group, such as `sftp.`, that are not empty. */
function allGiven(group: string, keys: readonly string[]): Record<string, unknown> {
  const values = keys.map((key) => [key, given(`${group}${key}`)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** The settings that apply to every connection; rejects with `SettingError`. */
export async function readGeneralSettings() {
  const { settingsSchema } = await import("../../config");
  const schema = settingsSchema.pick({ userTypes: true, minimumGroupSize: true, keepWhole: true });
  return checked(schema, allGiven("", Object.keys(schema.shape)));
}

/** The files with which the dashboard answers; rejects with `SettingError`. */
export async function readDashboardFiles() {
  const { settingsSchema } = await import("../../config");
  const schema = settingsSchema.pick({ schoolLevelsFile: true, licencesFile: true });
  return checked(schema, allGiven("", Object.keys(schema.shape)));
}

/** Rejects with `SettingError` if a setting in use is invalid. */
export async function checkSettings(): Promise<void> {
  await readGeneralSettings();
  await readDashboardFiles();
  if (!usesSample()) await readSettings();
}

/** The settings as a configuration; rejects with `SettingError` for the first invalid one. */
export async function readSettings(): Promise<Config> {
  // Loaded on demand: validation must not be loaded while VS Code starts.
  const { settingsSchema } = await import("../../config");
  return checked(settingsSchema, {
    ...lakeAsSet(),
    sftp: allGiven("sftp.", Object.keys(settingsSchema.shape.sftp.shape)),
    ...allGiven("", [
      "userTypes",
      "minimumGroupSize",
      "keepWhole",
      "maxShrink",
      "digitalActivity",
      "engine",
      "sparkSubmit",
      "expectReportsWithin",
    ]),
    // An incomplete cluster address must not block functions that do not need it.
    ...(given("engine") === "livy"
      ? { livy: allGiven("livy.", ["url", "workspace", "pool", "lakehouse"]) }
      : {}),
  });
}

/** Those of the settings that the wizard writes which are valid. */
export async function readConnectionSettings(): Promise<Partial<ConnectionSettings>> {
  const { configSchema } = await import("../../config");
  const { sftp, lake, saltKeyVaultUrl } = configSchema.shape;
  const { host, port, username, privateKeyPath, hostKey } = sftp.shape;
  const { lake: lakeAs } = lakeAsSet();
  // Which sign-in a lake has depends on its address.
  const whole = lake.safeParse(lakeAs).data ?? lake.safeParse({ url: lakeAs.url }).data;
  const values = {
    host: host.safeParse(given("sftp.host")).data,
    port: port.safeParse(given("sftp.port")).data,
    username: username.safeParse(given("sftp.username")).data,
    privateKeyPath: privateKeyPath.safeParse(given("sftp.privateKeyPath")).data,
    hostKey: hostKey.safeParse(given("sftp.hostKey")).data,
    lakeUrl: whole?.url,
    lakeAuth: whole?.auth,
    saltKeyVaultUrl: saltKeyVaultUrl.safeParse(given("saltKeyVaultUrl")).data,
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function lakeAsSet() {
  return { lake: allGiven("lake.", ["url", "auth"]), saltKeyVaultUrl: given("saltKeyVaultUrl") };
}

async function checked<Schema extends z.ZodType>(
  schema: Schema,
  settings: unknown,
): Promise<z.output<Schema>> {
  const { settingFault } = await import("../../config");
  const parsed = schema.safeParse(settings, { error: settingFault });
  if (parsed.success) return parsed.data;
  const [fault] = parsed.error.issues;
  const setting = [section, ...(fault?.path ?? []).filter((part) => typeof part === "string")].join(".");
  throw new SettingError(
    setting,
    vscode.l10n.t("The setting {0} cannot be used: {1}.", setting, fault?.message ?? ""),
  );
}

/** VS Code's proxy settings, for the engine: VS Code's own proxy handling does not cover a separate process. */
export const proxySettingNames = ["http.proxy", "http.noProxy", "http.proxySupport"] as const;

/** A connection with VS Code's proxy. Unchanged if none is set; the environment's proxy then applies. */
export function withProxy<Connection extends object>(
  connection: Connection,
): Connection & { readonly proxy?: ProxySettings } {
  const settings = vscode.workspace.getConfiguration("http");
  const url = settings.get<unknown>("proxy");
  if (typeof url !== "string" || url.trim() === "" || settings.get("proxySupport") === "off") {
    return connection;
  }
  const listed = settings.get<unknown>("noProxy");
  const except = Array.isArray(listed) ? listed.filter((name) => typeof name === "string") : [];
  return { ...connection, proxy: { url: url.trim(), except } };
}

/** A week in minutes, as in the manifest. Much longer timers overflow and fire at once. */
const maxCheckMinutes = 10_080;

/**
 * Minutes between checks for new reports, between one and a week; 0 for never. VS Code only warns about other values.
 */
export function checkEvery(): number {
  const minutes = given("checkEvery");
  return typeof minutes === "number" && minutes > 0 ? Math.min(Math.max(minutes, 1), maxCheckMinutes) : 0;
}

/** Whether only a run, which reads every report, can detect redeliveries. The sample's server preserves times. */
export function comparesContents(): boolean {
  return !usesSample() && given("sftp.compare") === "hash";
}

export function runsAutomatically(): boolean {
  return given("runAutomatically") === true && vscode.workspace.isTrusted;
}

/** The parts of a connection that the wizard asks for, as in the settings. */
export interface ConnectionSettings {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly privateKeyPath: string;
  readonly hostKey: string;
  readonly lakeUrl: string;
  /** For a lake in Azure. */
  readonly lakeAuth: LakeAuth;
  /** The key vault with the salt; empty if the salt is in the secret store. */
  readonly saltKeyVaultUrl: string;
}

/** The setting of each part of a connection. */
const connectionKeys: Readonly<Record<keyof ConnectionSettings, string>> = {
  host: "sftp.host",
  port: "sftp.port",
  username: "sftp.username",
  privateKeyPath: "sftp.privateKeyPath",
  hostKey: "sftp.hostKey",
  lakeUrl: "lake.url",
  lakeAuth: "lake.auth",
  saltKeyVaultUrl: "saltKeyVaultUrl",
};

/**
 * Writes a connection into the user's settings and leaves the sample district. The reports' folder stays as it is: only
 * the user sets it.
 */
export async function writeConnection(connection: ConnectionSettings): Promise<void> {
  const parts = Object.keys(connectionKeys) as (keyof ConnectionSettings)[];
  const values = Object.fromEntries(parts.map((part) => [connectionKeys[part], connection[part]]));
  await write({ ...values, [sampleKey]: false });
}

/** Removes the connection from the user's settings. Resolves to a function that restores it. */
export function removeConnectionSettings(): Promise<() => Promise<void>> {
  return write(
    Object.fromEntries([...Object.values(connectionKeys), "sftp.root"].map((key) => [key, undefined])),
  );
}

/** Writes all settings, or none if one cannot be written. Resolves to a function that restores the previous values. */
async function write(values: Readonly<Record<string, unknown>>): Promise<() => Promise<void>> {
  const settings = vscode.workspace.getConfiguration(section);
  const update = (key: string, value: unknown) =>
    settings.update(key, value, vscode.ConfigurationTarget.Global);
  const before: [key: string, value: unknown][] = [];
  const restore = async () => {
    for (const [key, value] of before) await update(key, value);
  };
  try {
    for (const [key, value] of Object.entries(values)) {
      const inspected = settings.inspect(key);
      await update(key, value === inspected?.defaultValue ? undefined : value);
      before.push([key, inspected?.globalValue]);
    }
  } catch (error) {
    // The first failure says what to do; restoring may fail for the same reason.
    await restore().catch(() => undefined);
    throw error;
  }
  return restore;
}

/** Opens the settings editor at a given setting. */
export async function openSetting(setting: string): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.openSettings", `@id:${setting}`);
}
