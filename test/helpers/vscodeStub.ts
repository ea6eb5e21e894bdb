/**
 * A stub of the module `vscode` for unit tests, which run outside of VS Code: values, and a window that records what it
 * should show. Tests inside VS Code are in `test/host`.
 */

/** Every call of `window`. */
export const calls: { readonly name: string; readonly parameters: readonly unknown[] }[] = [];

/** Cancels the work of each progress notification. */
export const cancellations: (() => void)[] = [];

/** The answers to the next messages, lists and boxes; a function gets the first parameter. */
export const answers: unknown[] = [];

const noted =
  (name: string) =>
  (...parameters: unknown[]) => {
    calls.push({ name, parameters });
    const answer = answers.shift();
    return Promise.resolve(typeof answer === "function" ? answer(parameters[0]) : answer);
  };

/** The settings by their full names. */
export const settings: Record<string, unknown> = {};

/** The error of every attempt to write a setting, or only those with the name. */
export const unwritable: { error: Error | undefined; name?: string | undefined } = { error: undefined };

export const workspace = {
  isTrusted: true,
  workspaceFolders: undefined as readonly { readonly uri: { readonly scheme: string } }[] | undefined,
  getConfiguration: (section: string) => ({
    get: (key: string) => settings[`${section}.${key}`],
    inspect: (key: string) => ({ globalValue: settings[`${section}.${key}`], defaultValue: undefined }),
    update: async (key: string, value: unknown) => {
      const name = `${section}.${key}`;
      if (unwritable.error && (unwritable.name ?? name) === name) throw unwritable.error;
      settings[name] = value;
      settingChanged(name);
    },
  }),
  onDidChangeConfiguration: (listener: ConfigurationListener) => {
    configurationListeners.add(listener);
    return new Disposable(() => configurationListeners.delete(listener));
  },
  onDidGrantWorkspaceTrust: () => new Disposable(() => undefined),
};

type ConfigurationListener = (event: { affectsConfiguration(name: string): boolean }) => void;

const configurationListeners = new Set<ConfigurationListener>();

/** Tells that a setting was changed in another way than by the extension. */
export function settingChanged(setting: string): void {
  const affectsConfiguration = (name: string) => setting === name || setting.startsWith(`${name}.`);
  for (const listener of [...configurationListeners]) listener({ affectsConfiguration });
}

export const commands = { executeCommand: () => Promise.resolve() };

class Box {
  label = "";
  dispose() {}
}

export const window = {
  showInformationMessage: noted("showInformationMessage"),
  showWarningMessage: noted("showWarningMessage"),
  showErrorMessage: noted("showErrorMessage"),
  showQuickPick: noted("showQuickPick"),
  showInputBox: noted("showInputBox"),
  showOpenDialog: noted("showOpenDialog"),
  createInputBox: () => {
    const box = new Box();
    calls.push({ name: "createInputBox", parameters: [box] });
    return box;
  },
  createQuickPick: () => {
    const box = new Box();
    calls.push({ name: "createQuickPick", parameters: [box] });
    return box;
  },
  withProgress: (options: unknown, work: (progress: unknown, token: unknown) => unknown) => {
    calls.push({ name: "withProgress", parameters: [options] });
    const report = (step: unknown) => calls.push({ name: "report", parameters: [step] });
    const onCancellationRequested = (listener: () => void) => {
      cancellations.push(listener);
      return { dispose: () => undefined };
    };
    return work({ report }, { onCancellationRequested });
  },
  createStatusBarItem: () => new StatusBarItem(),
  state: { focused: true },
  onDidChangeWindowState: (listener: (state: { focused: boolean }) => void) => {
    const listening = new Disposable(() => windowStates.delete(listener));
    windowStates.add(listener);
    return listening;
  },
};

const windowStates = new Set<(state: { focused: boolean }) => void>();

/** Gives the window the focus, or takes it. */
export function setFocus(focused: boolean): void {
  window.state.focused = focused;
  for (const listener of [...windowStates]) listener({ focused });
}

export class StatusBarItem {
  text = "";
  tooltip: unknown;
  command: unknown;
  backgroundColor: unknown;
  accessibilityInformation: unknown;
  visible = false;
  show() {
    this.visible = true;
  }
  hide() {
    this.visible = false;
  }
  dispose() {
    this.visible = false;
  }
}

export const l10n = {
  t: (text: string, ...values: readonly unknown[]) =>
    text.replace(/\{(\d)\}/g, (placeholder, index) => String(values[Number(index)] ?? placeholder)),
};

export const env = {
  language: "en",
  remoteName: undefined as string | undefined,
  clipboard: { writeText: noted("writeText") },
};

export const Uri = { file: (path: string) => ({ scheme: "file", path, fsPath: path }) };

export class ThemeColor {
  constructor(readonly id: string) {}
}

export class ThemeIcon {
  constructor(
    readonly id: string,
    readonly color?: ThemeColor,
  ) {}
}

export class MarkdownString {
  isTrusted = false;
  supportHtml = false;
  supportThemeIcons = false;
  constructor(readonly value: string) {}
}

export class TreeItem {
  constructor(
    readonly label: string,
    readonly collapsibleState = 0,
  ) {}
}

export class Disposable {
  constructor(readonly dispose: () => void) {}
}

export class EventEmitter<T> {
  private readonly listeners = new Set<(event: T) => void>();
  readonly event = (listener: (event: T) => void) => {
    this.listeners.add(listener);
    return new Disposable(() => this.listeners.delete(listener));
  };
  fire(event: T) {
    for (const listener of [...this.listeners]) listener(event);
  }
  dispose() {
    this.listeners.clear();
  }
}

export class CancellationError extends Error {}

export const ConfigurationTarget = { Global: 1 };
export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 };
export const ProgressLocation = { Window: 10, Notification: 15 };
export const StatusBarAlignment = { Left: 1, Right: 2 };
export const QuickPickItemKind = { Separator: -1, Default: 0 };
