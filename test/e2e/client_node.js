// Node's ws: commands come as lines of JSON on stdin, reports leave as lines on stdout.
const makeClient = require('./client_core.js');
const readline = require('readline');

const run = makeClient(require('ws'), fetch, (report) => console.log(JSON.stringify(report)));
readline.createInterface({ input: process.stdin }).on('line', (line) => run(JSON.parse(line))).on('close', () => process.exit(0));
