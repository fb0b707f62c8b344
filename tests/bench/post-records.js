// SPDX-License-Identifier: Apache-2.0
// Usage: post-records.js URL BATCH IN_FLIGHT <REQUESTS
//
// For benchmarks: posts records by the Node SDK's exporter of OTLP (protobuf, gzip). The records are of
// `ringside cat -o otel-json`, and are there as the SDK has them before the clock starts. Prints how many there
// were, seconds, and seconds of CPU.
'use strict';
const readline = require('node:readline');
const {OTLPLogExporter} = require('@opentelemetry/exporter-logs-otlp-proto');
const {Resource} = require('@opentelemetry/resources');

const [url, batch, inFlight] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
let resource, scope;

function valueOf(value) {
  if ('intValue' in value) return Number(value.intValue);
  if ('arrayValue' in value) return value.arrayValue.values.map(valueOf);
  return 'boolValue' in value ? value.boolValue : value.stringValue;
}

function attributesOf(list) {
  return Object.fromEntries(list.map(({key, value}) => [key, valueOf(value)]));
}

function recordOf(line) {
  const [resourceLogs] = JSON.parse(line).resourceLogs, [scopeLogs] = resourceLogs.scopeLogs;
  const [log] = scopeLogs.logRecords, nano = BigInt(log.timeUnixNano || 0);
  const time = [Number(nano / 1000000000n), Number(nano % 1000000000n)];
  resource ??= new Resource(attributesOf(resourceLogs.resource.attributes));
  scope ??= scopeLogs.scope;
  return {
    hrTime: time, hrTimeObserved: time, severityNumber: log.severityNumber, severityText: log.severityText,
    body: log.body.stringValue, attributes: attributesOf(log.attributes), resource, instrumentationScope: scope,
    droppedAttributesCount: 0,
  };
}

async function main() {
  const exporter = new OTLPLogExporter({url, compression: 'gzip', concurrencyLimit: 2 * inFlight});
  const records = [];
  let at = 0;
  const post = part => new Promise((resolve, reject) => {
    exporter.export(part, result => result.code ? reject(result.error) : resolve());
  });
  const postAll = async () => {
    while (at < records.length) {
      at += batch;
      await post(records.slice(at - batch, at));
    }
  };

  for await (const line of readline.createInterface({input: process.stdin})) records.push(recordOf(line));
  // once for the compiler, and once for the clock
  await postAll();
  at = 0;
  const before = process.cpuUsage(), start = process.hrtime.bigint();
  await Promise.all(Array.from({length: inFlight}, postAll));
  const cpu = process.cpuUsage(before);
  console.log(records.length, Number(process.hrtime.bigint() - start) / 1e9, (cpu.user + cpu.system) / 1e6);
  await exporter.shutdown();
}

main();
