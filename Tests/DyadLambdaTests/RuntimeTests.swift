import DyadModel
import Testing

@testable import DyadLambda

@Suite(.timeLimit(.minutes(5))) struct RuntimeTests {
    @Test(arguments: [
        ("index.js", "exports.handler = async (event) => ({ seen: event.n + 1 });"),
        ("index.mjs", "export const handler = async (event) => ({ seen: event.n + 1 });"),
        ("index.js", "exports.handler = (event, context, callback) => callback(null, { seen: event.n + 1 });"),
    ])
    func `a Node handler gets its event and answers`(name: String, source: String) async throws {
        let bench = try LambdaBench()
        try await bench.make(files: [ZipFile(name, source)], runtime: "nodejs20.x")
        let reply = await bench.invoke("f", #"{"n": 41}"#)
        #expect(reply.text == #"{"seen":42}"#, "\(reply.text) \(bench.lines.all)")
        await bench.service.stop()
    }

    @Test func `a Node handler's error and its log are in AWS's form`() async throws {
        let bench = try LambdaBench()
        let source = "exports.handler = async (e) => { console.log('one', {a: 1}); throw new TypeError('no good'); };"
        try await bench.make(files: [ZipFile("index.js", source)], runtime: "nodejs22.x")
        let reply = await bench.invoke("f", headers: [("X-Amz-Log-Type", "Tail")])
        #expect(reply["errorType"] == "TypeError" && reply["errorMessage"] == "no good", "\(reply.text)")
        #expect(reply.header("X-Amz-Function-Error") == "Unhandled")
        #expect(reply.log?.contains("\tINFO\tone { a: 1 }\n") == true)
        #expect(reply.log?.contains("\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\"") == true)
        await bench.service.stop()
    }

    @Test(arguments: [
        ("index.absent", "Runtime.HandlerNotFound", "index.absent is undefined or not exported"),
        ("nothing.handler", "Runtime.ImportModuleError", "Error: Cannot find module 'nothing'"),
        ("handler", "Runtime.MalformedHandlerName", "Bad handler"),
    ])
    func `a Node handler that is not there is told in AWS's words`(handler: String, type: String, message: String)
        async throws
    {
        let bench = try LambdaBench()
        try await bench.make(
            files: [ZipFile("index.js", "exports.handler = async () => 1;")], runtime: "nodejs20.x", handler: handler)
        let reply = await bench.invoke()
        #expect(reply["errorType"] == type && reply["errorMessage"] == message, "\(reply.text)")
        await bench.service.stop()
    }

    @Test func `a Node handler that never answers is killed`() async throws {
        let bench = try LambdaBench()
        try await bench.make(
            files: [ZipFile("index.js", "exports.handler = () => { for (;;) {} };")], runtime: "nodejs20.x", timeout: 3)
        #expect(await bench.invoke()["errorType"] == "Sandbox.Timedout")
        #expect(await eventually { bench.processes.isEmpty })
        await bench.service.stop()
    }

    @Test func `a rejection that nobody handles is an error`() async throws {
        let bench = try LambdaBench()
        let source = "exports.handler = () => new Promise(() => { Promise.reject(new Error('lost')); });"
        try await bench.make(files: [ZipFile("index.js", source)], runtime: "nodejs20.x")
        let reply = await bench.invoke()
        #expect(reply["errorType"] == "Runtime.UnhandledPromiseRejection", "\(reply.text)")
        await bench.service.stop()
    }

    /// The runtime API as a client of its own sees it.
    private static let bootstrap = """
        #!/usr/bin/env python3
        import json, os, urllib.request
        root = 'http://' + os.environ['AWS_LAMBDA_RUNTIME_API'] + '/2018-06-01/runtime/'
        while True:
            with urllib.request.urlopen(root + 'invocation/next') as next_one:
                identifier = next_one.headers['Lambda-Runtime-Aws-Request-Id']
                event = json.load(next_one)
            where = '/error' if event.get('fail') else '/response'
            body = {'handler': os.environ['_HANDLER'], 'event': event, 'here': os.path.exists('data/file.txt')}
            if event.get('fail'):
                body = {'errorType': 'Mine', 'errorMessage': 'so be it'}
            answer = urllib.request.Request(root + 'invocation/' + identifier + where, json.dumps(body).encode())
            urllib.request.urlopen(answer).read()
        """

    @Test func `a bootstrap of the zip's own speaks the runtime API`() async throws {
        let bench = try LambdaBench()
        let files = [
            ZipFile("bootstrap", Self.bootstrap, mode: 0o100755), ZipFile("data/file.txt", "here"),
        ]
        try await bench.make(files: files, runtime: "provided.al2023", handler: "any.thing")
        let reply = await bench.invoke("f", #"{"n": 1}"#)
        #expect(reply.text == #"{"handler": "any.thing", "event": {"n": 1}, "here": true}"#, "\(reply.text)")
        let error = await bench.invoke("f", #"{"fail": true}"#)
        #expect(error["errorType"] == "Mine" && error.header("X-Amz-Function-Error") == "Unhandled")
        await bench.service.stop()
        #expect(bench.processes.isEmpty)
    }

    @Test func `a shell script is a bootstrap, too`() async throws {
        let bench = try LambdaBench()
        // The head of an answer ends with an empty line; what is behind it is the event.
        let script = """
            #!/bin/sh
            exec python3 -c 'import os; exec(open(os.environ["LAMBDA_TASK_ROOT"] + "/main.py").read())'
            """
        let files = [ZipFile("bootstrap", script, mode: 0o100755), ZipFile("main.py", Self.bootstrap)]
        try await bench.make(files: files, runtime: "provided.al2", handler: "h")
        #expect(await bench.invoke("f", "{}").text == #"{"handler": "h", "event": {}, "here": false}"#)
        await bench.service.stop()
    }

    @Test func `a zip without a bootstrap, and one that may not be executed, are told in AWS's words`() async throws {
        let bench = try LambdaBench()
        try await bench.make("a", files: [ZipFile("other", "")], runtime: "provided.al2023")
        let absent = await bench.invoke("a")
        #expect(absent["errorType"] == "Runtime.InvalidEntrypoint")
        #expect(
            absent["errorMessage"]?.hasSuffix("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
                == true)
        try await bench.make("b", files: [ZipFile("bootstrap", "#!/bin/sh\n")], runtime: "provided.al2023")
        #expect(
            await bench.invoke("b")["errorMessage"]?.hasSuffix("fork/exec /var/task/bootstrap: permission denied")
                == true)
        try await bench.make(
            "c", files: [ZipFile("bootstrap", "#!/bin/sh\nexit 3\n", mode: 0o100755)], runtime: "provided")
        #expect(await bench.invoke("c")["errorMessage"]?.hasSuffix("Runtime exited with error: exit status 3") == true)
        await bench.service.stop()
    }
}
