// Runs wasm-opt several times in one process, so that it is compiled but once.
//
// node wasm_opt.cjs WASM_OPT: each line of the standard input is a JSON list of arguments for one run.  Prints a line for
// each run: its exit status.
"use strict";
const fs = require("fs");
const [, , tool] = process.argv;
const source = fs.readFileSync(tool, "utf8").replace(/^#!.*/, "");
const main = new Function("module", "require", "__dirname", "__filename", source);
const runs = fs.readFileSync(0, "utf8").trim().split("\n").map((line) => JSON.parse(line));

const { compile, instantiate } = WebAssembly;
let compiled, running;
WebAssembly.instantiate = (binary, imports) => {
  running = (async () => {
    compiled ??= await compile(binary);
    return { instance: await instantiate(compiled, imports) };
  })();
  return running;
};

(async () => {
  for (const run of runs) {
    process.argv = [process.argv[0], tool, ...run];
    process.exitCode = 0;
    main({}, require, __dirname, tool);
    await running;
    // What follows, the run itself, is done in promises of its own.
    await new Promise(setImmediate);
    fs.writeSync(1, `${process.exitCode}\n`);
  }
  process.exitCode = 0;
})();
process.on("unhandledRejection", () => {});
