// Runs exports of a program of several threads, each thread in a worker: node threads.cjs FILE '[["export", 1, 2], ...]'.
// The last export gives the address of a text. Prints the results of the others, and the text.
const fs = require("fs");
const {Worker, isMainThread, workerData} = require("worker_threads");

function start(data) {
    new Worker(__filename, {workerData: data});
}

function enter(shared, name, args) {
    const spawn = argument => {
        const number = Atomics.add(new Int32Array(shared.numbers), 0, 1) + 1;
        start({shared, name: "wasi_thread_start", args: [number, argument]});
        return number;
    };
    const imports = {env: {memory: shared.memory}, wasi: {"thread-spawn": spawn}};
    return new WebAssembly.Instance(shared.module, imports).exports[name](...args);
}

function run(file, calls) {
    const module = new WebAssembly.Module(fs.readFileSync(file));
    const memory = new WebAssembly.Memory({initial: 1, maximum: 256, shared: true});
    const shared = {module, memory, numbers: new SharedArrayBuffer(4)};
    const results = calls.map(([name, ...args]) => String(enter(shared, name, args)));
    const text = Buffer.from(new Uint8Array(memory.buffer).slice(Number(results.pop())));
    console.log(JSON.stringify([results, text.subarray(0, text.indexOf(0)).toString()]));
}

if (isMainThread) start({file: process.argv[2], calls: JSON.parse(process.argv[3])});
else if (workerData.file) run(workerData.file, workerData.calls);
else enter(workerData.shared, workerData.name, workerData.args);
