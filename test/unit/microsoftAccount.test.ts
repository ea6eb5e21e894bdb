import { beforeEach, expect, test, vi } from "vitest";
import { microsoftToken } from "../../src/ui/wizard/microsoftAccount";

const { sessions, signIns, provider } = vi.hoisted(() => ({
  /** The tokens that VS Code returns without a prompt, one after the other; the last one from then on. */
  sessions: [] as string[],
  signIns: { count: 0 },
  /** Whether this VS Code has Microsoft accounts. */
  provider: { exists: true },
}));

vi.mock("vscode", () => ({
  authentication: {
    getSession: (_provider: string, _scopes: unknown, options: { readonly forceNewSession?: unknown }) => {
      if (!provider.exists) return Promise.reject(new Error("Timed out waiting for the provider."));
      if (options.forceNewSession) {
        signIns.count++;
        return Promise.resolve({ accessToken: "signed in again" });
      }
      const accessToken = sessions.length > 1 ? sessions.shift() : sessions[0];
      return Promise.resolve(accessToken === undefined ? undefined : { accessToken });
    },
  },
  l10n: { t: (text: string) => text },
}));

beforeEach(() => {
  sessions.length = 0;
  signIns.count = 0;
  provider.exists = true;
});

const tokenFor = (refused: string | null) => microsoftToken({ scope: "a scope", refused });

test("a token that a service rejected is replaced without a prompt if VS Code already has another", async () => {
  sessions.push("old", "new");
  expect(await tokenFor("old")).toMatchObject({ token: "new" });
  expect(signIns.count).toBe(0);
});

test("the user is asked to sign in again if VS Code only has the rejected token", async () => {
  sessions.push("old");
  expect(await tokenFor("old")).toMatchObject({ token: "signed in again" });
  expect(signIns.count).toBe(1);
});

test("without a session the request fails, without a prompt", async () => {
  await expect(tokenFor(null)).rejects.toMatchObject({ code: "auth" });
  expect(signIns.count).toBe(0);
});

test("in a VS Code without Microsoft accounts, the request fails in the same way", async () => {
  provider.exists = false;
  await expect(tokenFor(null)).rejects.toMatchObject({ code: "auth" });
});
