import { homedir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as vscode from "vscode";
import { expandHome } from "../config";
import type { EngineClient } from "../engine/client";
import type { Connected, ConnectionTest } from "../engine/messages";
import * as engine from "../engine/protocol";
import { CleverLakeError, describeError } from "../errors";
import { newSalt } from "../newSalt";
import { askChoice, askText, type Place, type Step, walk } from "./wizard";

/** What the wizard asks for, as far as it was answered. */
export interface ConnectionAnswers {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly authentication: "password" | "privateKey" | "agent";
  readonly password: string;
  readonly privateKeyPath: string;
  readonly passphrase: string;
  readonly hostKey: string;
  readonly lakeUrl: string;
  readonly salt: string;
  /** Whether the salt was made here: the user has to keep it. */
  readonly saltIsNew: boolean;
}

export const noAnswers: ConnectionAnswers = {
  host: "reports-sftp.clever.com",
  port: 22,
  username: "",
  authentication: "password",
  password: "",
  privateKeyPath: "",
  passphrase: "",
  hostKey: "",
  lakeUrl: "",
  salt: "",
  saltIsNew: false,
};

/** Asks, step by step, for all that a connection needs; undefined where the user left. */
export function askConnection(
  client: EngineClient,
  first: ConnectionAnswers,
): Promise<ConnectionAnswers | undefined> {
  const steps: readonly Step<ConnectionAnswers>[] = [
    askHost,
    askPort,
    askUser,
    askAuthentication,
    askSecret,
    askPassphrase,
    (answers, place) => askTrust(client, answers, place),
    askLake,
    (answers, place) => askSalt(client, answers, place),
  ];
  return walk(vscode.l10n.t("Connect to Clever"), first, steps);
}

/** The answers as the engine takes them. */
export function connectedWith(answers: ConnectionAnswers): Connected {
  const { host, port, username, hostKey, lakeUrl, privateKeyPath, password, passphrase, salt } = answers;
  return {
    connection: {
      sftp: {
        host,
        port,
        username,
        ...(hostKey ? { hostKey } : {}),
        ...(privateKeyPath ? { privateKeyPath } : {}),
      },
      lake: { url: lakeUrl },
    },
    secrets: {
      ...(password ? { password } : {}),
      ...(passphrase ? { passphrase } : {}),
      ...(salt ? { salt } : {}),
    },
  };
}

/** Tries a connection out; rejects with what is wrong with it. */
export async function testConnection(
  client: EngineClient,
  connected: Connected,
  signal?: AbortSignal,
): Promise<ConnectionTest> {
  const test = await client.request(engine.testConnection, connected, { signal });
  if (test.salt === "differs") {
    throw new CleverLakeError("salt", vscode.l10n.t("This lake was pseudonymized with another salt."), {
      hint: vscode.l10n.t("Paste the salt that was used before."),
    });
  }
  return test;
}

async function askHost(answers: ConnectionAnswers, place: Place): Promise<ConnectionAnswers> {
  const host = await askText({
    ...place,
    value: answers.host,
    prompt: vscode.l10n.t("The reports server's address"),
    validate: (text) =>
      /^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/.test(text.trim())
        ? undefined
        : vscode.l10n.t("A host name or address, without sftp:// or a path."),
  });
  return { ...answers, host: host.trim() };
}

async function askPort(answers: ConnectionAnswers, place: Place): Promise<ConnectionAnswers> {
  const port = await askText({
    ...place,
    value: String(answers.port),
    prompt: vscode.l10n.t("The server's port"),
    validate: (text) =>
      /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
        ? undefined
        : vscode.l10n.t("A number from 1 to 65535."),
  });
  return { ...answers, port: Number(port) };
}

async function askUser(answers: ConnectionAnswers, place: Place): Promise<ConnectionAnswers> {
  const username = await askText({
    ...place,
    value: answers.username,
    prompt: vscode.l10n.t("Your district's user name at the server"),
    validate: (text) => (text.trim() === "" ? vscode.l10n.t("A user name is needed.") : undefined),
  });
  return { ...answers, username: username.trim() };
}

async function askAuthentication(answers: ConnectionAnswers, place: Place): Promise<ConnectionAnswers> {
  const authentication = await askChoice<ConnectionAnswers["authentication"]>(
    place,
    vscode.l10n.t("How do you sign in?"),
    [
      { label: vscode.l10n.t("$(key) Password"), value: "password" },
      { label: vscode.l10n.t("$(file) Private key"), value: "privateKey" },
      { label: vscode.l10n.t("$(server-process) SSH agent"), value: "agent" },
    ],
    answers.authentication,
  );
  const cleared = { ...answers, authentication };
  if (authentication !== "password") Object.assign(cleared, { password: "" });
  if (authentication !== "privateKey") Object.assign(cleared, { privateKeyPath: "", passphrase: "" });
  return cleared;
}

async function askSecret(answers: ConnectionAnswers, place: Place): Promise<ConnectionAnswers | undefined> {
  if (answers.authentication === "agent") return undefined;
  if (answers.authentication === "password") {
    const password = await askText({
      ...place,
      value: answers.password,
      password: true,
      prompt: vscode.l10n.t("The password; it is kept in VS Code's secret store"),
      validate: (text) => (text === "" ? vscode.l10n.t("A password is needed.") : undefined),
    });
    return { ...answers, password };
  }
  const privateKeyPath = await askText({
    ...place,
    value: answers.privateKeyPath || path.join(homedir(), ".ssh", "id_ed25519"),
    prompt: vscode.l10n.t("The private key's file"),
    validate: async (text) =>
      (await isFile(expandHome(text))) ? undefined : vscode.l10n.t("There is no such file."),
  });
  return { ...answers, privateKeyPath: expandHome(privateKeyPath) };
}

async function askPassphrase(
  answers: ConnectionAnswers,
  place: Place,
): Promise<ConnectionAnswers | undefined> {
  if (answers.authentication !== "privateKey") return undefined;
  const passphrase = await askText({
    ...place,
    value: answers.passphrase,
    password: true,
    prompt: vscode.l10n.t("The key's passphrase, empty if it has none; it is kept in VS Code's secret store"),
  });
  return { ...answers, passphrase };
}

async function askTrust(
  client: EngineClient,
  answers: ConnectionAnswers,
  place: Place,
): Promise<ConnectionAnswers> {
  const { host, port } = answers;
  const abort = new AbortController();
  let presented: string;
  try {
    presented = (
      await client.request(engine.fetchHostKey, { host, port, timeoutSeconds: 15 }, { signal: abort.signal })
    ).hostKey;
  } catch (error) {
    const choice = await askChoice(place, describeError(error), [
      { label: vscode.l10n.t("$(refresh) Try again"), value: "again" as const },
    ]);
    return choice === "again" ? askTrust(client, answers, place) : answers;
  }
  const trusted = answers.hostKey === presented;
  await askChoice(
    place,
    trusted
      ? vscode.l10n.t("The server shows the key that you trusted before.")
      : vscode.l10n.t("Is this the key of {0}? Compare it with what Clever tells you.", host),
    [
      {
        label: vscode.l10n.t("$(verified) Trust this key"),
        detail: presented,
        description: trusted ? vscode.l10n.t("trusted before") : "",
        value: true,
      },
    ],
  );
  return { ...answers, hostKey: presented };
}

async function askLake(answers: ConnectionAnswers, place: Place): Promise<ConnectionAnswers> {
  const picked = await askChoice<"folder" | "type" | "same">(place, vscode.l10n.t("Where is the lake?"), [
    ...(answers.lakeUrl
      ? [{ label: vscode.l10n.t("$(check) As it is"), detail: answers.lakeUrl, value: "same" as const }]
      : []),
    { label: vscode.l10n.t("$(folder-opened) A folder of this machine…"), value: "folder" },
    { label: vscode.l10n.t("$(edit) Type a folder's path"), value: "type" },
  ]);
  if (picked === "same") return answers;
  if (picked === "folder") {
    const [folder] =
      (await vscode.window.showOpenDialog({
        canSelectFolders: true,
        canSelectFiles: false,
        openLabel: vscode.l10n.t("Use as Lake"),
      })) ?? [];
    return folder ? { ...answers, lakeUrl: pathToFileURL(folder.fsPath).href } : askLake(answers, place);
  }
  const typed = await askText({
    ...place,
    value: "",
    placeholder: path.join(homedir(), "clever-lake"),
    prompt: vscode.l10n.t("The lake's folder; it is made if it is not there"),
    validate: (text) =>
      path.isAbsolute(expandHome(text)) ? undefined : vscode.l10n.t("A full path is needed."),
  });
  return { ...answers, lakeUrl: pathToFileURL(expandHome(typed)).href };
}

async function askSalt(
  client: EngineClient,
  answers: ConnectionAnswers,
  place: Place,
): Promise<ConnectionAnswers> {
  const make = {
    label: vscode.l10n.t("$(sparkle) Make a new salt"),
    detail: vscode.l10n.t("For a new lake. It is shown once, for you to keep like a password."),
    value: "make" as const,
  };
  const paste = {
    label: vscode.l10n.t("$(clippy) Paste the district's own"),
    detail: vscode.l10n.t(
      "The one that your other OEA modules use, so that pseudonyms join; or the one this lake was made with.",
    ),
    value: "paste" as const,
  };
  const keep = { label: vscode.l10n.t("$(check) Keep the one that is stored"), value: "keep" as const };
  const claimed = await isClaimed(client, answers);
  const choices = [...(answers.salt ? [keep] : []), ...(claimed ? [] : [make]), paste];
  const prompt = claimed
    ? vscode.l10n.t("This lake has a salt already: the same one is needed.")
    : vscode.l10n.t("Pseudonyms are made with a salt, one per lake.");
  const picked = await askChoice<"make" | "paste" | "keep">(place, prompt, choices);
  if (picked === "keep") return answers;
  if (picked === "make") return { ...answers, salt: newSalt(), saltIsNew: true };
  const salt = await askText({
    ...place,
    value: "",
    password: true,
    prompt: vscode.l10n.t("The salt; it is kept in VS Code's secret store"),
    validate: (text) => (text === "" ? vscode.l10n.t("A salt is needed.") : undefined),
  });
  return { ...answers, salt, saltIsNew: false };
}

/** Whether the lake was pseudonymized before; where that cannot be told, the test at the end will. */
async function isClaimed(client: EngineClient, answers: ConnectionAnswers): Promise<boolean> {
  try {
    const test = await client.request(
      engine.testConnection,
      connectedWith({ ...answers, salt: answers.salt || "?" }),
    );
    return test.salt === "matches" || test.salt === "differs";
  } catch {
    return false;
  }
}

async function isFile(file: string): Promise<boolean> {
  try {
    const { type } = await vscode.workspace.fs.stat(vscode.Uri.file(file));
    return (type & vscode.FileType.File) !== 0;
  } catch {
    return false;
  }
}
