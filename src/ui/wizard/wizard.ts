import * as vscode from "vscode";
import { describeError, partsOfError, undefinedIf } from "../../basics/errors";
import type { EngineClient } from "../../engine/client/client";
import { createInputBox, createQuickPick, showErrorMessage } from "../window";

/** Thrown by a step when the user goes one step back. */
class Back extends Error {}
/** Thrown by a step when the user leaves. */
class LeftWizard extends Error {}

/** The log for a wizard's failures, which the user can open. */
export type Log = Pick<vscode.LogOutputChannel, "error" | "show">;

/** A step's position in its wizard. */
export interface StepContext {
  readonly title: string;
  /** Omitted for a standalone question. */
  readonly step?: number;
  readonly of?: number;
  readonly canGoBack: boolean;
  readonly log: Log;
  /** Checks answers. */
  readonly client: EngineClient;
}

export interface TextStep extends StepContext {
  readonly prompt: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly password?: boolean;
  /** What is wrong with a text; undefined if it is valid. Called at each key press. */
  readonly validate?: (text: string) => string | undefined | Promise<string | undefined>;
  /** Tries a confirmed text; rejects with the failure, which is then shown below the text. */
  readonly attempt?: (text: string, signal: AbortSignal) => Promise<unknown>;
}

export interface Choice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

/** Asks for a text. An invalid text cannot be confirmed, nor one whose attempt fails. */
export function askText(step: TextStep): Promise<string> {
  const abort = new AbortController();
  const answer = ask<vscode.InputBox, string>(createInputBox(), step, (box, resolve) => {
    box.prompt = step.prompt;
    box.value = step.value;
    box.password = step.password ?? false;
    if (step.placeholder) box.placeholder = step.placeholder;
    // The text may be corrected while it is checked or tried. What is found then is not about the new text, for which
    // the box stays open.
    const isCurrent = (text: string) => box.value === text;
    const check = async (text: string) => {
      const fault = await step.validate?.(text);
      if (isCurrent(text)) box.validationMessage = fault;
      return fault === undefined;
    };
    const accept = async (text: string) => {
      if (!(await check(text))) return;
      try {
        await step.attempt?.(text, abort.signal);
        if (isCurrent(text)) resolve(text);
      } catch (error) {
        if (abort.signal.aborted) return;
        const reason = describeError(error);
        step.log.error(reason);
        if (!isCurrent(text)) return;
        box.validationMessage = reason;
        box.buttons = [
          ...backButton(step),
          { iconPath: new vscode.ThemeIcon("output"), tooltip: vscode.l10n.t("Show Log") },
        ];
      }
    };
    return [
      box.onDidChangeValue((text) => void check(text)),
      box.onDidAccept(async () => {
        if (box.busy) return;
        box.busy = true;
        try {
          await accept(box.value);
        } finally {
          box.busy = false;
        }
      }),
    ];
  });
  return answer.finally(() => abort.abort());
}

function backButton({ canGoBack }: StepContext): vscode.QuickInputButton[] {
  return canGoBack ? [vscode.QuickInputButtons.Back] : [];
}

/**
 * Shows a busy box during work; going back or leaving cancels the work. If it fails, the user decides how to continue.
 */
export function showBusy<T>(
  step: StepContext,
  placeholder: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withRecovery(step, () => {
    const abort = new AbortController();
    const answer = ask<vscode.QuickPick<vscode.QuickPickItem>, T>(
      createQuickPick(),
      step,
      (box, resolve, reject) => {
        box.placeholder = placeholder;
        box.busy = true;
        work(abort.signal).then(resolve, reject);
        return [];
      },
    );
    return answer.finally(() => abort.abort());
  });
}

/** Whether an error means that the user goes back or leaves. Only the wizard itself may handle such errors. */
function isNavigation(error: unknown): boolean {
  return error instanceof Back || error instanceof LeftWizard;
}

/** A question within a step: undefined if the user goes back to the previous question. */
export function undefinedOnBack<T>(answer: Promise<T>): Promise<T | undefined> {
  return undefinedIf((error) => error instanceof Back, answer);
}

/** The user's choice after a failure. */
export type Recovery = "again" | "back" | "leave";

/** Shows the complete error first, and asks how to continue. */
export async function askRecovery(error: unknown, log: Log): Promise<Recovery> {
  log.error(describeError(error));
  const again: vscode.MessageItem = { title: vscode.l10n.t("Try Again") };
  const show: vscode.MessageItem = { title: vscode.l10n.t("Show Log") };
  const back: vscode.MessageItem = { title: vscode.l10n.t("Go Back"), isCloseAffordance: true };
  const { what, hint } = partsOfError(error);
  const answer = await showErrorMessage(
    what,
    { modal: true, ...(hint === undefined ? {} : { detail: hint }) },
    again,
    back,
    show,
  );
  if (answer === again) return "again";
  if (answer !== show) return "back";
  log.show();
  return "leave";
}

/** Runs work that may fail. After a failure, the user tries again, goes back or leaves. */
export async function withRecovery<T>(context: StepContext, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (isNavigation(error)) throw error;
      const way = await askRecovery(error, context.log);
      if (way === "back") throw new Back();
      if (way === "leave") throw new LeftWizard();
    }
  }
}

/** A standalone question: undefined if the user leaves it. */
export function undefinedOnLeave<T>(answer: Promise<T>): Promise<T | undefined> {
  return undefinedIf(isNavigation, answer);
}

/** Asks for one of several choices. */
export function askChoice<T>(
  step: StepContext,
  placeholder: string,
  choices: readonly Choice<T>[],
  active?: T,
): Promise<T> {
  return ask(createQuickPick<Choice<T>>(), step, (box, resolve) => {
    box.placeholder = placeholder;
    box.items = choices;
    box.matchOnDescription = true;
    const chosen = choices.find(({ value }) => value === active);
    if (chosen) box.activeItems = [chosen];
    return [
      box.onDidAccept(() => {
        const [item] = box.selectedItems;
        if (item) resolve(item.value);
      }),
    ];
  });
}

function ask<B extends vscode.QuickInput & QuickInputButtons, T>(
  box: B,
  context: StepContext,
  open: (box: B, resolve: (value: T) => void, reject: (reason: unknown) => void) => vscode.Disposable[],
): Promise<T> {
  const disposables: vscode.Disposable[] = [box];
  const answer = new Promise<T>((resolve, reject) => {
    box.title = context.title;
    box.step = context.step;
    box.totalSteps = context.of;
    box.ignoreFocusOut = true;
    box.buttons = backButton(context);
    disposables.push(
      ...open(box, resolve, reject),
      box.onDidTriggerButton((button) => {
        if (button === vscode.QuickInputButtons.Back) reject(new Back());
        else context.log.show();
      }),
      box.onDidHide(() => reject(new LeftWizard())),
    );
    box.show();
  });
  return answer.finally(() => {
    for (const part of disposables.reverse()) part.dispose();
  });
}

interface QuickInputButtons {
  buttons: readonly vscode.QuickInputButton[];
  readonly onDidTriggerButton: vscode.Event<vscode.QuickInputButton>;
}

/** A step changes the wizard's state; undefined if it has nothing to ask. */
export type Step<S> = (state: S, context: StepContext) => Promise<S | undefined>;

/** How a walk ended. */
export interface WalkResult<S> {
  /** All answers, even if the user left. */
  readonly state: S;
  readonly done: boolean;
}

/**
 * Walks through steps, back and forth; each step keeps its previous answer.
 * @param from the first step; the earlier ones count as answered
 */
export async function walk<S>(
  title: string,
  first: S,
  steps: readonly Step<S>[],
  { log, client, from }: Pick<StepContext, "log" | "client"> & { readonly from: number },
): Promise<WalkResult<S>> {
  let state = first;
  let index = from;
  let goingBack = false;
  /** The steps to go back to. */
  const previous = Array.from({ length: from }, (_, step) => step);
  for (let step = steps[index]; step !== undefined; step = steps[index]) {
    try {
      const context = {
        title,
        step: index + 1,
        of: steps.length,
        canGoBack: previous.length > 0,
        log,
        client,
      };
      const next = await step(state, context);
      if (next === undefined && goingBack && previous.length > 0) {
        index = previous.pop() ?? 0;
        continue;
      }
      goingBack = false;
      if (next !== undefined) previous.push(index);
      // Answers to later steps are kept as suggestions.
      state = next ?? state;
      index++;
    } catch (error) {
      if (error instanceof LeftWizard) return { state, done: false };
      if (!(error instanceof Back)) throw error;
      goingBack = true;
      index = previous.pop() ?? 0;
    }
  }
  return { state, done: true };
}
