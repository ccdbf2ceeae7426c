/// What the machine's Python runs: it asks the runtime API for invocations and calls the handler.
///
/// Errors have the words of AWS's runtime interface client (github.com/aws/aws-lambda-python-runtime-interface-client).
/// It reads in every Python 3 since 3.6.
enum PythonBootstrap {
    static let fileName = "bootstrap.py"
    static let source = #"""
        import http.client
        import importlib
        import json
        import logging
        import os
        import sys
        import time
        import traceback

        ROOT = os.environ["LAMBDA_TASK_ROOT"]
        API = "/2018-06-01/runtime/"
        PROCESS = os.getpid()


        class Fault(Exception):
            """Why the handler cannot be called, in AWS's words."""

            def __init__(self, kind, message, trace=()):
                super().__init__(message)
                self.kind, self.message, self.trace = kind, message, list(trace)


        class Server:
            """The runtime API. When it is gone, so is the reason to be here."""

            def __init__(self):
                self.connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

            def call(self, method, path, body=None, headers=None):
                try:
                    self.connection.request(method, API + path, body=body, headers=headers or {})
                    answer = self.connection.getresponse()
                    return answer.status, answer.headers, answer.read()
                except (OSError, http.client.HTTPException):
                    os._exit(1)

            def fail(self, path, fault):
                headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": fault["errorType"]}
                self.call("POST", path, json.dumps(fault).encode(), headers)


        class Identity:
            def __init__(self, text):
                identity = json.loads(text) if text else {}
                self.cognito_identity_id = identity.get("cognitoIdentityId")
                self.cognito_identity_pool_id = identity.get("cognitoIdentityPoolId")


        class Client:
            def __init__(self, members):
                for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
                    setattr(self, name, members.get(name))


        class ClientContext:
            def __init__(self, members):
                self.custom, self.env = members.get("custom"), members.get("env")
                self.client = Client(members.get("client") or {})


        class LambdaContext:
            def __init__(self, headers):
                self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
                self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
                self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
                self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
                self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
                self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
                self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
                self.identity = Identity(headers.get("Lambda-Runtime-Cognito-Identity"))
                client = headers.get("Lambda-Runtime-Client-Context")
                self.client_context = ClientContext(json.loads(client)) if client else None
                self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

            def get_remaining_time_in_millis(self):
                return max(0, self._deadline - int(time.time() * 1000))

            def log(self, message):
                sys.stdout.write(str(message))


        class RequestFilter(logging.Filter):
            request_id = ""

            def filter(self, record):
                record.aws_request_id = RequestFilter.request_id
                return True


        def prepare_logging():
            """`logging` without any setting up, in AWS's form."""
            logging.Formatter.converter = time.gmtime
            handler = logging.StreamHandler(sys.stdout)
            form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
            handler.setFormatter(logging.Formatter(form, "%Y-%m-%dT%H:%M:%S"))
            handler.addFilter(RequestFilter())
            logging.getLogger().addHandler(handler)


        def load(name):
            try:
                module_name, function_name = name.rsplit(".", 1)
            except ValueError as error:
                raise Fault("Runtime.MalformedHandlerName", "Bad handler '{}': {}".format(name, error))
            try:
                module = importlib.import_module(module_name.replace("/", "."))
            except ImportError as error:
                if getattr(error, "name", None) in ("boto3", "botocore"):
                    print("{} is not installed for {}: have it installed there, or name another Python with --python "
                          "when the server is started".format(error.name, sys.executable), flush=True)
                raise Fault(
                    "Runtime.ImportModuleError", "Unable to import module '{}': {}".format(module_name, error))
            except SyntaxError as error:
                line = ['  File "{}" Line {}\n    {}\n'.format(error.filename, error.lineno, error.text)]
                raise Fault("Runtime.UserCodeSyntaxError", "Syntax error in module '{}': {}".format(module_name, error),
                            line)
            try:
                return getattr(module, function_name)
            except AttributeError:
                raise Fault("Runtime.HandlerNotFound",
                            "Handler '{}' missing on module '{}'".format(function_name, module_name))


        def described(error, request_id=""):
            if isinstance(error, Fault):
                kind, message, trace = error.kind, error.message, error.trace
            else:
                frames = traceback.extract_tb(error.__traceback__)
                trace = traceback.format_list([frame for frame in frames if frame.filename != __file__])
                kind, message = type(error).__name__, str(error)
            lines = "[ERROR] {}: {}".format(kind, message)
            if trace:
                lines += "\nTraceback (most recent call last):\n" + "".join(trace).rstrip("\n")
            print(lines, flush=True)
            return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}


        def plain(value):
            from decimal import Decimal
            if isinstance(value, Decimal):
                return int(value) if value == value.to_integral_value() else float(value)
            raise TypeError("Object of type {} is not JSON serializable".format(type(value).__name__))


        def handled(handler, headers, body):
            context = LambdaContext(headers)
            RequestFilter.request_id = context.aws_request_id
            try:
                event = json.loads(body.decode())
            except Exception as error:
                raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: {}".format(error))
            result = handler(event, context)
            try:
                return json.dumps(result, default=plain).encode()
            except Exception as error:
                raise Fault("Runtime.MarshalError", "Unable to marshal response: {}".format(error))


        def main():
            sys.path[0] = ROOT
            prepare_logging()
            server = Server()
            try:
                handler = load(os.environ["_HANDLER"])
            except Exception as error:
                server.fail("init/error", described(error))
                sys.exit(1)
            while True:
                status, headers, body = server.call("GET", "invocation/next")
                if status != 200:
                    sys.exit(0)
                request_id = headers["Lambda-Runtime-Aws-Request-Id"]
                trace = headers.get("Lambda-Runtime-Trace-Id")
                if trace:
                    os.environ["_X_AMZN_TRACE_ID"] = trace
                path = "invocation/" + request_id
                try:
                    answer, fault = handled(handler, headers, body), None
                except Exception as error:
                    answer, fault = None, described(error, request_id)
                if os.getpid() != PROCESS:
                    os._exit(0)  # A child of the handler's that came back from it: the answer is its parent's to give.
                sys.stdout.flush()
                sys.stderr.flush()
                if fault:
                    server.fail(path + "/error", fault)
                else:
                    server.call("POST", path + "/response", answer, {"Content-Type": "application/json"})


        main()
        """#
}
