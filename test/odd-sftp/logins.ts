import type { AuthContext } from "ssh2";
import type { Quirks } from "./quirks";

export const oddAccount = { username: "district", password: "s3cret-password" } as const;

/** The response to a login; `undefined` leaves it unanswered. */
type Answer = "accept" | "refuse" | "hangUp" | undefined;

/** Decides about logins, and records what clients tried. */
export class Logins {
  /** The methods that clients tried, in order, over all connections. */
  readonly tried: string[] = [];
  /** The passwords that were sent, by any method. */
  readonly passwords: string[] = [];

  constructor(private readonly quirks: Quirks) {}

  /** @param full whether the server has as many sessions as it allows */
  answer(context: AuthContext, full: boolean, hangUp: () => void): void {
    const { quirks } = this;
    this.tried.push(context.method);
    const methods = quirks.methods ?? (quirks.prompt ? ["keyboard-interactive"] : ["password"]);
    // The library's types only allow the method names that it knows.
    const refuse = (left: readonly string[], partial: boolean) =>
      context.reject(left as Parameters<AuthContext["reject"]>[0], partial);
    const decide = (answer: Answer) => {
      if (answer === "hangUp") hangUp();
      else if (answer === "refuse") refuse(methods, false);
      else if (answer === "accept" && quirks.secondFactor) refuse(quirks.secondFactor, true);
      else if (answer === "accept") context.accept();
    };
    const tooMany = full && quirks.tooManySessions !== "noChannel" ? quirks.tooManySessions : undefined;
    if (context.method === "password" && methods.includes("password")) {
      const right = this.judge(context.password);
      if (right === "accept" && quirks.passwordExpired) context.requestChange("Change it:", () => undefined);
      else decide(tooMany ?? right);
    } else if (context.method === "keyboard-interactive" && methods.includes("keyboard-interactive")) {
      const { text, echo } = quirks.prompt ?? { text: "Password:", echo: false };
      context.prompt({ prompt: text, echo }, (answers) => {
        const [answer] = answers;
        const verdict = answer === undefined ? "refuse" : (tooMany ?? this.judge(answer));
        if (quirks.asksAgain === undefined || answer === undefined) return decide(verdict);
        const again = quirks.asksAgain === "same" ? text : "Verification code:";
        context.prompt({ prompt: again, echo }, ([second]) => {
          if (second !== undefined) this.passwords.push(second);
          decide("refuse");
        });
      });
    } else {
      decide("refuse");
    }
  }

  private judge(password: string): Answer {
    this.passwords.push(password);
    if (password === oddAccount.password) return "accept";
    const { wrongPassword } = this.quirks;
    return wrongPassword === "silence" ? undefined : (wrongPassword ?? "refuse");
  }
}
