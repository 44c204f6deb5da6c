// node run.js CASES: runs the modules that wisp-diff wrote, in V8, and prints the same lines.
// node run.js --features: prints the names of the features that this V8 has.
'use strict';
const fs = require('fs');

const CALLS = 3, TURNS = 150;
const POOL = [
    0n, 1n, 0xffffffffffffffffn, 0x80000000n, 0x7fffffffn, 0x8000000000000000n,
    0x3f800000n, 0xc0490fdbn, 0x3ff8000000000000n, 0x7ff0000000000000n, 0x7f800000n,
    0xbff0000000000000n, 100n, 0xffn, 0x123456789abcdef0n, 0x4024000000000000n,
];

const view = new DataView(new ArrayBuffer(8));

function f32Bits(x) {
    view.setFloat32(0, x);
    return Number.isNaN(x) ? 0x7fc00000 : view.getUint32(0);
}

function f64Bits(x) {
    view.setFloat64(0, x);
    return Number.isNaN(x) ? 0x7ff8000000000000n : view.getBigUint64(0);
}

function argument(letter, number) {
    const bits = POOL[number % 16];
    switch (letter) {
    case 'i': return Number(BigInt.asIntN(32, bits));
    case 'I': return BigInt.asIntN(64, bits);
    case 'f':
        view.setUint32(0, Number(bits & 0xffffffffn));
        return view.getFloat32(0);
    case 'F':
        view.setBigUint64(0, bits);
        return view.getFloat64(0);
    default: return null;
    }
}

function text(letter, value) {
    switch (letter) {
    case 'i': case 'I': return ` ${value}`;
    case 'f': return ' ' + f32Bits(value).toString(16).padStart(8, '0');
    case 'F': return ' ' + f64Bits(value).toString(16).padStart(16, '0');
    default: return value === null ? ' null' : ' ref';
    }
}

// The import env.mark; [marks] is a sum of all that it was told.
let marks = 0;
function mark(i, wide, single, real) {
    const bits = f64Bits(real), w = BigInt.asUintN(64, wide);
    marks = (Math.imul(marks, 31) + i) | 0;
    marks ^= Number(w & 0xffffffffn) ^ Number(w >> 32n) ^ f32Bits(single);
    marks ^= Number(bits & 0xffffffffn) ^ Number(bits >> 32n);
    return marks;
}

function kindOf(error) {
    if (error instanceof WebAssembly.Exception) return 'trap exception';
    return 'trap ' + error.message;
}

function call(name, exports, first, params, results, number) {
    const args = Array.from(params, (letter, i) => argument(letter, number * 7 + i * 3));
    exports.turns.value = first.turns.value = TURNS;
    try {
        const got = exports[name](...args);
        const values = results.length === 0 ? [] : results.length === 1 ? [got] : got;
        return `${name}:` + Array.from(results, (letter, i) => text(letter, values[i])).join('');
    } catch (error) {
        return `${name}: ${kindOf(error)}`;
    }
}

function hashMemory(name, memory) {
    const words = new Int32Array(memory.buffer);
    let hash = 2166136261 | 0;
    for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 16777619);
    return `${name}: ${words.length * 4} ${(hash >>> 0).toString(16).padStart(8, '0')}`;
}

function listTable(name, table) {
    let line = `${name}:`;
    for (let i = 0; i < table.length; i++) line += table.get(i) === null ? ' null' : ' ref';
    return line;
}

// What an instance does; [first] are the exports of the instance that it imports from, or its own.
function runExports(exports, first, list) {
    const lines = [];
    for (let turn = 0; turn < CALLS; turn++)
        list.forEach(([name, params, results], i) => {
            if (name[0] === 'f') lines.push(call(name, exports, first, params, results, turn + i * 5));
        });
    for (const [name, letter] of list) {
        if (name[0] === 'm') lines.push(hashMemory(name, exports[name]));
        if (name[0] === 't' && name !== 'turns') lines.push(listTable(name, exports[name]));
        if (name[0] === 'g') lines.push(`${name}:` + text(letter, exports[name].value));
    }
    lines.push(`marks: ${marks >>> 0}`);
    return lines;
}

// The first instance imports mark above; the second one f1 of the first.
function runCase(bytes, described) {
    const list = described.split('\n').filter(Boolean).map(line => line.split(' '));
    marks = 0;
    try {
        const module = new WebAssembly.Module(bytes);
        const first = new WebAssembly.Instance(module, {env: {mark}}).exports;
        const lines = runExports(first, first, list);
        const second = new WebAssembly.Instance(module, {env: {mark: first.f1}}).exports;
        return lines.concat(runExports(second, first, list));
    } catch (error) {
        const word = error instanceof WebAssembly.CompileError ? 'refused' : 'not instantiated';
        return [`${word}: ${error.message}`];
    }
}

function runCases(file) {
    const data = fs.readFileSync(file);
    const take = at => [data.subarray(at + 4, at + 4 + data.readUInt32LE(at)), at + 4 + data.readUInt32LE(at)];
    for (let at = 0, number = 0; at < data.length; number++) {
        let bytes, described;
        [bytes, at] = take(at);
        [described, at] = take(at);
        const lines = runCase(bytes, described.toString());
        fs.writeSync(1, `case ${number}\n${lines.join('\n')}\n`);
    }
}

// A module with one function () -> () of the given locals and code for each feature, or all of a module.
function moduleOf(code, sections = []) {
    const body = [0, ...code, 0x0b];
    return [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, ...sections,
            10, body.length + 2, 1, body.length, ...body];
}

const PROBES = {
    'multi-value': moduleOf([0x41, 0, 0x41, 0, 0x1a, 0x1a]),
    'bulk-memory': moduleOf([0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0, 0], [5, 3, 1, 0, 1]),
    'reference-types': moduleOf([0xd0, 0x6f, 0x1a]),
    'extended-const': moduleOf([], [6, 9, 1, 0x7f, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b]),
    'tail-calls': moduleOf([0x12, 0]),
    'function-references': moduleOf([0xd0, 0x70, 0xd4, 0x1a]),
    'exceptions': moduleOf([0x1f, 0x40, 0, 0x0b], [13, 3, 1, 0, 0]),
    'legacy-exceptions': moduleOf([0x06, 0x40, 0x19, 0x0b], [13, 3, 1, 0, 0]),
    'simd': moduleOf([0x41, 0, 0xfd, 15, 0x1a]),
    'multi-memory': moduleOf([], [5, 5, 2, 0, 1, 0, 1]),
    'memory64': moduleOf([0x42, 0, 0x28, 2, 0, 0x1a], [5, 3, 1, 4, 1]),
    'threads': moduleOf([0xfe, 3, 0], [5, 4, 1, 3, 1, 1]),
};

if (process.argv[2] === '--features')
    console.log(Object.keys(PROBES).filter(name => WebAssembly.validate(new Uint8Array(PROBES[name]))).join(','));
else
    runCases(process.argv[2]);
