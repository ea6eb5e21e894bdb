import { afterEach, expect, test, vi } from "vitest";
import { askAzureLake } from "../../src/ui/wizard/azureLakeSteps";
import { initialAnswers } from "../../src/ui/wizard/connectionAnswers";

interface Item {
  readonly label: string;
}

const { choices, scopes, picks } = vi.hoisted(() => ({
  /** The labels that the user chooses, wherever they are offered. */
  choices: new Set<string>(),
  scopes: new Set<string>(),
  /** The boxes that are open. */
  picks: new Set<{ hide(): void }>(),
}));

vi.mock("vscode", () => {
  class Event {
    listeners: ((value?: unknown) => void)[] = [];
    event = (listener: (value?: unknown) => void) => {
      this.listeners.push(listener);
      return { dispose: () => undefined };
    };
    fire = () => {
      for (const listener of this.listeners) listener();
    };
  }
  class Pick {
    items: readonly Item[] = [];
    selectedItems: readonly Item[] = [];
    private readonly accepted = new Event();
    private readonly hidden = new Event();
    onDidAccept = this.accepted.event;
    onDidHide = this.hidden.event;
    onDidTriggerButton = new Event().event;
    show() {
      picks.add(this);
      this.selectedItems = this.items.filter(({ label }) => choices.has(label));
      if (this.selectedItems.length > 0) queueMicrotask(this.accepted.fire);
    }
    hide() {
      if (picks.delete(this)) this.hidden.fire();
    }
    dispose() {
      this.hide();
    }
  }
  return {
    l10n: { t: (text: string) => text },
    env: { language: "en" },
    ThemeIcon: class {},
    QuickInputButtons: { Back: {} },
    workspace: { getConfiguration: () => ({ get: () => undefined }) },
    window: {
      createQuickPick: () => new Pick(),
      showErrorMessage: async (message: string) => Promise.reject(new Error(message)),
    },
    authentication: {
      // With several accounts, VS Code lets the user pick one, and remembers it; its list closes any other box.
      getSession: async (_provider: string, [scope]: readonly [string]) => {
        await new Promise((resolve) => setTimeout(resolve));
        if (!scopes.has(scope)) for (const pick of picks) pick.hide();
        scopes.add(scope);
        return { accessToken: "a token" };
      },
    },
  };
});

afterEach(() => vi.unstubAllGlobals());

test("VS Code's list of accounts does not close the wizard", async () => {
  const endpoints = { dfs: "https://districtlake.dfs.core.windows.net/" };
  const lake = { name: "districtlake", properties: { isHnsEnabled: true, primaryEndpoints: endpoints } };
  const lists = [[{ subscriptionId: "1", displayName: "District" }], [lake]];
  vi.stubGlobal("fetch", async () => Response.json({ value: lists.shift() }));
  for (const label of ["Pick from my subscriptions", "District", "districtlake"]) choices.add(label);
  choices.add("My Microsoft account in VS Code");
  const log = { error: () => undefined, show: () => undefined };
  const answers = await askAzureLake(initialAnswers, {
    title: "Connect",
    canGoBack: true,
    log,
    client: {} as never,
  });
  expect(answers).toMatchObject({ lakeUrl: "https://districtlake.dfs.core.windows.net", lakeAuth: "vscode" });
  expect([...scopes]).toEqual([
    "https://management.azure.com/.default",
    "https://storage.azure.com/.default",
  ]);
});
