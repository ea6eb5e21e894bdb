import {
  type InputBoxOptions,
  type MessageItem,
  type MessageOptions,
  type QuickPickItem,
  type Uri,
  window,
} from "vscode";

/** A message as the user sees it. */
export interface ShownMessage {
  readonly kind: "information" | "warning" | "error";
  readonly message: string;
  readonly modal: boolean;
  readonly detail: string;
  readonly choices: readonly string[];
}

type Shown = (message: string, ...rest: unknown[]) => Thenable<string | MessageItem | undefined>;
type Picks = (items: readonly QuickPickItem[]) => QuickPickItem | readonly QuickPickItem[] | undefined;

/**
 * Simulates the user, since VS Code refuses dialogs while it runs tests: records every message and answers it. A message
 * without a prepared answer is cancelled: closed without a choice.
 */
export class Person {
  readonly shown: ShownMessage[] = [];
  /** The input boxes, oldest first. */
  readonly boxes: InputBoxOptions[] = [];
  private readonly answers: { readonly words: RegExp; readonly choice: string }[] = [];
  private picks: Picks = () => undefined;
  private text: string | undefined;
  private file: Uri | undefined;
  private folder: Uri | undefined;
  private readonly original = {
    information: window.showInformationMessage,
    warning: window.showWarningMessage,
    error: window.showErrorMessage,
    pick: window.showQuickPick,
    input: window.showInputBox,
    save: window.showSaveDialog,
    open: window.showOpenDialog,
  };

  constructor() {
    Object.assign(window, {
      showInformationMessage: this.reads("information"),
      showWarningMessage: this.reads("warning"),
      showErrorMessage: this.reads("error"),
      showQuickPick: async (items: readonly QuickPickItem[] | Thenable<readonly QuickPickItem[]>) =>
        this.picks(await items),
      showInputBox: (box: InputBoxOptions) => {
        this.boxes.push(box);
        return Promise.resolve(this.text);
      },
      showSaveDialog: () => Promise.resolve(this.file),
      showOpenDialog: () => Promise.resolve(this.folder && [this.folder]),
    });
  }

  /** Chooses, in the next message with these words, the button of that name. */
  answer(words: RegExp, choice: string): this {
    this.answers.push({ words, choice });
    return this;
  }

  /** Picks in every list from now on. */
  pick(picks: Picks): this {
    this.picks = picks;
    return this;
  }

  /** Types in every input box from now on; undefined cancels it. */
  type(text: string | undefined): this {
    this.text = text;
    return this;
  }

  /** Saves to this file in every dialog from now on; undefined cancels it. */
  saveTo(file: Uri | undefined): this {
    this.file = file;
    return this;
  }

  /** Opens this file or folder in every dialog from now on; undefined cancels it. */
  openFrom(place: Uri | undefined): this {
    this.folder = place;
    return this;
  }

  /** The messages with these words. */
  saw(words: RegExp): ShownMessage[] {
    return this.shown.filter(({ message, detail }) => words.test(message) || words.test(detail));
  }

  /** Restores VS Code's own messages. */
  leave(): void {
    const { information, warning, error, pick, input, save, open } = this.original;
    Object.assign(window, {
      showInformationMessage: information,
      showWarningMessage: warning,
      showErrorMessage: error,
      showQuickPick: pick,
      showInputBox: input,
      showSaveDialog: save,
      showOpenDialog: open,
    });
  }

  private reads(kind: ShownMessage["kind"]): Shown {
    return (message, ...rest) => {
      const [first, ...others] = rest;
      const options = isOptions(first) ? first : {};
      const offered = (isOptions(first) ? others : rest).filter(isChoice);
      const choices = offered.map(titleOf);
      this.shown.push({
        kind,
        message,
        choices,
        modal: options.modal ?? false,
        detail: options.detail ?? "",
      });
      const answer = this.answers.findIndex(
        ({ words, choice }) => words.test(message) && choices.includes(choice),
      );
      const choice = answer < 0 ? undefined : this.answers.splice(answer, 1)[0]?.choice;
      return Promise.resolve(offered.find((each) => titleOf(each) === choice));
    };
  }
}

function isOptions(value: unknown): value is MessageOptions {
  return typeof value === "object" && value !== null && !("title" in value);
}

function isChoice(value: unknown): value is string | MessageItem {
  return typeof value === "string" || (typeof value === "object" && value !== null && "title" in value);
}

function titleOf(choice: string | MessageItem): string {
  return typeof choice === "string" ? choice : choice.title;
}
