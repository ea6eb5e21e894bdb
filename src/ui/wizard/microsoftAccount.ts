import * as vscode from "vscode";
import { CleverLakeError } from "../../basics/errors";
import { claimsOf } from "../../basics/json";
import type { TokenAnswer, TokenParams } from "../../engine/messages/messages";

const provider = "microsoft";
/** How long a token without a readable expiry is kept. */
const assumedMilliseconds = 10 * 60_000;

/**
 * A token of VS Code's Microsoft account for the engine. Without a session, VS Code marks its accounts menu and the
 * request fails, because a background run must not open a dialog. If a service rejected a token, the user is asked to
 * sign in again.
 */
export async function microsoftToken({ scope, refused }: TokenParams): Promise<TokenAnswer> {
  const current = () => sessionFor(scope, { createIfNone: false });
  let known = await current();
  // VS Code answers concurrent requests with one session, which may be from before the rejection.
  if (known && known.accessToken === refused) known = await current();
  if (known && known.accessToken !== refused) return answerOf(known);
  const session =
    known &&
    (await sessionFor(scope, {
      forceNewSession: { detail: vscode.l10n.t("The sign-in to the data lake has expired.") },
    }));
  if (session) return answerOf(session);
  throw new CleverLakeError(
    "auth",
    vscode.l10n.t("Nobody is signed in to Azure with a Microsoft account in VS Code."),
    { hint: vscode.l10n.t("Sign in with the accounts menu at the lower left, then try again.") },
  );
}

/**
 * Signs the user in if necessary; rejects with `auth` if they do not sign in. No box of ours may be open: VS Code's list
 * of accounts would close it.
 */
export async function signInWithMicrosoft(scope: string): Promise<string> {
  const session = await sessionFor(scope, { createIfNone: true });
  if (session) return session.accessToken;
  throw new CleverLakeError("auth", vscode.l10n.t("Nobody signed in with a Microsoft account."));
}

/** Undefined if there is none: the user cancelled, or VS Code has no such provider. */
async function sessionFor(
  scope: string,
  options: vscode.AuthenticationGetSessionOptions,
): Promise<vscode.AuthenticationSession | undefined> {
  try {
    return await vscode.authentication.getSession(provider, [scope], options);
  } catch {
    return undefined;
  }
}

function answerOf({ accessToken: token }: vscode.AuthenticationSession): TokenAnswer {
  const { exp } = claimsOf(token);
  return { token, expires: typeof exp === "number" ? exp * 1000 : Date.now() + assumedMilliseconds };
}
