import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as vscode from "vscode";
import { expandHome, type LakeAuth, saltKeyVaultFault } from "../config";
import type { EngineClient } from "../engine/client";
import type { Connected, ConnectionTest } from "../engine/messages";
import * as engine from "../engine/protocol";
import { CleverLakeError, describeError } from "../errors";
import { newSalt } from "../newSalt";
import { askAzureLake } from "./azureLakeSteps";
import { withProxy } from "./settings";
import { withIcon } from "./window";
import { askChoice, askText, askWhile, isNavigation, orBack, type Place, type Step, walk } from "./wizard";

/** What the wizard asks for, as far as it was answered. */
export interface ConnectionAnswers {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** The folder with the reports. The wizard does not ask for it: it keeps what the settings say. */
  readonly root: string;
  readonly authentication: "password" | "privateKey" | "agent";
  readonly password: string;
  readonly privateKeyPath: string;
  readonly passphrase: string;
  readonly hostKey: string;
  readonly lakeUrl: string;
  /** For a lake in Azure. */
  readonly lakeAuth: LakeAuth;
  readonly lakeAccountKey: string;
  readonly lakeSas: string;
  /** Where the salt comes from instead of the secret store; empty where that holds it. */
  readonly saltKeyVaultUrl: string;
  readonly salt: string;
  /** Whether the salt was made here: the user has to keep it. */
  readonly saltIsNew: boolean;
}

export const noAnswers: ConnectionAnswers = {
  host: "reports-sftp.clever.com",
  port: 22,
  username: "",
  root: "/",
  authentication: "password",
  password: "",
  privateKeyPath: "",
  passphrase: "",
  hostKey: "",
  lakeUrl: "",
  lakeAuth: "default",
  lakeAccountKey: "",
  lakeSas: "",
  saltKeyVaultUrl: "",
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
  const { host, port, username, root, hostKey, lakeUrl, privateKeyPath, password, passphrase, salt } =
    answers;
  const { lakeAuth, lakeAccountKey, lakeSas, saltKeyVaultUrl } = answers;
  return {
    connection: withProxy({
      sftp: {
        host,
        port,
        username,
        root,
        ...(hostKey ? { hostKey } : {}),
        ...(privateKeyPath ? { privateKeyPath } : {}),
      },
      lake: { url: lakeUrl, auth: lakeAuth },
      ...(saltKeyVaultUrl ? { saltKeyVaultUrl } : {}),
    }),
    secrets: {
      ...(password ? { password } : {}),
      ...(passphrase ? { passphrase } : {}),
      ...(salt ? { salt } : {}),
      ...(lakeAccountKey ? { lakeAccountKey } : {}),
      ...(lakeSas ? { lakeSas } : {}),
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
      { ...withIcon(vscode.l10n.t("$(key) Password")), value: "password" },
      { ...withIcon(vscode.l10n.t("$(file) Private key")), value: "privateKey" },
      { ...withIcon(vscode.l10n.t("$(server-process) SSH agent")), value: "agent" },
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
  let presented: string;
  try {
    const asking = vscode.l10n.t("Asking {0} for its key …", host);
    ({ hostKey: presented } = await askWhile(place, asking, (signal) =>
      client.request(engine.fetchHostKey, { host, port, timeoutSeconds: 15 }, { signal }),
    ));
  } catch (error) {
    if (isNavigation(error)) throw error;
    await askChoice(place, describeError(error), [
      { ...withIcon(vscode.l10n.t("$(refresh) Try again")), value: "again" },
    ]);
    return askTrust(client, answers, place);
  }
  const trusted = answers.hostKey === presented;
  await askChoice(
    place,
    trusted
      ? vscode.l10n.t("The server shows the key that you trusted before.")
      : vscode.l10n.t("Is this the key of {0}? Compare it with what Clever tells you.", host),
    [
      {
        ...withIcon(vscode.l10n.t("$(verified) Trust this key")),
        detail: presented,
        description: trusted ? vscode.l10n.t("trusted before") : "",
        value: true,
      },
    ],
  );
  return { ...answers, hostKey: presented };
}

async function askLake(answers: ConnectionAnswers, place: Place): Promise<ConnectionAnswers> {
  const picked = await askChoice<"folder" | "type" | "azure" | "same">(
    place,
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
      { ...withIcon(vscode.l10n.t("$(folder-opened) A folder of this machine…")), value: "folder" },
      { ...withIcon(vscode.l10n.t("$(edit) Type a folder's path")), value: "type" },
      {
        ...withIcon(vscode.l10n.t("$(azure) Azure Data Lake Storage…")),
        detail: vscode.l10n.t("The district's own storage account, with a hierarchical namespace."),
        value: "azure",
      },
    ],
  );
  if (picked === "same") return answers;
  if (picked === "azure") return (await askAzureLake(answers, place)) ?? askLake(answers, place);
  if (picked === "folder") {
    const [folder] =
      (await vscode.window.showOpenDialog({
        canSelectFolders: true,
        canSelectFiles: false,
        openLabel: vscode.l10n.t("Use as Lake"),
      })) ?? [];
    return folder ? inFolder(answers, folder.fsPath) : askLake(answers, place);
  }
  const typed = await orBack(
    askText({
      ...place,
      value: answers.lakeUrl.startsWith("file:") ? fileURLToPath(answers.lakeUrl) : "",
      placeholder: path.join(homedir(), "clever-lake"),
      prompt: vscode.l10n.t("The lake's folder; it is made if it is not there"),
      validate: (text) =>
        path.isAbsolute(expandHome(text)) ? undefined : vscode.l10n.t("A full path is needed."),
    }),
  );
  if (typed === undefined) return askLake(answers, place);
  return inFolder(answers, expandHome(typed));
}

function inFolder(answers: ConnectionAnswers, folder: string): ConnectionAnswers {
  const lakeUrl = pathToFileURL(folder).href;
  return { ...answers, lakeUrl, lakeAuth: "default", lakeAccountKey: "", lakeSas: "" };
}

async function askSalt(
  client: EngineClient,
  answers: ConnectionAnswers,
  place: Place,
): Promise<ConnectionAnswers> {
  const make = {
    ...withIcon(vscode.l10n.t("$(sparkle) Make a new salt")),
    detail: vscode.l10n.t("For a new lake. You copy it at the end, and keep it like a password."),
    value: "make" as const,
  };
  const paste = {
    ...withIcon(vscode.l10n.t("$(clippy) Paste the district's own")),
    detail: vscode.l10n.t(
      "The one that your other OEA modules use, so that pseudonyms join; or the one this lake was made with.",
    ),
    value: "paste" as const,
  };
  const vault = {
    ...withIcon(vscode.l10n.t("$(azure) Read it from a key vault")),
    detail: vscode.l10n.t("As OEA keeps it, under the name oeaSalt; it is read anew for each run."),
    value: "vault" as const,
  };
  const keep = { ...withIcon(vscode.l10n.t("$(check) Keep the one that is stored")), value: "keep" as const };
  const claimed = await askWhile(place, vscode.l10n.t("Looking at the lake …"), (signal) =>
    isClaimed(client, answers, signal),
  );
  const choices = [...(answers.salt ? [keep] : []), ...(claimed ? [] : [make]), paste, vault];
  const prompt = claimed
    ? vscode.l10n.t("This lake has a salt already: the same one is needed.")
    : vscode.l10n.t("Pseudonyms are made with a salt, one per lake.");
  const picked = await askChoice<"make" | "paste" | "keep" | "vault">(
    place,
    prompt,
    choices,
    answers.saltKeyVaultUrl ? "vault" : undefined,
  );
  if (picked === "keep") return { ...answers, saltKeyVaultUrl: "" };
  if (picked === "make") return { ...answers, salt: newSalt(), saltIsNew: true, saltKeyVaultUrl: "" };
  if (picked === "vault") return (await askKeyVault(answers, place)) ?? askSalt(client, answers, place);
  const salt = await orBack(
    askText({
      ...place,
      value: "",
      password: true,
      prompt: vscode.l10n.t("The salt; it is kept in VS Code's secret store"),
      validate: (text) => (text === "" ? vscode.l10n.t("A salt is needed.") : undefined),
    }),
  );
  if (salt === undefined) return askSalt(client, answers, place);
  return { ...answers, salt, saltIsNew: false, saltKeyVaultUrl: "" };
}

async function askKeyVault(answers: ConnectionAnswers, place: Place): Promise<ConnectionAnswers | undefined> {
  const url = await orBack(
    askText({
      ...place,
      value: answers.saltKeyVaultUrl,
      placeholder: "https://NAME.vault.azure.net",
      prompt: vscode.l10n.t("The key vault's address; it is read with the same sign-in as the lake"),
      validate: (text) => saltKeyVaultFault(text.trim()),
    }),
  );
  return url === undefined
    ? undefined
    : { ...answers, salt: "", saltIsNew: false, saltKeyVaultUrl: url.trim() };
}

/** Whether the lake was pseudonymized before; where that cannot be told, the test at the end will. */
async function isClaimed(
  client: EngineClient,
  answers: ConnectionAnswers,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const test = await client.request(
      engine.testConnection,
      connectedWith({ ...answers, salt: answers.salt || "?" }),
      { signal },
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
