// Replaces VS Code's own Microsoft account, which its bare server lacks. It requests tokens from the test's Azure, and
// like the real one it has a token for every scope after a sign-in, renewed silently when it expires.
// JavaScript: it is packed without a build.
const vscode = require("vscode");

const signInPage = process.env.CLEVER_LAKE_TEST_SIGN_IN;
const account = { id: "1", label: "data.engineer@district.example" };

class MicrosoftAccount {
  #changed = new vscode.EventEmitter();
  onDidChangeSessions = this.#changed.event;
  #signedIn = false;

  async getSessions(scopes) {
    return this.#signedIn ? [await session(scopes ?? [], "renew")] : [];
  }

  async createSession(scopes) {
    const made = await session(scopes, "signIn");
    this.#signedIn = true;
    this.#changed.fire({ added: [made], removed: [], changed: [] });
    return made;
  }

  async removeSession() {
    this.#signedIn = false;
    this.#changed.fire({ added: [], removed: [], changed: [] });
  }
}

async function session(scopes, how) {
  const answer = await fetch(`${signInPage}?${new URLSearchParams({ how, scope: scopes.join(" ") })}`);
  return { id: scopes.join(" "), accessToken: await answer.text(), account, scopes };
}

exports.activate = ({ subscriptions }) => {
  const provider = new MicrosoftAccount();
  subscriptions.push(
    vscode.authentication.registerAuthenticationProvider("microsoft", "Microsoft", provider, {
      supportsMultipleAccounts: false,
    }),
  );
};
