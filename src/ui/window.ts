import * as vscode from "vscode";
import { inert } from "./texts/untrustedText";

/**
 * VS Code's messages, lists and boxes. All their text passes through this module and becomes plain text. No other
 * file calls these functions of VS Code (enforced by `test/unit/untrustedText.test.ts`). Our own icons are added with
 * `withIcon`.
 */

type MessageChoice = string | vscode.MessageItem;

interface ShowMessage {
  <T extends MessageChoice>(message: string, ...choices: T[]): Thenable<T | undefined>;
  <T extends MessageChoice>(
    message: string,
    options: vscode.MessageOptions,
    ...choices: T[]
  ): Thenable<T | undefined>;
}

export const showInformationMessage: ShowMessage = messages("showInformationMessage");
export const showWarningMessage: ShowMessage = messages("showWarningMessage");
export const showErrorMessage: ShowMessage = messages("showErrorMessage");

/** The detail of a modal message stays as it is: VS Code shows it as plain text, and a salt must be shown exactly. */
function messages(kind: "showInformationMessage" | "showWarningMessage" | "showErrorMessage"): ShowMessage {
  return <T extends MessageChoice>(message: string, ...rest: (vscode.MessageOptions | T)[]) => {
    const show: (message: string, ...rest: never[]) => Thenable<T | undefined> = vscode.window[kind];
    return show(inert(message), ...(rest as never[]));
  };
}

/**
 * Shows progress, as a notification that can be cancelled or in the status bar; its reports are made plain text too.
 * @param work its signal aborts if the user cancels
 */
export function withProgress<T>(
  title: string,
  work: (
    progress: vscode.Progress<{ message?: string; increment?: number }>,
    signal: AbortSignal,
  ) => Thenable<T>,
  location = vscode.ProgressLocation.Notification,
): Thenable<T> {
  return vscode.window.withProgress({ location, title: inert(title), cancellable: true }, (progress, token) =>
    work({ report: (step) => progress.report(withInertTexts(step)) }, signalOf(token)),
  );
}

/** A signal that aborts when the token is cancelled. */
function signalOf(token: vscode.CancellationToken): AbortSignal {
  const abort = new AbortController();
  token.onCancellationRequested(() => abort.abort());
  if (token.isCancellationRequested) abort.abort();
  return abort.signal;
}

export function showQuickPick<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: vscode.QuickPickOptions & { readonly canPickMany: true },
): Promise<T[] | undefined>;
export function showQuickPick<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options?: vscode.QuickPickOptions,
): Promise<T | undefined>;
export async function showQuickPick<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: vscode.QuickPickOptions = {},
): Promise<T | T[] | undefined> {
  const shown = items.map(withInertTexts);
  const picked: T | T[] | undefined = await vscode.window.showQuickPick(shown, withInertTexts(options));
  // Callers get back the items they passed, not the displayed copies.
  const original = (item: T) => items[shown.indexOf(item)] ?? item;
  return Array.isArray(picked) ? picked.map(original) : picked && original(picked);
}

export function showInputBox(options: vscode.InputBoxOptions): Thenable<string | undefined> {
  const { validateInput } = options;
  const validated = validateInput && {
    validateInput: async (value: string) => inertFault(await validateInput(value)),
  };
  return vscode.window.showInputBox({ ...withInertTexts(options), ...validated });
}

export function createInputBox(): vscode.InputBox {
  return guarded(vscode.window.createInputBox());
}

export function createQuickPick<T extends vscode.QuickPickItem>(): vscode.QuickPick<T> {
  return guarded(vscode.window.createQuickPick<T>());
}

/** A label of our own that begins with an icon, such as `$(key) Password`; for literals in the code only. */
export function withIcon(label: string): { readonly label: string; readonly iconPath: vscode.ThemeIcon } {
  const [, icon = "blank", text = label] = /^\$\(([\w-]+)\) (.*)$/s.exec(label) ?? [];
  return { label: text, iconPath: new vscode.ThemeIcon(icon) };
}

/** Properties of messages, boxes and list items with text. Text that the user types is not among them. */
const textNames: ReadonlySet<PropertyKey> = new Set([
  "label",
  "description",
  "detail",
  "message",
  "title",
  "prompt",
  "placeholder",
  "placeHolder",
]);

function withInertTexts<T extends object>(object: T): T {
  const copy = { ...object };
  for (const [name, value] of Object.entries(object)) {
    if (typeof value === "string" && textNames.has(name)) Object.assign(copy, { [name]: inert(value) });
  }
  return copy;
}

/** A validation message for typed text; null and undefined if it is valid. */
function inertFault<T extends string | object | null | undefined>(fault: T): T | string {
  if (typeof fault === "string") return inert(fault);
  return typeof fault === "object" && fault !== null ? withInertTexts(fault) : fault;
}

/** A VS Code input box or list that displays all its text as plain text. */
function guarded<B extends vscode.QuickInput>(box: B): B {
  const shown = new WeakMap<object, object>();
  const asShown = (item: object) => {
    const known = shown.get(item) ?? withInertTexts(item);
    shown.set(item, known);
    return known;
  };
  return new Proxy(box, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set: (target, name, value: unknown) => {
      if (name === "items" || name === "activeItems" || name === "selectedItems") {
        return Reflect.set(target, name, (value as readonly object[]).map(asShown));
      }
      if (name === "validationMessage")
        return Reflect.set(target, name, inertFault(value as string | object));
      const isText = typeof value === "string" && textNames.has(name);
      return Reflect.set(target, name, isText ? inert(value) : value);
    },
  });
}
