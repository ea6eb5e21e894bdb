import * as vscode from "vscode";
import { authsForLake, isAdlsAddress, lakeAddressFault, storageScope } from "../../config";
import { counted } from "../texts/counts";
import { withIcon } from "../window";
import { AzureManagement, managementScope } from "./azureManagement";
import type { ConnectionAnswers } from "./connectionAnswers";
import { signInWithMicrosoft } from "./microsoftAccount";
import {
  askChoice,
  askText,
  type Choice,
  type StepContext,
  showBusy,
  undefinedOnBack,
  withRecovery,
} from "./wizard";

type LakeAuth = ConnectionAnswers["lakeAuth"];

/**
 * Asks for the location of a lake in Azure: picked from the account's subscriptions, or typed. Undefined if the user
 * goes back.
 */
export async function askAzureLake(
  answers: ConnectionAnswers,
  context: StepContext,
): Promise<ConnectionAnswers | undefined> {
  const how = await undefinedOnBack(
    askChoice<"pick" | "type">(context, vscode.l10n.t("Which storage account?"), [
      {
        ...withIcon(vscode.l10n.t("$(list-tree) Pick from my subscriptions")),
        detail: vscode.l10n.t("Signs in with your Microsoft account."),
        value: "pick",
      },
      { ...withIcon(vscode.l10n.t("$(edit) Type the lake's address")), value: "type" },
    ]),
  );
  if (how === undefined) return undefined;
  const lakeUrl = await undefinedOnBack(how === "pick" ? pickLake(context) : typeLake(answers, context));
  if (lakeUrl === undefined) return askAzureLake(answers, context);
  const next = {
    ...answers,
    lakeUrl,
    lakeAuth: how === "pick" ? ("vscode" as const) : answers.lakeAuth,
    // Secrets for one lake must not be offered for another.
    ...(lakeUrl === answers.lakeUrl ? {} : { lakeAccountKey: "", lakeSas: "" }),
  };
  return (await undefinedOnBack(askLakeAuth(next, context))) ?? askAzureLake(answers, context);
}

async function pickLake(context: StepContext): Promise<string> {
  const signIn = () => signInWithMicrosoft(managementScope);
  const azure = new AzureManagement(signIn);
  await withRecovery(context, signIn);
  const asking = vscode.l10n.t("Asking Azure for your subscriptions …");
  const subscriptions = await showBusy(context, asking, (signal) => azure.subscriptions(signal));
  const subscription = await askChoice(
    context,
    counted.subscriptions(subscriptions.length),
    subscriptions.map(({ id, name }) => ({ label: name, description: id, value: id })),
  );
  const askingForLakes = vscode.l10n.t("Asking Azure for its storage accounts …");
  const lakes = await showBusy(context, askingForLakes, (signal) => azure.lakes(subscription, signal));
  return askChoice(
    context,
    lakes.length === 0
      ? vscode.l10n.t("This subscription has no storage account with a hierarchical namespace.")
      : vscode.l10n.t("Storage accounts with a hierarchical namespace"),
    lakes.map(({ name, resourceGroup, location, url }) => ({
      label: name,
      description: [resourceGroup, location].filter(Boolean).join(" · "),
      value: url,
    })),
  );
}

async function typeLake(answers: ConnectionAnswers, context: StepContext): Promise<string> {
  const typed = await askText({
    ...context,
    value: isAdlsAddress(answers.lakeUrl) ? answers.lakeUrl : "",
    placeholder: "https://ACCOUNT.dfs.core.windows.net",
    prompt: vscode.l10n.t(
      "The lake's address, optionally followed by a folder. In OneLake: {0}",
      "https://onelake.dfs.fabric.microsoft.com/WORKSPACE/LAKEHOUSE.Lakehouse/Files",
    ),
    validate: (text) =>
      isAdlsAddress(text.trim())
        ? lakeAddressFault(text.trim())
        : vscode.l10n.t("Enter an address that begins with https:// or abfss://."),
  });
  return typed.trim();
}

async function askLakeAuth(answers: ConnectionAnswers, context: StepContext): Promise<ConnectionAnswers> {
  const ways: readonly Choice<LakeAuth>[] = [
    { ...withIcon(vscode.l10n.t("$(account) My Microsoft account in VS Code")), value: "vscode" },
    {
      ...withIcon(vscode.l10n.t("$(terminal) This machine's sign-in")),
      detail: vscode.l10n.t("Azure CLI, a service principal in the environment, or a managed identity."),
      value: "default",
    },
    { ...withIcon(vscode.l10n.t("$(key) Account key")), value: "sharedKey" },
    { ...withIcon(vscode.l10n.t("$(link) Shared access signature")), value: "sas" },
  ];
  const allowed = authsForLake(answers.lakeUrl);
  const lakeAuth = await askChoice(
    context,
    vscode.l10n.t("How do you sign in to the lake?"),
    ways.filter(({ value }) => allowed.includes(value)),
    answers.lakeAuth,
  );
  const cleared = { ...answers, lakeAuth, lakeAccountKey: "", lakeSas: "" };
  if (lakeAuth === "vscode") {
    // Now, because the engine later requests tokens in the background.
    const signedIn = withRecovery(context, () => signInWithMicrosoft(storageScope));
    return (await undefinedOnBack(signedIn.then(() => cleared))) ?? askLakeAuth(answers, context);
  }
  if (lakeAuth !== "sharedKey" && lakeAuth !== "sas") return cleared;
  const isKey = lakeAuth === "sharedKey";
  const secret = await undefinedOnBack(
    askText({
      ...context,
      value: isKey ? answers.lakeAccountKey : answers.lakeSas,
      password: true,
      prompt: isKey
        ? vscode.l10n.t("The account key; it is kept in VS Code's secret store")
        : vscode.l10n.t("The shared access signature; it is kept in VS Code's secret store"),
      validate: (text) => (text.trim() === "" ? vscode.l10n.t("A value is required.") : undefined),
    }),
  );
  if (secret === undefined) return askLakeAuth(answers, context);
  return { ...cleared, [isKey ? "lakeAccountKey" : "lakeSas"]: secret.trim() };
}
