// Asks yaml-language-server what an editor would ask. No editor, no network.
//
//   node ask.mjs FILE < questions.json > answers.json
//
// The questions are [{"ask": "completion" | "hover", "line": 0, "character": 0}] on FILE, whose schema is
// named by its first line. The answers come in the same order, after the diagnostics:
// {"diagnostics": [...], "answers": [...]}.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const rpc = require("vscode-jsonrpc/node");

const file = resolve(process.argv[2]);
const uri = pathToFileURL(file).href;
const questions = JSON.parse(readFileSync(0, "utf8"));
const home = dirname(require.resolve("yaml-language-server/package.json"));
const server = spawn(process.execPath, [resolve(home, "bin/yaml-language-server"), "--stdio"]);
const connection = rpc.createMessageConnection(
  new rpc.StreamMessageReader(server.stdout),
  new rpc.StreamMessageWriter(server.stdin),
);

// The catalogue of schemas on the web is never asked for.
const settings = {
  yaml: { schemaStore: { enable: false }, completion: true, hover: true, validate: true },
  http: {},
};
connection.onRequest("workspace/configuration", ({ items }) =>
  items.map(({ section }) => settings[section] ?? null),
);
connection.onRequest("client/registerCapability", () => null);
connection.onRequest("custom/schema/request", () => null);
const diagnosed = new Promise((found) =>
  connection.onNotification("textDocument/publishDiagnostics", (report) => {
    if (report.uri === uri) found(report.diagnostics);
  }),
);
connection.listen();

await connection.sendRequest("initialize", {
  processId: process.pid,
  rootUri: null,
  capabilities: {
    textDocument: {
      completion: { completionItem: { documentationFormat: ["markdown"] } },
      hover: { contentFormat: ["markdown"] },
      publishDiagnostics: {},
    },
    workspace: { configuration: true, didChangeConfiguration: {} },
  },
});
await connection.sendNotification("initialized", {});
await connection.sendNotification("workspace/didChangeConfiguration", { settings });
await connection.sendNotification("textDocument/didOpen", {
  textDocument: { uri, languageId: "yaml", version: 1, text: readFileSync(file, "utf8") },
});
const diagnostics = await diagnosed;
const answers = [];
for (const { ask, line, character } of questions) {
  const at = { textDocument: { uri }, position: { line, character } };
  answers.push(await connection.sendRequest(`textDocument/${ask}`, at));
}
process.stdout.write(JSON.stringify({ diagnostics, answers }));
connection.dispose();
server.kill();
