/// What the machine's Node.js runs: it asks the runtime API for invocations and calls the handler.
///
/// Errors have the words of AWS's runtime interface client (github.com/aws/aws-lambda-nodejs-runtime-interface-client).
enum NodeBootstrap {
    static let fileName = "bootstrap.cjs"
    static let source = #"""
        'use strict';
        const fs = require('fs');
        const http = require('http');
        const path = require('path');
        const { pathToFileURL } = require('url');
        const { format } = require('util');

        const ROOT = process.env.LAMBDA_TASK_ROOT;
        const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        let requestID = '';

        function call(method, name, body, headers = {}) {
            return new Promise((resolve) => {
                const request = http.request(
                    { host, port, method, agent, path: '/2018-06-01/runtime/' + name,
                      headers: { ...headers, 'Content-Length': Buffer.byteLength(body || '') } },
                    (answer) => {
                        const parts = [];
                        answer.on('data', (part) => parts.push(part));
                        answer.on('end', () => resolve({
                            status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts).toString() }));
                        answer.on('error', () => process.exit(1));
                    });
                // Without the server there is no reason to be here.
                request.on('error', () => process.exit(1));
                request.end(body);
            });
        }

        function write(level, values) {
            const line = [new Date().toISOString(), requestID || 'undefined', level, format(...values)].join('\t');
            fs.writeSync(1, line.replace(/\n/g, '\r') + '\n');
        }
        console.log = (...values) => write('INFO', values);
        console.info = (...values) => write('INFO', values);
        console.debug = (...values) => write('DEBUG', values);
        console.trace = (...values) => write('TRACE', values);
        console.warn = (...values) => write('WARN', values);
        console.error = (...values) => write('ERROR', values);

        class Fault extends Error {
            constructor(name, message) {
                super(message);
                this.name = name;
            }
        }

        function described(error) {
            if (!(error instanceof Error)) {
                return { errorType: typeof error, errorMessage: String(error), trace: [] };
            }
            return { errorType: error.name, errorMessage: error.message, trace: (error.stack || '').split('\n') };
        }

        async function fail(name, error, words) {
            const fault = described(error);
            write('ERROR', [words + ' \t' + JSON.stringify({ ...fault, stack: fault.trace, trace: undefined })]);
            await call('POST', name, JSON.stringify(fault), {
                'Content-Type': 'application/json', 'Lambda-Runtime-Function-Error-Type': fault.errorType });
        }

        async function load(handler) {
            const folder = path.dirname(handler), base = path.basename(handler), dot = base.indexOf('.');
            if (dot < 1 || dot === base.length - 1 || handler.includes('..')) {
                throw new Fault('Runtime.MalformedHandlerName', 'Bad handler');
            }
            const stem = path.resolve(ROOT, folder, base.slice(0, dot));
            const file = ['', '.js', '.mjs', '.cjs'].map((end) => stem + end)
                .find((name) => fs.existsSync(name) && fs.statSync(name).isFile());
            if (!file) {
                throw new Fault('Runtime.ImportModuleError', `Error: Cannot find module '${base.slice(0, dot)}'`);
            }
            let module;
            try {
                module = await import(pathToFileURL(file).href);
            } catch (error) {
                if (error instanceof SyntaxError) throw new Fault('Runtime.UserCodeSyntaxError', String(error));
                if (error && /MODULE_NOT_FOUND/.test(error.code || '')) {
                    throw new Fault('Runtime.ImportModuleError', 'Error: ' + error.message);
                }
                throw error;
            }
            const names = base.slice(dot + 1).split('.');
            const find = (root) => names.reduce((value, name) => (value == null ? undefined : value[name]), root);
            const found = find(module) ?? find(module.default);
            if (typeof found !== 'function') {
                throw new Fault('Runtime.HandlerNotFound',
                    found === undefined ? `${handler} is undefined or not exported` : `${handler} is not a function`);
            }
            return found;
        }

        function contextOf(headers, settle) {
            const deadline = Number(headers['lambda-runtime-deadline-ms']);
            const parsed = (text) => (text ? JSON.parse(text) : undefined);
            return {
                callbackWaitsForEmptyEventLoop: true,
                functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
                functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
                memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
                logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
                logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
                awsRequestId: headers['lambda-runtime-aws-request-id'],
                invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
                clientContext: parsed(headers['lambda-runtime-client-context']),
                identity: parsed(headers['lambda-runtime-cognito-identity']),
                getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
                done: (error, result) => settle(error, result),
                succeed: (result) => settle(null, result),
                fail: (error) => settle(error ?? new Error('handled')),
            };
        }

        function run(handler, headers, body) {
            return new Promise((resolve, reject) => {
                const settle = (error, result) => (error == null ? resolve(result) : reject(error));
                const result = handler(JSON.parse(body), contextOf(headers, settle), settle);
                if (result && typeof result.then === 'function') result.then(resolve, reject);
                else if (handler.length < 3 && result !== undefined) resolve(result);
            });
        }

        async function main() {
            let handler;
            try {
                handler = await load(process.env._HANDLER);
            } catch (error) {
                await fail('init/error', error, 'Uncaught Exception');
                process.exit(1);
            }
            const end = async (error) => {
                await fail(`invocation/${requestID}/error`, error, 'Invoke Error');
                process.exit(129);
            };
            process.on('uncaughtException', end);
            process.on('unhandledRejection', (reason) => {
                const fault = new Fault('Runtime.UnhandledPromiseRejection', String(reason));
                if (reason instanceof Error) fault.stack = reason.stack;
                end(fault);
            });
            for (;;) {
                const next = await call('GET', 'invocation/next');
                if (next.status !== 200) process.exit(0);
                requestID = next.headers['lambda-runtime-aws-request-id'];
                process.env._X_AMZN_TRACE_ID = next.headers['lambda-runtime-trace-id'] || '';
                try {
                    const result = await run(handler, next.headers, next.body);
                    const text = JSON.stringify(result === undefined ? null : result) ?? 'null';
                    await call('POST', `invocation/${requestID}/response`, text, { 'Content-Type': 'application/json' });
                } catch (error) {
                    await fail(`invocation/${requestID}/error`, error, 'Invoke Error');
                }
            }
        }

        main();
        """#
}
