'use strict';
// A lab case's application on Node: open-loop load through ioredis or node-redis. docs/lab.md says what it is told
// (environment) and what it tells (one JSON object a line).
const fs = require('fs');
const env = process.env;
const LIBRARY = env.HALFOPEN_LIBRARY; // ioredis | redis
const OPTIONS = JSON.parse(env.HALFOPEN_OPTIONS);
const HOST = env.HALFOPEN_HOST;
const PORT = Number(env.HALFOPEN_PORT);
const RATE = Number(env.HALFOPEN_RATE);
const BYTES = Number(env.HALFOPEN_PAYLOAD);

const now = () => Number(process.hrtime.bigint()) / 1e9;
const say = (event, more) => fs.writeSync(1, JSON.stringify({ event, at: now(), ...more }) + '\n');
const closed = (error) => say('closed', { error: error ? error.message || String(error) : 'closed' });
const ready = () => say('ready');

// mulberry32: the same arrivals for the same seed.
let state = Number(env.HALFOPEN_SEED) >>> 0;
function uniform() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

// { step, cap } in ms: waits that grow by a step up to a cap.
function stepping({ step, cap }) {
  return (attempt) => Math.min(step * attempt, cap);
}

function ioredis() {
  const Redis = require('ioredis');
  const options = { ...OPTIONS };
  if (options.retryStrategy) options.retryStrategy = stepping(options.retryStrategy);
  const client = new Redis({ host: HOST, port: PORT, ...options });
  client.on('ready', ready);
  client.on('error', closed);
  client.on('close', () => closed());
  return client;
}

function nodeRedis(major) {
  const { createClient } = require('redis');
  const options = { ...OPTIONS };
  if (major === 3) {
    const client = createClient({ host: HOST, port: PORT, ...options });
    client.on('ready', ready);
    client.on('error', closed);
    client.on('end', () => closed());
    const { promisify } = require('util');
    return { get: promisify(client.get).bind(client), set: promisify(client.set).bind(client) };
  }
  const client = createClient({ ...options, socket: { host: HOST, port: PORT, ...options.socket } });
  client.on('ready', ready);
  client.on('error', closed);
  client.connect().catch(closed);
  return client;
}

const version = require(`${LIBRARY}/package.json`).version;
const client = LIBRARY === 'ioredis' ? ioredis() : nodeRedis(Number(version.split('.')[0]));

let issued = 0, ok = 0, failed = 0, peak = 0, lag = 0;
let firstOk, lastOk, toldFailure = false, latencies = [];

const template = Buffer.alloc(Math.max(BYTES, 4), 0x78);
function payload() {
  if (!BYTES) return null;
  if (env.HALFOPEN_PAYLOAD_KIND === 'buffer') return Buffer.alloc(BYTES, 0x78);
  template.writeUInt32LE(issued, 0);
  return template.latin1Slice(0, BYTES); // a fresh flat string of one byte a character
}

// What a web request does: it keeps its own object until its call has ended.
function call(due) {
  lag = Math.max(lag, now() - due);
  issued += 1;
  const request = { number: issued, began: now(), body: payload() };
  const key = 'key:' + Math.floor(1000 * uniform());
  const answered = () => {
    ok += 1;
    lastOk = now();
    firstOk ??= lastOk;
    latencies.push(1e3 * (lastOk - request.began));
    request.held = request.body && request.body.length;
  };
  const broken = (error) => {
    failed += 1;
    if (!toldFailure) say('failed', { error: String((error && error.message) || error) });
    toldFailure = true;
    request.held = request.body && request.body.length;
  };
  peak = Math.max(peak, issued - ok - failed);
  let promise;
  try {
    promise = env.HALFOPEN_COMMAND === 'set' ? client.set(key, request.body || '') : client.get(key);
  } catch (error) {
    broken(error);
    return;
  }
  promise.then(answered, broken);
}

function sample() {
  latencies.sort((a, b) => a - b);
  const quantile = (share) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))];
  const { heapUsed, rss } = process.memoryUsage();
  say('sample', {
    issued, ok, failed, peak, first_ok: firstOk, last_ok: lastOk, lag_ms: 1e3 * lag, heap: heapUsed, rss,
    p50_ms: quantile(0.5), p99_ms: quantile(0.99),
  });
  peak = issued - ok - failed;
  lag = 0;
  firstOk = lastOk = undefined;
  latencies = [];
  toldFailure = false;
}

// The load begins a second after the process, connected or not.
setTimeout(() => {
  say('start', { version, runtime: 'node ' + process.versions.node });
  let due = now();
  const arrivals = () => {
    while (due <= now()) {
      call(due);
      due -= Math.log(1 - uniform()) / RATE;
    }
    setTimeout(arrivals, Math.min(50, Math.max(1, 1e3 * (due - now()))));
  };
  arrivals();
  setInterval(sample, Number(env.HALFOPEN_SAMPLE_MS));
}, Math.max(0, 1000 - 1e3 * process.uptime()));
process.on('SIGTERM', () => { sample(); process.exit(0); });
