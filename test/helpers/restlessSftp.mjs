// OpenSSH's sftp-server with a file that keeps changing: before each message of the client reaches the server, the file
// that NOTE names grows by a byte. So a client that looks twice always sees a change, however slow the machine.
// JavaScript: sshd starts it for each connection, outside the project's folder.
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";

const [note] = process.argv.slice(2);
const places = ["/usr/lib/openssh/sftp-server", "/usr/lib/ssh/sftp-server", "/usr/libexec/sftp-server"];
const server = spawn(places.find((place) => existsSync(place)) ?? "sftp-server", {
  stdio: ["pipe", "inherit", "inherit"],
});
process.stdin.on("data", (message) => {
  if (existsSync(note)) appendFileSync(readFileSync(note, "utf8"), "x");
  server.stdin.write(message);
});
process.stdin.on("end", () => server.stdin.end());
server.stdin.on("error", () => undefined);
server.on("exit", (code) => process.exit(code ?? 1));
