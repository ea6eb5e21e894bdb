import { homedir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as vscode from "vscode";
import { isCleverLakeError } from "../../basics/errors";
import { expandHome, folderPathOf, hostFault } from "../../config";
import type { EngineClient } from "../../engine/client/client";
import type { Connected, ConnectionTest } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { serverTimeout } from "../connection/settings";
import { isCancellation } from "../messages";
import { askLocalPath } from "../pages/localFiles";
import type { Parts } from "../parts";
import { withIcon, withProgress } from "../window";
import { askAzureLake } from "./azureLakeSteps";
import { type ConnectionAnswers, connectedWith, loginWith } from "./connectionAnswers";
import { saltMismatch } from "./saltBox";
import { askSalt } from "./saltStep";
import {
  askChoice,
  askText,
  type Step,
  type StepContext,
  showBusy,
  undefinedOnBack,
  type WalkResult,
  walk,
} from "./wizard";

type ConnectionStep =
  | "host"
  | "port"
  | "trust"
  | "user"
  | "signIn"
  | "secret"
  | "passphrase"
  | "lake"
  | "salt";

/** The steps in order. The server's key is checked before anything is sent to the server. */
const steps: ReadonlyMap<ConnectionStep, Step<ConnectionAnswers>> = new Map([
  ["host", askHost],
  ["port", askPort],
  ["trust", askTrust],
  ["user", askUser],
  ["signIn", askAuthentication],
  ["secret", askSecret],
  ["passphrase", askPassphrase],
  ["lake", askLake],
  ["salt", askSalt],
]);

/**
 * Asks step by step for everything that a connection needs.
 * @param from the step to begin with
 */
export function askConnection(
  { client, log }: Parts,
  first: ConnectionAnswers,
  from: ConnectionStep,
): Promise<WalkResult<ConnectionAnswers>> {
  const title = vscode.l10n.t("Connect to Clever");
  return walk(title, first, [...steps.values()], { client, log, from: [...steps.keys()].indexOf(from) });
}

/** The step whose answer can fix the error of a connection's test. */
export async function stepToFix(
  client: EngineClient,
  error: unknown,
  answers: ConnectionAnswers,
): Promise<ConnectionStep> {
  const { authentication } = answers;
  if (isCleverLakeError(error, "hostKey")) return "trust";
  if (!isCleverLakeError(error, "network", "auth")) return "salt";
  // Azure's errors have the same codes as the server's. The server is not asked again: it may lock the account.
  const testing = vscode.l10n.t("Clever: testing the connection");
  const lakeFails = await withProgress(testing, (_progress, signal) =>
    client.request(engine.testLake, connectedWith(answers), { signal }).then(
      () => false,
      // A test that the user ended says nothing about the lake.
      (failure: unknown) => !isCancellation(failure),
    ),
  );
  if (lakeFails) return "lake";
  if (isCleverLakeError(error, "network")) return "host";
  return authentication === "password" ? "secret" : authentication === "agent" ? "signIn" : "passphrase";
}

/** Tests a connection; rejects with its problem. */
export async function testConnection(
  client: EngineClient,
  connected: Connected,
  signal?: AbortSignal,
): Promise<ConnectionTest> {
  const test = await client.request(engine.testConnection, connected, { signal });
  if (test.salt === "differs") throw saltMismatch();
  return test;
}

async function askHost(answers: ConnectionAnswers, context: StepContext): Promise<ConnectionAnswers> {
  const host = await askText({
    ...context,
    value: answers.host,
    prompt: vscode.l10n.t("The reports server's address"),
    validate: (text) =>
      hostFault(text.trim()) === undefined
        ? undefined
        : vscode.l10n.t("Enter a host name or address alone, without sftp://, user, port or path."),
  });
  return withServer(answers, { host: host.trim() });
}

async function askPort(answers: ConnectionAnswers, context: StepContext): Promise<ConnectionAnswers> {
  const port = await askText({
    ...context,
    value: String(answers.port),
    prompt: vscode.l10n.t("The server's port"),
    validate: (text) =>
      /^\s*\d{1,5}\s*$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
        ? undefined
        : vscode.l10n.t("A number from 1 to 65535."),
  });
  return withServer(answers, { port: Number(port) });
}

async function askUser(answers: ConnectionAnswers, context: StepContext): Promise<ConnectionAnswers> {
  const username = await askText({
    ...context,
    value: answers.username,
    prompt: vscode.l10n.t("Your district's user name on the server"),
    validate: (text) => (text.trim() === "" ? vscode.l10n.t("Enter a user name.") : undefined),
  });
  return withServer(answers, { username: username.trim() });
}

/** Changes the server or the user. Secrets for the previous one must not be offered for the new one. */
function withServer(
  answers: ConnectionAnswers,
  change: Partial<Pick<ConnectionAnswers, "host" | "port" | "username">>,
): ConnectionAnswers {
  const next = { ...answers, ...change };
  const isSame =
    next.host === answers.host && next.port === answers.port && next.username === answers.username;
  return isSame ? next : { ...next, password: "", ...("username" in change ? {} : { hostKey: "" }) };
}

async function askAuthentication(
  answers: ConnectionAnswers,
  context: StepContext,
): Promise<ConnectionAnswers> {
  const authentication = await askChoice<ConnectionAnswers["authentication"]>(
    context,
    vscode.l10n.t("How do you sign in?"),
    [
      { ...withIcon(vscode.l10n.t("$(key) Password")), value: "password" },
      { ...withIcon(vscode.l10n.t("$(file) Private key")), value: "privateKey" },
      { ...withIcon(vscode.l10n.t("$(server-process) SSH agent")), value: "agent" },
    ],
    answers.authentication,
  );
  const cleared = { ...answers, authentication };
  if (authentication !== "password") Object.assign(cleared, { password: "" });
  if (authentication !== "privateKey") Object.assign(cleared, { privateKeyPath: "", passphrase: "" });
  if (authentication !== "agent") return cleared;
  const loggingIn = vscode.l10n.t("Logging in …");
  const login = showBusy(context, loggingIn, (signal) => logIn(context, cleared, signal));
  return (await undefinedOnBack(login.then(() => cleared))) ?? askAuthentication(answers, context);
}

/** Logs in with the answers so far; rejects if the server refuses them. */
async function logIn(
  { client }: StepContext,
  answers: ConnectionAnswers,
  signal: AbortSignal,
): Promise<void> {
  await client.request(engine.testLogin, loginWith(answers), { signal });
}

async function askSecret(
  answers: ConnectionAnswers,
  context: StepContext,
): Promise<ConnectionAnswers | undefined> {
  if (answers.authentication === "agent") return undefined;
  if (answers.authentication === "password") {
    const password = await askText({
      ...context,
      value: answers.password,
      password: true,
      prompt: vscode.l10n.t("The password; it is kept in VS Code's secret store"),
      validate: (text) => (text === "" ? vscode.l10n.t("Enter a password.") : undefined),
      attempt: (text, signal) => logIn(context, { ...answers, password: text }, signal),
    });
    return { ...answers, password };
  }
  const privateKeyPath = await askText({
    ...context,
    value: answers.privateKeyPath || path.join(homedir(), ".ssh", "id_ed25519"),
    prompt: vscode.l10n.t("The private key's file"),
    validate: async (text) =>
      (await isFile(expandHome(text))) ? undefined : vscode.l10n.t("There is no such file."),
  });
  return { ...answers, privateKeyPath: expandHome(privateKeyPath) };
}

async function askPassphrase(
  answers: ConnectionAnswers,
  context: StepContext,
): Promise<ConnectionAnswers | undefined> {
  if (answers.authentication !== "privateKey") return undefined;
  const passphrase = await askText({
    ...context,
    value: answers.passphrase,
    password: true,
    prompt: vscode.l10n.t("The key's passphrase, empty if it has none; it is kept in VS Code's secret store"),
    attempt: (text, signal) => logIn(context, { ...answers, passphrase: text }, signal),
  });
  return { ...answers, passphrase };
}

async function askTrust(answers: ConnectionAnswers, context: StepContext): Promise<ConnectionAnswers> {
  const { host, port } = answers;
  const asking = vscode.l10n.t("Asking {0} for its key …", host);
  const params = { host, port, timeoutSeconds: Math.max(15, serverTimeout() ?? 0) };
  const { hostKey: presented } = await showBusy(context, asking, (signal) =>
    context.client.request(engine.fetchHostKey, params, { signal }),
  );
  const trusted = answers.hostKey === presented;
  await askChoice(
    context,
    trusted
      ? vscode.l10n.t("The server presents the key that you already trust.")
      : answers.hostKey === ""
        ? vscode.l10n.t("Is this the key of {0}? Compare it with the key that Clever gives you.", host)
        : vscode.l10n.t(
            "{0} presents a different key from the one that you trusted before. Trust it only if Clever confirms it.",
            host,
          ),
    [
      {
        ...withIcon(vscode.l10n.t("$(verified) Trust this key")),
        detail: presented,
        description: trusted ? vscode.l10n.t("trusted before") : "",
        value: true,
      },
    ],
  );
  // A different key means a different server.
  const isOther = !trusted && answers.hostKey !== "";
  return { ...answers, hostKey: presented, ...(isOther ? { password: "" } : {}) };
}

async function askLake(answers: ConnectionAnswers, context: StepContext): Promise<ConnectionAnswers> {
  const picked = await askChoice<"folder" | "type" | "azure" | "same">(
    context,
    vscode.l10n.t("Where is the lake?"),
    [
      ...(answers.lakeUrl
        ? [
            {
              ...withIcon(vscode.l10n.t("$(check) As it is")),
              detail: answers.lakeUrl,
              value: "same" as const,
            },
          ]
        : []),
      { ...withIcon(vscode.l10n.t("$(folder-opened) A folder on this machine…")), value: "folder" },
      { ...withIcon(vscode.l10n.t("$(edit) Type a folder's path")), value: "type" },
      {
        ...withIcon(vscode.l10n.t("$(azure) Azure Data Lake Storage…")),
        detail: vscode.l10n.t("The district's own storage account, with a hierarchical namespace."),
        value: "azure",
      },
    ],
  );
  if (picked === "same") return answers;
  if (picked === "azure") return (await askAzureLake(answers, context)) ?? askLake(answers, context);
  if (picked === "folder") {
    const folder = await askLocalPath({
      canSelectFolders: true,
      canSelectFiles: false,
      openLabel: vscode.l10n.t("Use as Lake"),
    });
    return folder === undefined ? askLake(answers, context) : inFolder(answers, folder);
  }
  const typed = await undefinedOnBack(
    askText({
      ...context,
      value: folderPathOf(answers.lakeUrl) ?? "",
      placeholder: path.join(homedir(), "clever-lake"),
      prompt: vscode.l10n.t("The lake's folder; it is created if it does not exist"),
      validate: (text) =>
        path.isAbsolute(expandHome(text.trim())) ? undefined : vscode.l10n.t("Enter a full path."),
    }),
  );
  if (typed === undefined) return askLake(answers, context);
  return inFolder(answers, expandHome(typed.trim()));
}

function inFolder(answers: ConnectionAnswers, folder: string): ConnectionAnswers {
  const lakeUrl = pathToFileURL(folder).href;
  return { ...answers, lakeUrl, lakeAuth: "default", lakeAccountKey: "", lakeSas: "" };
}

async function isFile(file: string): Promise<boolean> {
  try {
    const { type } = await vscode.workspace.fs.stat(vscode.Uri.file(file));
    return (type & vscode.FileType.File) !== 0;
  } catch {
    return false;
  }
}
