import * as vscode from "vscode";
import { newSalt } from "../../basics/newSalt";
import { saltKeyVaultFault } from "../../config";
import * as engine from "../../engine/messages/protocol";
import { withIcon } from "../window";
import { type ConnectionAnswers, connectedWith } from "./connectionAnswers";
import { askSaltText, checkSalt } from "./saltBox";
import { askChoice, askText, type Choice, type StepContext, showBusy, undefinedOnBack } from "./wizard";

/** The wizard's question for the salt. Each answer is compared with the lake's salt at once. */
export async function askSalt(answers: ConnectionAnswers, context: StepContext): Promise<ConnectionAnswers> {
  const { client } = context;
  const reading = vscode.l10n.t("Reading the lake …");
  // Any salt reveals whether the lake has one. If the lake cannot be used, the user can go back to its step.
  const any = connectedWith(withSalt(answers, answers.salt || "?"));
  const { salt: state } = await showBusy(context, reading, (signal) =>
    client.request(engine.testLake, any, { signal }),
  );
  const picked = await askWhichSalt(answers, context, state !== "unclaimed");
  const answer = async (): Promise<ConnectionAnswers> => {
    switch (picked) {
      case "keep": {
        const next = { ...answers, saltKeyVaultUrl: "" };
        await showBusy(context, reading, (signal) => checkSalt(client, connectedWith(next), signal));
        return next;
      }
      case "generate":
        return { ...withSalt(answers, newSalt()), saltIsNew: true };
      case "vault":
        return askKeyVault(answers, context);
      case "paste":
        return pasteSalt(answers, context);
    }
  };
  return (await undefinedOnBack(answer())) ?? askSalt(answers, context);
}

type SaltChoice = "generate" | "paste" | "keep" | "vault";

function askWhichSalt(
  answers: ConnectionAnswers,
  context: StepContext,
  claimed: boolean,
): Promise<SaltChoice> {
  const { lakeUrl, salt, saltIsNew, saltLake } = answers;
  const generate: Choice<SaltChoice> = {
    ...withIcon(vscode.l10n.t("$(sparkle) Generate a new salt")),
    detail: vscode.l10n.t("For a new lake. You copy or save it before the connection is created."),
    value: "generate",
  };
  const paste: Choice<SaltChoice> = {
    ...withIcon(vscode.l10n.t("$(clippy) Paste the district's salt")),
    detail: vscode.l10n.t(
      "The one that your other OEA modules use, so that pseudonyms match, or the one that this lake was made with.",
    ),
    value: "paste",
  };
  const vault: Choice<SaltChoice> = {
    ...withIcon(vscode.l10n.t("$(azure) Read it from a key vault")),
    detail: vscode.l10n.t("As OEA keeps it, under the name oeaSalt; it is read again for each run."),
    value: "vault",
  };
  const keep: Choice<SaltChoice> = {
    ...withIcon(
      saltIsNew ? vscode.l10n.t("$(check) Use the new salt") : vscode.l10n.t("$(check) Keep the stored salt"),
    ),
    ...(saltLake && saltLake !== lakeUrl.replace(/\/+$/, "")
      ? { detail: vscode.l10n.t("It was entered for another lake: {0}", saltLake) }
      : {}),
    value: "keep",
  };
  const prompt = claimed
    ? vscode.l10n.t("This lake already has a salt. Enter the same one.")
    : vscode.l10n.t("Pseudonyms are computed with a salt, one per lake.");
  const choices = [...(salt ? [keep] : []), ...(claimed ? [] : [generate]), paste, vault];
  return askChoice(context, prompt, choices, answers.saltKeyVaultUrl ? "vault" : undefined);
}

async function pasteSalt(answers: ConnectionAnswers, context: StepContext): Promise<ConnectionAnswers> {
  const prompt = vscode.l10n.t("The salt; it is kept in VS Code's secret store");
  const pasted = (salt: string) => withSalt(answers, salt);
  return pasted(await askSaltText(context, prompt, (salt) => connectedWith(pasted(salt))));
}

async function askKeyVault(answers: ConnectionAnswers, context: StepContext): Promise<ConnectionAnswers> {
  const inVault = (url: string) => ({ ...withSalt(answers, ""), saltKeyVaultUrl: url.trim() });
  const url = await askText({
    ...context,
    value: answers.saltKeyVaultUrl,
    placeholder: "https://NAME.vault.azure.net",
    prompt: vscode.l10n.t("The key vault's address; it is read with the same sign-in as the lake"),
    validate: (text) => saltKeyVaultFault(text.trim()),
    attempt: (text, signal) => checkSalt(context.client, connectedWith(inVault(text)), signal),
  });
  return inVault(url);
}

function withSalt(answers: ConnectionAnswers, salt: string): ConnectionAnswers {
  return { ...answers, salt, saltIsNew: false, saltLake: "", saltKeyVaultUrl: "" };
}
