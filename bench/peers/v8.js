// node v8.js MODULE AMOUNT: prints what the kernel's function 'run' returns, for bench/engine.
'use strict';
const [file, amount] = process.argv.slice(2);
const bytes = require('fs').readFileSync(file);
const {run} = new WebAssembly.Instance(new WebAssembly.Module(bytes), {}).exports;
console.log(run(Number(amount)) >>> 0);
